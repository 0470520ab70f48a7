//! Remembers the parent of the span that failed last.
//!
//! If the child's error passes through the parent, it was already logged, so the parent only
//! gets its status. `write/last_failure.rs` compares the messages to decide whether it is the
//! same error.

use super::block::BLOCK;

/// Whether the span that failed last on this thread is a child of this one.
#[inline]
pub(in crate::record) fn has_failed_child(span: u64) -> bool {
    BLOCK.with(|block| block.failed_in.get() == span)
}

/// Notes that a child of `parent` failed.
#[inline]
pub(in crate::record) fn note_failed_child(parent: u64) {
    BLOCK.with(|block| block.failed_in.set(parent));
}
