//! Ends a held span. The first thread that ends it wins. Otherwise its drop ends it.
//!
//! If other threads are in the span at that moment, the last of them writes the end.
//! `close.rs` decides where the end is written.
//!
//! `Visits` decides which thread has ended the span, so two threads that end it at once write
//! one end. The rest of this file ensures that the end is read last.

use super::held_span::HeldSpan;
use super::visits::Ending;
use crate::record::scope::entered;
use crate::record::trace::SpanEnd;
use crate::record::{thread, write};
use crate::value::{Outcome, Timestamp};

impl HeldSpan {
    /// Ends the span, after this thread has left it. Returns whether this call ended it: false
    /// if it had already ended, or if it belongs to the parent process of a `fork`.
    pub(crate) fn end(&self, outcome: Outcome, ended_at: Option<Timestamp>) -> bool {
        // There is no trace only during a poll of the holder, when no other code can call
        // this. A foreign trace belongs to the parent process of a `fork`.
        let Some(trace) = self.trace().filter(|trace| !trace.tracer.is_foreign()) else {
            return false;
        };
        let is_home = thread::scope() == self.life.home();
        // This is the usual case: the span ends at home, now, and no other thread is in it.
        // The entries of this thread are in the same stage, so they are read before the end.
        if is_home && ended_at.is_none() && self.visits.end_alone() {
            self.note_failure(outcome);
            write::end_now(self.span(), outcome);
            return true;
        }
        // The time is read now, because the end may have to wait for other visitors.
        self.end_elsewhere(SpanEnd {
            span: self.span(),
            outcome,
            time: trace.tracer.clock.raw(),
            ended_at,
        })
    }

    /// Ends the span at an earlier [reading](Self::read_clock) of the tracer's clock. Returns
    /// what [`end`](Self::end) does.
    pub(crate) fn end_at_reading(&self, outcome: Outcome, reading: u64) -> bool {
        let is_foreign = self.trace().is_none_or(|trace| trace.tracer.is_foreign());
        !is_foreign
            && self.end_elsewhere(SpanEnd {
                span: self.span(),
                outcome,
                time: reading,
                ended_at: None,
            })
    }

    /// Reads the clock of the span's tracer; zero if its trace is not here.
    #[inline]
    pub(crate) fn read_clock(&self) -> u64 {
        let trace = self.trace();
        trace.map_or(0, |trace| trace.tracer.clock.raw())
    }

    /// Ends the span where it may be entered, also by other threads.
    fn end_elsewhere(&self, end: SpanEnd) -> bool {
        // If recording is paused, this thread formats a value within a visit. That visit is
        // left after the value was formatted, and then restores the previous position.
        if self.visits.has_visits() && !entered::is_paused() {
            self.leave_here();
        }
        match self.visits.end(end) {
            // No other thread is in the span, and none can enter it any more.
            Ending::Now => self.close(&end),
            // The last visitor writes the end, on its own thread.
            Ending::Later => {}
            Ending::Over => return false,
        }
        true
    }

    /// Ends all visits of the span on this thread, the last one first. A guard that is dropped
    /// later finds no visit.
    fn leave_here(&self) {
        while let Some(left) = entered::leave_span(self.span()) {
            // The scope comes first, then the visit. A thread that ends the span after that
            // finds the scope in its place.
            self.settle_left_visit(left);
            self.end_visit();
        }
    }

    /// Ends the span if it has not ended. The outcome tells why it is dropped. In any case
    /// this thread leaves the span.
    ///
    /// This may run on any thread, during unwinding, or in the destructor of a thread-local.
    /// The block and the stack can be accessed even then.
    #[inline(never)]
    fn end_dropped(&mut self) {
        let outcome = if self.is_unwound() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        };
        self.end(outcome, None);
        // The drop has exclusive access, so visits that are still counted were never left,
        // because a guard was forgotten. No visitor will write the waiting end.
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
        // This sets the life off, so that its own drop does not end the span again, as
        // cancelled.
        let mut trace = self.life.take_trace();
        // At home, the thread keeps the reference for the next held span. Otherwise the
        // reference is dropped at the end of this function, when the stack is not borrowed.
        if is_home {
            thread::give_back_trace(&mut trace);
        }
    }
}
