//! Visits: the span is the current one on some thread, between `enter` and `leave`.
//!
//! A visit in the span's home makes it current in that scope. Elsewhere it runs in the
//! span's own scope if that is free, or else in a scope for the visit. Who has to write
//! the end that came meanwhile is said by `Visits`.

use super::held_span::HeldSpan;
use crate::record::scope::entered;
use crate::record::{thread, write};

impl HeldSpan {
    /// Makes the span the current one on this thread until [`leave`](Self::leave).
    /// Returns whether it is: not if it has ended.
    pub(crate) fn enter(&self) -> bool {
        if self.is_foreign() || entered::is_paused() || !self.begin_visit() {
            return false;
        }
        if thread::scope() == self.life.home() {
            self.come_back();
            entered::enter_span(self.span());
        } else {
            self.go_elsewhere();
        }
        true
    }

    /// Undoes the last [`enter`](Self::enter) on this thread, if it did anything.
    pub(crate) fn leave(&self) {
        if entered::is_paused() {
            return;
        }
        if let Some(left) = entered::leave_span(self.span()) {
            self.settle_left_visit(left);
            // Somebody else is in the span: what they say from now on comes after what
            // this visit has said.
            if self.visits.are_several() {
                entered::order_after_others(self.span(), || self.visits.come_back());
            }
            self.end_visit();
        }
    }

    /// Begins a visit; returns whether there is one, as the span has not ended.
    pub(super) fn begin_visit(&self) -> bool {
        let begun = self.visits.begin_visit();
        if let Err(Some(end)) = begun {
            self.close(&end);
        }
        begun.is_ok()
    }

    /// Ends a visit, and writes the end of the span if it was left to this one.
    pub(super) fn end_visit(&self) {
        if let Some(end) = self.visits.end_visit() {
            self.close(&end);
        }
    }

    /// Says that what comes is written in the span's own scope, if something was written
    /// elsewhere.
    pub(super) fn come_back(&self) {
        if self.visits.come_back()
            && let Some(trace) = self.trace()
        {
            write::moved_back(self.span(), trace.order_after_visits());
        }
    }

    /// Makes the span current in its own scope, if that waits here, or else in another
    /// one of its trace.
    pub(super) fn go_elsewhere(&self) {
        if let Some(own) = self.take_own() {
            own.enter_for(self.span());
            return self.come_back();
        }
        let Some(trace) = self.trace() else { return };
        self.visits.set_moved();
        // After what they said who are in the span already.
        let order = if self.visits.are_several() {
            trace.order_after_visits()
        } else {
            trace.order_of_visit()
        };
        self.enter_visit(trace, order);
    }
}
