//! The tracer's limit for texts.
//!
//! It is read from the tracer once for each scope. After that the thread's block has it.

use crate::record::scope::entered;
use crate::record::thread;

/// Returns the limit for texts, in bytes, of the tracer that records here.
#[inline]
pub(super) fn max_value_bytes() -> usize {
    thread::known_text_limit().unwrap_or_else(ask_for_limit)
}

/// Reads the limit from the tracer of the running scope. If there is no tracer, nothing is
/// cut, but nothing is written either.
#[cold]
#[inline(never)]
fn ask_for_limit() -> usize {
    let max = entered::with_tracer(|tracer| tracer.limits.max_value_bytes);
    let max = max.unwrap_or(usize::MAX);
    thread::note_text_limit(max);
    max
}
