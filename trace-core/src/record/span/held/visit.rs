//! Visits: between `enter` and `leave`, the span is the current one on a thread.
//!
//! A visit in the span's home makes it current in that scope. Otherwise the visit runs in the
//! span's own scope if it is free, or in a scope for the visit. `Visits` decides who writes an
//! end that comes during a visit.
//!
//! In each function, the count in `Visits` is raised before the span is entered, and lowered
//! after its scope is left. So an end that another thread writes is read after the entries of
//! the visit.

use super::held_span::HeldSpan;
use crate::record::scope::entered;
use crate::record::{thread, write};

impl HeldSpan {
    /// Makes the span the current one on this thread until [`leave`](Self::leave). Returns
    /// false, and does nothing, if the span has ended or recording is paused.
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

    /// Undoes the last successful [`enter`](Self::enter) on this thread.
    pub(crate) fn leave(&self) {
        // While a value is formatted, `enter` does nothing, and earlier visits must stay.
        if entered::is_paused() {
            return;
        }
        if let Some(left) = entered::leave_span(self.span()) {
            self.settle_left_visit(left);
            // Other threads are in the span. Their next entries come after the entries of this
            // visit.
            if self.visits.are_several() {
                entered::order_after_others(self.span(), || self.visits.come_back());
            }
            // This comes last, because another thread may write the end from now on.
            self.end_visit();
        }
    }

    /// Begins a visit. Returns false if the span has ended. Then it may be this thread that
    /// has to write the end.
    pub(super) fn begin_visit(&self) -> bool {
        let begun = self.visits.begin_visit();
        if let Err(Some(end)) = begun {
            self.close(&end);
        }
        begun.is_ok()
    }

    /// Ends a visit, and writes the end of the span if it waited for this visit.
    pub(super) fn end_visit(&self) {
        if let Some(end) = self.visits.end_visit() {
            self.close(&end);
        }
    }

    /// Writes the order of the next entries in the span's own scope, which come after entries
    /// written elsewhere. Does nothing if there were none. If several threads come back at
    /// once, only one of them writes it.
    pub(super) fn come_back(&self) {
        if self.visits.come_back()
            && let Some(trace) = self.trace()
        {
            write::moved_back(self.span(), trace.order_after_visits());
        }
    }

    /// Makes the span current in its own scope, if it waits here, and otherwise in another
    /// scope of its trace.
    pub(super) fn go_elsewhere(&self) {
        if let Some(own) = self.take_own() {
            // Entered before the order is written, because the order goes to the stage of this
            // scope.
            own.enter_for(self.span());
            return self.come_back();
        }
        let Some(trace) = self.trace() else { return };
        // This comes before any entry of this visit. From now on the home writes an order
        // first.
        self.visits.set_moved();
        // The entries come after those of visits that are already open.
        let order = if self.visits.are_several() {
            trace.order_after_visits()
        } else {
            trace.order_of_visit()
        };
        self.enter_visit(trace, order);
    }
}
