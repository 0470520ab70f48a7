//! The tracer's limit for texts, for one scope at a time.
//!
//! It is kept here so that the stack of scopes, which knows the tracer, is accessed only once
//! for each scope, in `write/text_limit.rs`.

use super::block::BLOCK;

/// Returns the limit in bytes, if it was noted in the running scope. The limit is stored with
/// the scope's number, so it need not be reset when the thread enters another scope.
#[inline]
pub(in crate::record) fn known_text_limit() -> Option<usize> {
    BLOCK.with(|block| {
        let scope = block.scope.get();
        let is_known = scope != 0 && scope == block.limited_scope.get();
        is_known.then(|| block.max_value_bytes.get())
    })
}

/// Notes the limit of the running scope's tracer, in bytes.
pub(in crate::record) fn note_text_limit(max: usize) {
    BLOCK.with(|block| {
        block.max_value_bytes.set(max);
        block.limited_scope.set(block.scope.get());
    });
}
