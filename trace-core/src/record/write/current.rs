//! The current span, as far as the running scope may write to it.
//!
//! A task that was spawned has a current span that is another scope's: what is said of it
//! there is lost, and counted.

use crate::record::scope::entered;
use crate::record::thread;

/// The current span, if it is the running scope's to write to.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn own_span() -> Option<u64> {
    match thread::own_span() {
        0 => None,
        span => Some(span),
    }
}

/// The same, for something that is said now: where a trace is recorded and there is no
/// such span, what is lost is counted.
#[inline]
pub(crate) fn own_span_or_count() -> Option<u64> {
    let span = own_span();
    if span.is_none() && thread::scope() != 0 {
        entered::count_unattached();
    }
    span
}
