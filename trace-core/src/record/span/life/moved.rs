//! Spans that are polled away from the scope in which they were opened.
//!
//! Such a poll is a *visit*: it runs in a scope of the span's own trace that lasts for the
//! poll. This file enters and leaves that scope, and writes into the stream in which order
//! the parts of the span are to be read. What the scope records, and its order, is in
//! `scope/recording/visit.rs`.
//!
//! During a visit the scope owns the reference to the trace, and the life has none: to count
//! another one would cost two accesses to memory that threads share.

use std::sync::Arc;

use super::span_life::{Phase, SpanLife};
use crate::record::scope::{self, Scope, entered};
use crate::record::trace::{LocalTrace, SpanEnd};
use crate::record::{thread, write};
use crate::value::{Baggage, Outcome};

impl SpanLife {
    /// Notes that the span is in its own scope again, and writes that what follows comes
    /// after all visits.
    pub(super) fn come_back(&mut self) {
        if let Some(trace) = &*self.trace {
            write::moved_back(self.span, trace.order_after_visits());
        }
        self.front.phase = Phase::Open;
    }

    /// Makes the span current in a scope of its own trace, which is entered for this poll.
    #[inline]
    pub(super) fn visit(&mut self, baggage: Option<&Baggage>) {
        self.front.phase = Phase::Moved;
        // A suspended span has its trace. The exception is one that was suspended in the
        // child of a `fork` which happened while it was polled.
        let trace = self.trace.take_if(|trace| !trace.tracer.is_foreign());
        match trace {
            // Moved into the scope. It comes back when the visit ends.
            Some(trace) => {
                let baggage = baggage.map_or_else(|| trace.head.baggage(), Baggage::clone);
                let order = trace.order_of_visit();
                entered::enter_visit(trace, baggage, self.span, order);
            }
            // A scope that records nothing, so that the leave at the end of the poll finds
            // one. A trace of the parent process stays in the life, and is not dropped.
            None => Scope::nowhere().enter_for(self.span),
        }
    }

    /// Suspends a span after a poll away from its scope.
    ///
    /// If nothing was recorded, the trace is taken back and nothing is handed over. Most
    /// visits end so.
    #[inline(never)]
    pub(super) extern "C" fn suspend_visit(&mut self, keeps_trace: bool) {
        match entered::leave_visit(self.span) {
            Some(trace) => *self.trace = Some(trace),
            None => self.leave_elsewhere(None, keeps_trace),
        }
    }

    /// Ends a visit in which something was recorded; ends the span, too, if there is an
    /// outcome. `keeps_trace` says that the holder drops the trace itself.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_elsewhere(&mut self, outcome: Option<Outcome>, keeps_trace: bool) {
        // The visit has the reference to the trace since `visit`. Another one is needed for
        // the end, and to continue later.
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
        // Last, as the visit's scope hands over here. The end must be in its chunk, or left
        // with the span's home, before that.
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

/// Ends a span in the scope that was entered for its visit, unless the span's home has to
/// write the end.
///
/// The home is asked first: if it keeps something of the span, that has to be read before
/// the end. If the visit's scope waits below another one, the end is written into its chunk,
/// and if it runs, into the stage. If neither is so, nothing is recorded here.
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
