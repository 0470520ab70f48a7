//! Visits of spans away from their scopes: the scope in which a visit records, and the order
//! of what is said in it.
//!
//! The order is a number of [`LocalTrace`](crate::record::trace::LocalTrace): how often any
//! span of the trace had come back when the visit began. The reader puts what was said of
//! the span in that order. Numbers of different threads are comparable because a span moves
//! only by something that synchronizes the threads.

use super::recording::Recording;
use super::visiting::Visiting;

impl Recording {
    /// Begins a scope of a trace for a visit of one of its spans, away from its own scope.
    /// `None` if the visit has no trace.
    pub(in crate::record) fn visit(visiting: Visiting, number: u32, span: u64) -> Option<Self> {
        let trace = visiting.trace?;
        // The visited span is open, and so the trace is: it cannot end before this.
        trace.open_scope();
        let mut visit = Self::with_trace(trace, visiting.baggage, number);
        (visit.0.is_visit, visit.0.order) = (true, visiting.order);
        visit.set_base(span);
        Some(visit)
    }

    /// Puts what is said of a span from now on after all that others have said of it up to
    /// now. Nothing is written if nobody has said anything in between.
    ///
    /// This is a visit of the span, or the span's own scope. The own scope asks `is_behind`
    /// whether something was said elsewhere. The stage must be empty, or belong to another
    /// scope.
    pub(in crate::record) fn order_after_others(
        &mut self,
        span: u64,
        is_behind: impl FnOnce() -> bool,
    ) {
        let is_visit = self.0.is_visit && self.0.span == span;
        // Somebody has come back since this visit began, so what others have said since
        // may have a later order than this visit has.
        let is_behind = if is_visit {
            self.0.order != self.trace().order_of_visit()
        } else {
            is_behind()
        };
        if !is_behind {
            return;
        }
        let order = self.trace().order_after_visits();
        // Before the new order is written: what is in the chunk keeps the old one.
        if is_visit {
            self.0.change_order(order);
        }
        self.0.chunk.push_moved(span, order);
    }
}
