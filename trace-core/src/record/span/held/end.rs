//! The end of a held span: by the first thread that ends it, or by its drop.
//!
//! If others are in the span at that moment, the end is left to the last of them. `close.rs`
//! decides where the end is written.
//!
//! `Visits` decides which thread has ended the span, so two that try at once write one end.
//! Everything else here is done in the order that makes the end the last thing that is read.

use super::held_span::HeldSpan;
use super::visits::Ending;
use crate::record::scope::entered;
use crate::record::trace::SpanEnd;
use crate::record::{thread, write};
use crate::value::{Outcome, Timestamp};

impl HeldSpan {
    /// Ends the span, after this thread has left it. Returns whether this is its end: false
    /// if it had ended before, or if it belongs to the parent process of a `fork`.
    pub(crate) fn end(&self, outcome: Outcome, ended_at: Option<Timestamp>) -> bool {
        // It has no trace only while the holder polls, and then nobody else can call this. A
        // foreign one belongs to the parent process of a `fork`.
        let Some(trace) = self.trace().filter(|trace| !trace.tracer.is_foreign()) else {
            return false;
        };
        let is_home = thread::scope() == self.life.home();
        // The usual end: at home, now, and nobody else is in the span. What this thread has
        // said is in the same stage, so it is read before the end.
        if is_home && ended_at.is_none() && self.visits.end_alone() {
            self.note_failure(outcome);
            write::end_now(self.span(), outcome);
            return true;
        }
        // A thread in which recording is paused shows a value in a visit: that visit is left
        // when the value was shown, and puts back what was current before.
        if self.visits.has_visits() && !entered::is_paused() {
            self.leave_here();
        }
        // The time is read now: the end may have to wait for other visitors.
        let end = SpanEnd {
            span: self.span(),
            outcome,
            time: trace.tracer.clock.raw(),
            ended_at,
        };
        match self.visits.end(end) {
            // Nobody else is in the span, and nobody enters it any more.
            Ending::Now => self.close(&end),
            // The last visitor writes it, on its own thread.
            Ending::Later => {}
            Ending::Over => return false,
        }
        true
    }

    /// Ends all visits of the span on this thread, the last one first. A guard that is
    /// dropped later finds none.
    fn leave_here(&self) {
        while let Some(left) = entered::leave_span(self.span()) {
            // First the scope, then the visit: a thread that ends the span after that finds
            // the scope back in its place.
            self.settle_left_visit(left);
            self.end_visit();
        }
    }

    /// Ends the span if nobody has, with an outcome that says why it is dropped. On this
    /// thread it is left in any case.
    ///
    /// It may run on any thread, while that thread unwinds, or in the destructor of a
    /// thread-local: the block and the stack can be reached then, too.
    #[inline(never)]
    fn end_dropped(&mut self) {
        let outcome = if self.is_unwound() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        };
        self.end(outcome, None);
        // The drop has the span alone, so visits that are still counted were never left: a
        // guard was forgotten. Nobody will write an end that waits for them.
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
        // This sets the life off, so its own drop does nothing. Otherwise that would end the
        // span once more, as cancelled.
        let mut trace = self.life.take_trace();
        // At home the thread keeps the reference for the next held span. Otherwise it is
        // dropped at the end of this function; the stack is not borrowed.
        if is_home {
            thread::give_back_trace(&mut trace);
        }
    }
}
