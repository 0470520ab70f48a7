//! Draws the numbers of scopes, from a range that belongs to the thread, and the ids of spans.
//!
//! A scope's number is unique in the process for as long as anything refers to the scope. A
//! span's id is random and never zero.

use std::sync::atomic::{AtomicU32, Ordering};

use super::block::{BLOCK, Block};
use crate::stream::decode::SCOPE_NUMBER_BLOCK;

/// Draws the number of a scope. Numbers repeat after four billion scopes. A future that was
/// suspended all that time, and then moves into the scope with the same number, would be
/// mistaken for one of its own.
pub(in crate::record) fn new_scope() -> u32 {
    BLOCK.with(Block::new_scope)
}

/// Draws the id of a span. Only for plain tracers: the generator is seeded when the thread's
/// position becomes that of a plain tracer.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn draw_id() -> u64 {
    BLOCK.with(|block| block.ids.draw()).get()
}

impl Block {
    /// Draws a number, from a new range if the thread has used up its own. So threads access
    /// shared memory only once per [`SCOPE_NUMBER_BLOCK`] scopes.
    #[inline]
    pub(super) fn new_scope(&self) -> u32 {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        self.next_scope().unwrap_or_else(|| {
            // Relaxed: it has no partner. The addition is atomic, so the ranges differ, and a
            // number publishes no memory. Plus one, because zero means no scope.
            let number = TAKEN.fetch_add(SCOPE_NUMBER_BLOCK, Ordering::Relaxed) + 1;
            self.next_scope.set(number.wrapping_add(1));
            number
        })
    }

    /// Draws the number of a scope, if the thread's range has one left.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn next_scope(&self) -> Option<u32> {
        let number = self.next_scope.get();
        let has_one = !number.is_multiple_of(SCOPE_NUMBER_BLOCK);
        has_one.then(|| {
            self.next_scope.set(number.wrapping_add(1));
            number
        })
    }
}
