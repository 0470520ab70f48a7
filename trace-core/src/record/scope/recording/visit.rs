//! Visits of spans outside their scopes: the scope in which a visit records, and the order of
//! its entries.
//!
//! The order is a number of [`LocalTrace`](crate::record::trace::LocalTrace): how often any
//! span of the trace had come back when the visit began. The reader sorts the entries of the
//! span by it. Numbers from different threads are comparable, because moving a span between
//! threads synchronizes them.

use super::recording::Recording;
use super::visiting::Visiting;

impl Recording {
    /// Begins a scope of a trace for a visit of one of its spans, outside the span's own
    /// scope. `None` if the visit has no trace.
    pub(in crate::record) fn visit(visiting: Visiting, number: u32, span: u64) -> Option<Self> {
        let trace = visiting.trace?;
        // The visited span is open, so the trace is open and cannot end before the scope is
        // counted.
        trace.open_scope();
        let mut visit = Self::with_trace(trace, visiting.baggage, number);
        (visit.0.is_visit, visit.0.order) = (true, visiting.order);
        visit.set_base(span);
        Some(visit)
    }

    /// Orders the next entries of a span after all its entries so far in other scopes. If
    /// there were none in between, writes nothing.
    ///
    /// This scope is a visit of the span, or the span's own scope. The own scope calls
    /// `is_behind` to check whether something was written elsewhere. The stage must be empty,
    /// or belong to another scope.
    pub(in crate::record) fn order_after_others(
        &mut self,
        span: u64,
        is_behind: impl FnOnce() -> bool,
    ) {
        let is_visit = self.0.is_visit && self.0.span == span;
        // A span has come back since this visit began, so newer entries elsewhere may have a
        // later order than this visit.
        let is_behind = if is_visit {
            self.0.order != self.trace().order_of_visit()
        } else {
            is_behind()
        };
        if !is_behind {
            return;
        }
        let order = self.trace().order_after_visits();
        // This comes before the new order is written, because entries in the chunk keep the
        // old order.
        if is_visit {
            self.0.change_order(order);
        }
        self.0.chunk.push_moved(span, order);
    }
}
