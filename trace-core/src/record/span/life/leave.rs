//! Leaves a span after a poll: suspends it, or ends it.
//!
//! The life of a future takes a reference to the trace when it is first suspended, and drops
//! it when the span ends. A life whose holder keeps the trace (`KEEPS_TRACE`) does neither.
//!
//! The functions that a future calls are compiled once, and get the block as an argument.
//! Their only call is a tail call to `leave_slowly`, so they save no registers.

use super::span_life::{Phase, SpanLife};
use crate::record::scope::entered;
use crate::record::span::closing;
use crate::record::thread::{self, Block};
use crate::value::Outcome;

impl SpanLife {
    // See `begin_at` for the form of these functions.

    /// Suspends the span of a future that is pending.
    #[inline(never)]
    pub(super) extern "C" fn suspend_polled(&mut self, block: &Block, outer: u64) {
        self.leave_as::<false>(block, outer, None);
    }

    /// Ends the span of a future that is ready.
    #[inline(never)]
    pub(super) extern "C" fn end_polled(&mut self, block: &Block, outer: u64, has_failed: bool) {
        self.leave_as::<false>(block, outer, Some(Outcome::from_body(has_failed)));
    }

    /// Suspends or ends the span of a holder that keeps the trace. One function is enough,
    /// because such holders are few.
    #[expect(improper_ctypes_definitions, reason = "called by this crate alone")]
    #[inline(never)]
    pub(super) extern "C" fn leave_kept(
        &mut self,
        block: &Block,
        outer: u64,
        outcome: Option<Outcome>,
    ) {
        self.leave_as::<true>(block, outer, outcome);
    }

    /// Leaves a span that is open in the running scope, if its words fit into the stage. The
    /// three arms suffice for most polls.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave_as<const KEEPS_TRACE: bool>(
        &mut self,
        block: &Block,
        outer: u64,
        outcome: Option<Outcome>,
    ) {
        match outcome {
            // The span has moved, so `leave_slowly` handles it.
            _ if self.front.phase != Phase::Open => {}
            Some(outcome) if block.close_at_once(outcome, self.span, outer) => {
                // The end is in the stage. The phase is set before the reference is dropped,
                // because this may drop a sampler, and the span must be finished by then.
                self.front.phase = Phase::Off;
                if !KEEPS_TRACE && self.trace.is_some() {
                    self.drop_trace();
                }
                return;
            }
            None if block.recorded_scope() == self.front.scope => {
                // The previous span becomes current again, even if the body has left spans
                // open.
                block.replace_span(outer);
                // With a reference to the trace, the future can continue on any thread. This
                // is its first suspension. Later ones are inlined in `Polling::leave`.
                if !KEEPS_TRACE {
                    self.keep_trace();
                }
                return;
            }
            // The scope does not run, the stage is full, or the tracer has to be asked.
            _ => {}
        }
        self.leave_slowly(outer, outcome, KEEPS_TRACE);
    }

    /// Leaves a span in every other case. It has moved, its scope is not the running one, the
    /// stage is full, or the tracer has to be asked.
    #[cold]
    #[expect(improper_ctypes_definitions, reason = "called by this crate alone")]
    #[inline(never)]
    extern "C" fn leave_slowly(&mut self, outer: u64, outcome: Option<Outcome>, keeps_trace: bool) {
        // In the usual case `close_at_once` has noted this.
        if outcome == Some(Outcome::Error) {
            thread::note_failed_child(self.span, outer);
        }
        match outcome {
            None if self.has_moved() => self.suspend_visit(keeps_trace),
            Some(_) if self.has_moved() => self.leave_elsewhere(outcome, keeps_trace),
            Some(outcome) => {
                closing::close(self.front.scope, self.span, outer, outcome);
                match keeps_trace {
                    true => self.set_off(),
                    false => self.set_off_and_drop_trace(),
                }
            }
            // The span is open, but its scope does not run, because the body has entered
            // another scope and kept it. That scope stays current, and this span waits below
            // it.
            None => self.suspend_below(outer, keeps_trace),
        }
    }

    /// Ends the span of a poll that unwinds.
    ///
    /// It runs during unwinding, so it must not panic. It uses the slow function, because the
    /// body may have entered scopes and spans that are dropped with it, or later.
    #[cold]
    #[inline(never)]
    pub(super) extern "C" fn panic(&mut self, outer: u64, keeps_trace: bool) {
        if self.is_live() {
            self.leave_slowly(outer, Some(Outcome::Panicked), keeps_trace);
        }
    }

    /// Takes a reference to the running trace, with which the span can continue anywhere.
    #[inline(never)]
    fn keep_trace(&mut self) {
        *self.trace = entered::current_trace();
    }
}
