//! Spans that are polled outside the scope in which they were opened.
//!
//! Such a poll is a *visit*: it runs in a scope of the span's own trace that lasts for the
//! poll. This file enters and leaves that scope, and writes the order of the span's entries
//! into the stream. `scope/recording/visit.rs` has the recording of the scope, and its order.
//!
//! During a visit the scope owns the reference to the trace, and the life has none. Counting
//! another reference would cost two accesses to shared memory.

use std::sync::Arc;

use super::span_life::{Phase, SpanLife};
use crate::record::scope::{self, Scope, entered};
use crate::record::trace::{LocalTrace, SpanEnd};
use crate::record::{thread, write};
use crate::value::{Baggage, Outcome};

impl SpanLife {
    /// Notes that the span is in its own scope again, and writes that the next entries come
    /// after all visits.
    pub(super) fn come_back(&mut self) {
        if let Some(trace) = &*self.trace {
            write::moved_back(self.span, trace.order_after_visits());
        }
        self.front.phase = Phase::Open;
    }

    /// Makes the span current in a new scope of its own trace, which is entered for this poll.
    #[inline]
    pub(super) fn visit(&mut self, baggage: Option<&Baggage>) {
        self.front.phase = Phase::Moved;
        // A suspended span has its trace. The exception is a span that was polled during a
        // `fork` and then suspended in the child.
        let trace = self.trace.take_if(|trace| !trace.tracer.is_foreign());
        match trace {
            // The reference is moved into the scope, and comes back when the visit ends.
            Some(trace) => {
                let baggage = baggage.map_or_else(|| trace.head.baggage(), Baggage::clone);
                let order = trace.order_of_visit();
                entered::enter_visit(trace, baggage, self.span, order);
            }
            // Enters a scope that records nothing, so that there is one to leave at the end of
            // the poll. A trace of the parent process stays in the life and is not dropped.
            None => Scope::nowhere().enter_for(self.span),
        }
    }

    /// Suspends a span after a poll outside its scope.
    ///
    /// If nothing was recorded, as in most visits, takes the trace back and hands over
    /// nothing.
    #[inline(never)]
    pub(super) extern "C" fn suspend_visit(&mut self, keeps_trace: bool) {
        match entered::leave_visit(self.span) {
            Some(trace) => *self.trace = Some(trace),
            None => self.leave_elsewhere(None, keeps_trace),
        }
    }

    /// Ends a visit in which something was recorded. Also ends the span if there is an
    /// outcome. `keeps_trace` means that the holder drops the trace itself.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_elsewhere(&mut self, outcome: Option<Outcome>, keeps_trace: bool) {
        // The visit has the reference to the trace. Another one is needed to write the end, or
        // to continue later.
        if self.trace.is_none() {
            *self.trace = entered::trace_of_visit(self.span);
        }
        if let Some(outcome) = outcome {
            let end = SpanEnd {
                span: self.span,
                outcome,
                time: write::now(),
                ended_at: None,
            };
            end_visit(self.trace.as_ref(), self.front.scope, end);
        }
        // This comes last, because the visit's scope hands over here. Before that, the end
        // must be in its chunk or left with the span's home.
        scope::end_visit_of(self.span);
        match outcome {
            Some(_) if keeps_trace => self.set_off(),
            Some(_) => self.set_off_and_drop_trace(),
            None => {}
        }
    }

    /// Suspends a span whose code has entered another scope and kept it entered.
    #[cold]
    pub(super) fn suspend_below(&mut self, outer: u64, keeps_trace: bool) {
        let trace = entered::suspend_below(self.front.scope, outer);
        if !keeps_trace && self.trace.is_none() {
            *self.trace = trace;
        }
    }
}

/// Writes the end of a span in the scope of its visit, unless the span's home has to write it.
///
/// The home comes first: if it keeps entries of the span, they have to be read before the end.
/// If the visit's scope waits below another one, the end is written into its chunk. If it
/// runs, the end is written into the stage. Otherwise nothing is recorded here.
fn end_visit(trace: Option<&Arc<LocalTrace>>, home: u32, end: SpanEnd) {
    let left = match trace {
        Some(trace) if !trace.tracer.is_foreign() => trace.leave_end(home, end),
        _ => Err(end),
    };
    if let Err(end) = left
        && !entered::end_suspended_visit(&end)
        && thread::scope() != 0
    {
        write::end(&end);
    }
}
