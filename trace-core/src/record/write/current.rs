//! The current span, as far as the running scope may write to it.
//!
//! In a task that was spawned, the current span belongs to another scope at first. What is
//! said about it there is lost, and is counted.

use crate::record::scope::entered;
use crate::record::thread;

/// Returns the current span, if the running scope may write to it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn own_span() -> Option<u64> {
    match thread::own_span() {
        0 => None,
        span => Some(span),
    }
}

/// Returns the current span, if the running scope may write to it, for something that is said
/// now. If a trace is recorded but there is no such span, counts what is lost.
#[inline]
pub(crate) fn own_span_or_count() -> Option<u64> {
    let span = own_span();
    if span.is_none() && thread::scope() != 0 {
        entered::count_unattached();
    }
    span
}
