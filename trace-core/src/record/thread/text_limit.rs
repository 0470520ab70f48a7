//! The limit for texts of the tracer that records here, for one scope at a time.
//!
//! It is kept so that the stack, which knows the tracer, is asked once for each scope.
//! Who asks is `write/text_limit.rs`.

use super::block::BLOCK;

/// The limit in bytes, if it was asked for in the scope that is recorded.
#[inline]
pub(in crate::record) fn known_text_limit() -> Option<usize> {
    BLOCK.with(|block| {
        let scope = block.scope.get();
        let is_known = scope != 0 && scope == block.limited_scope.get();
        is_known.then(|| block.max_value_bytes.get())
    })
}

/// Notes the limit of the tracer of the scope that is recorded.
pub(in crate::record) fn note_text_limit(max: usize) {
    BLOCK.with(|block| {
        block.max_value_bytes.set(max);
        block.limited_scope.set(block.scope.get());
    });
}
