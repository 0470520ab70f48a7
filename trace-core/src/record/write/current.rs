//! The current span, if the running scope may write to it.
//!
//! In a spawned task, the current span at first belongs to another scope. Entries for it are
//! lost and counted.

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

/// Returns the current span, if the running scope may write to it, for a new entry. If a trace
/// is recorded but there is no such span, counts the entry as lost.
#[inline]
pub(crate) fn own_span_or_count() -> Option<u64> {
    let span = own_span();
    if span.is_none() && thread::scope() != 0 {
        entered::count_unattached();
    }
    span
}
