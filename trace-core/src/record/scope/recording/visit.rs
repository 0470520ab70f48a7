//! Visits of spans away from their scopes: the scope in which one records, and the order
//! of what is said in it.
//!
//! The order is a number of [`LocalTrace`](crate::record::trace::LocalTrace): each visit
//! says how often any span of the trace had come back when it began. The reader puts the
//! parts of the span in that order.

use super::recording::Recording;
use super::visiting::Visiting;

impl Recording {
    /// Begins a scope of a trace for a visit of one of its spans, away from its own.
    pub(in crate::record) fn visit(visiting: Visiting, number: u32, span: u64) -> Option<Self> {
        let trace = visiting.trace?;
        trace.open_scope();
        let mut visit = Self::with_trace(trace, visiting.baggage, number);
        (visit.0.is_visit, visit.0.order) = (true, visiting.order);
        visit.set_base(span);
        Some(visit)
    }

    /// Says of what follows of a span that it comes after all that others said of it up to
    /// now. This is a visit of the span, or its own scope, which asks whether something was
    /// said elsewhere. The stage must be empty.
    pub(in crate::record) fn order_after_others(
        &mut self,
        span: u64,
        is_behind: impl FnOnce() -> bool,
    ) {
        let is_visit = self.0.is_visit && self.0.span == span;
        let is_behind = if is_visit {
            self.0.order != self.trace().order_of_visit()
        } else {
            is_behind()
        };
        if !is_behind {
            return;
        }
        let order = self.trace().order_after_visits();
        if is_visit {
            self.0.change_order(order);
        }
        self.0.chunk.push_moved(span, order);
    }
}
