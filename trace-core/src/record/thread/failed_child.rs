//! Remembers the parent of the span that failed last, and the span whose message is the last.
//!
//! If the child's error passes through the parent, it was already logged, so the parent only
//! gets its status. `write/last_failure.rs` compares the messages to decide whether it is the
//! same error.

use super::block::{BLOCK, Block};

/// Whether the span that failed last on this thread is a child of this one, and the last
/// message belongs to its failure.
#[inline]
pub(in crate::record) fn has_failed_child(span: u64) -> bool {
    BLOCK.with(|block| block.failed_in.get() == span)
}

/// Notes that `span`, a child of `parent`, failed.
#[inline]
pub(in crate::record) fn note_failed_child(span: u64, parent: u64) {
    BLOCK.with(|block| block.note_failed_child(span, parent));
}

/// Notes that the last message is an error of `span`.
#[inline]
pub(in crate::record) fn note_message_of(span: u64) {
    BLOCK.with(|block| block.message_of.set(span));
}

impl Block {
    /// Notes that `span`, a child of `parent`, failed.
    ///
    /// A span may fail without a message. The last message then belongs to its own child, or
    /// to an earlier failure that has nothing to do with it. In the second case nothing has
    /// passed on to the parent, so an equal message there is a new error.
    #[inline]
    pub(super) fn note_failed_child(&self, span: u64, parent: u64) {
        let has_message = self.message_of.get() == span || self.failed_in.get() == span;
        self.failed_in.set(if has_message { parent } else { 0 });
    }
}
