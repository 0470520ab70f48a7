//! How a span that was opened in a scope ends, by its guard or its poll.
//!
//! Mostly it is the current span of its scope. Here is also what happens if it is not:
//! its scope waits below another one, or was left before the span ended. What ends it by
//! the visit of another scope is in `life/moved.rs`.

use crate::record::scope::end_visit_of;
use crate::record::scope::entered;
use crate::record::{thread, write};
use crate::value::Outcome;

/// Ends a span that was opened in a scope, mostly as the current one, and makes `outer`
/// the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::span() == span {
        write::close(span, outer, outcome);
    } else {
        close_in(scope, span, outer, outcome);
    }
}

/// Ends a span that was opened in a scope, which may wait for another one to be left, or
/// was left before.
#[inline(never)]
pub(in crate::record) fn close_in(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::scope() == scope {
        write::close(span, outer, outcome);
    } else if !entered::close_suspended(scope, span, outer, outcome)
        // The scope was left before, and may have ended: the end is written in a scope
        // for a visit of the span, so that it reaches the queue.
        && let Some(trace) = entered::trace_of_left_scope(scope)
    {
        let (baggage, order) = (trace.head.baggage(), trace.order_of_visit());
        entered::enter_visit(trace, baggage, span, order);
        write::close(span, span, outcome);
        end_visit_of(span);
    }
}
