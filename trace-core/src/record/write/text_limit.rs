//! The tracer's limit for texts.
//!
//! It is asked of the tracer once for each scope, and then known to the thread's block.

use crate::record::scope::entered;
use crate::record::thread;

/// The limit for texts of the tracer that records here; asked for once for each scope.
#[inline]
pub(super) fn max_value_bytes() -> usize {
    thread::known_text_limit().unwrap_or_else(ask_for_limit)
}

/// Asks the tracer of the running scope. Where there is none, nothing is cut, and nothing
/// written.
#[cold]
#[inline(never)]
fn ask_for_limit() -> usize {
    let max = entered::with_tracer(|tracer| tracer.limits.max_value_bytes);
    let max = max.unwrap_or(usize::MAX);
    thread::note_text_limit(max);
    max
}
