//! Visits: the span is the current one on some thread, between `enter` and `leave`.
//!
//! A visit in the span's home makes it current in that scope. Elsewhere it runs in the
//! span's own scope if that is free, and otherwise in a scope for the visit. `Visits` says
//! who has to write an end that came meanwhile.
//!
//! In each function the count in `Visits` surrounds everything else: it is raised before the
//! span is entered, and lowered when its scope is left. So an end that another thread writes
//! is read after what was said in the visit.

use super::held_span::HeldSpan;
use crate::record::scope::entered;
use crate::record::{thread, write};

impl HeldSpan {
    /// Makes the span the current one on this thread until [`leave`](Self::leave). Returns
    /// whether it is current: not if it has ended, or if recording is paused.
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
        // While a value is shown nothing was entered, and what was entered before it must
        // stay.
        if entered::is_paused() {
            return;
        }
        if let Some(left) = entered::leave_span(self.span()) {
            self.settle_left_visit(left);
            // Others are in the span. What they say from now on comes after what this visit
            // has said.
            if self.visits.are_several() {
                entered::order_after_others(self.span(), || self.visits.come_back());
            }
            // Last: from here on another thread may write the end.
            self.end_visit();
        }
    }

    /// Begins a visit; returns whether it has begun: not if the span has ended. Then this
    /// thread may be the one that has to write the end.
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

    /// Writes that what follows comes in the span's own scope, after what was written
    /// elsewhere. Does nothing if nothing was. One of several threads that come back at once
    /// writes it.
    pub(super) fn come_back(&self) {
        if self.visits.come_back()
            && let Some(trace) = self.trace()
        {
            write::moved_back(self.span(), trace.order_after_visits());
        }
    }

    /// Makes the span current in its own scope, if that waits here, and otherwise in another
    /// scope of its trace.
    pub(super) fn go_elsewhere(&self) {
        if let Some(own) = self.take_own() {
            // Entered before the order is written, as that goes to the stage of this scope.
            own.enter_for(self.span());
            return self.come_back();
        }
        let Some(trace) = self.trace() else { return };
        // Before anything can be said here: from now on the home writes an order first.
        self.visits.set_moved();
        // After what was said by those who are in the span already.
        let order = if self.visits.are_several() {
            trace.order_after_visits()
        } else {
            trace.order_of_visit()
        };
        self.enter_visit(trace, order);
    }
}
