//! Remembers which span has the child that failed last.
//!
//! If the child's error passes through the parent, it is logged already, so the parent only
//! gets its status. Whether it is the same error is decided by its message, in
//! `write/last_failure.rs`.

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
