//! The end of a held span: by whoever ends it first, or by its drop.
//!
//! If others are in the span at that moment, the end is left to the last of them. Where
//! it is written is decided in `close.rs`.

use super::held_span::HeldSpan;
use super::visits::Ending;
use crate::record::scope::entered;
use crate::record::trace::SpanEnd;
use crate::record::{thread, write};
use crate::value::{Outcome, Timestamp};

impl HeldSpan {
    /// Ends the span. On this thread it is left first. Returns whether this is its end.
    pub(crate) fn end(&self, outcome: Outcome, ended_at: Option<Timestamp>) -> bool {
        let Some(trace) = self.trace().filter(|trace| !trace.tracer.is_foreign()) else {
            return false;
        };
        let is_home = thread::scope() == self.life.home();
        // The usual end: at home, now, and nobody else is in the span.
        if is_home && ended_at.is_none() && self.visits.end_alone() {
            self.note_failure(outcome);
            write::end_now(self.span(), outcome);
            return true;
        }
        // Not while a value is shown in a visit: what is current then comes back after that.
        if self.visits.has_visits() && !entered::is_paused() {
            self.leave_here();
        }
        // The time is read before the end may have to wait for others.
        let end = SpanEnd {
            span: self.span(),
            outcome,
            time: trace.tracer.clock.raw(),
            ended_at,
        };
        match self.visits.end(end) {
            Ending::Now => self.close(&end),
            Ending::Later => {}
            Ending::Over => return false,
        }
        true
    }

    /// Ends all visits on this thread.
    fn leave_here(&self) {
        while let Some(left) = entered::leave_span(self.span()) {
            self.settle_left_visit(left);
            self.end_visit();
        }
    }

    /// Ends the span, if nobody has, with an outcome that says how this came; on this
    /// thread it is left in any case.
    #[inline(never)]
    fn end_dropped(&mut self) {
        let outcome = if self.is_unwound() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        };
        self.end(outcome, None);
        // Visits that are never left cannot hold it any more.
        let end = self.visits.take_end_alone();
        if let Some(end) = end.filter(|_| !self.is_foreign()) {
            self.close(&end);
        }
    }
}

impl Drop for HeldSpan {
    #[inline]
    fn drop(&mut self) {
        if !self.visits.is_over() {
            self.end_dropped();
        }
        let is_home = thread::scope() == self.life.home();
        // The life has no trace when it is dropped itself, and does nothing then.
        let mut trace = self.life.take_trace();
        if is_home {
            thread::give_back_trace(&mut trace);
        }
    }
}
