//! Ends a span that was opened in a scope, for its guard or its poll.
//!
//! Usually the span is the current one of the running scope. This file also handles the other
//! cases: the span's scope waits below another one, or was left before the span ended.
//! `life/moved.rs` ends a span in a visit.

use crate::record::scope::end_visit_of;
use crate::record::scope::entered;
use crate::record::{thread, write};
use crate::value::Outcome;

/// Ends a span that was opened in a scope, and makes `outer` the current one. Usually the span
/// is the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::span() == span {
        write::close(span, outer, outcome);
    } else {
        close_in(scope, span, outer, outcome);
    }
}

/// Ends a span that was opened in a scope. The scope may wait below another one, or may have
/// been left before.
#[inline(never)]
pub(in crate::record) fn close_in(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::scope() == scope {
        // The scope runs, so it owns the stage. If another span is current, it was opened
        // later and stays open. `outer` becomes the current span.
        write::close(span, outer, outcome);
    } else if !entered::close_suspended(scope, span, outer, outcome)
        // The scope was left earlier, and may have ended. The end is written in a scope for a
        // visit of the span, so that it reaches the queue. If the trace is no longer
        // remembered, the end is lost.
        && let Some(trace) = entered::trace_of_left_scope(scope)
    {
        let (baggage, order) = (trace.head.baggage(), trace.order_of_visit());
        entered::enter_visit(trace, baggage, span, order);
        write::close(span, span, outcome);
        end_visit_of(span);
    }
}
