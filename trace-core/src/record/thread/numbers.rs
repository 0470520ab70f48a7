//! The numbers that a thread draws: of scopes, from a range of its own, and of spans.
//!
//! A scope's number tells it from all others of the process, for as long as anybody may
//! hold it. A span's id is random and never zero.

use std::sync::atomic::{AtomicU32, Ordering};

use super::block::{BLOCK, Block};
use crate::stream::decode::SCOPE_NUMBER_BLOCK;

/// Draws the number of a scope. Four billion later it is drawn again: a future that
/// was suspended all the while, and then moves into that very scope, would be taken
/// for one of its own.
pub(in crate::record) fn new_scope() -> u32 {
    BLOCK.with(Block::new_scope)
}

/// Draws the id of a span. The generator is seeded where the thread's position says that ids
/// are random.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn draw_id() -> u64 {
    BLOCK.with(|block| block.ids.draw()).get()
}

impl Block {
    /// Draws a number, from the next range if the thread has used its own up. Threads so
    /// share memory once in [`SCOPE_NUMBER_BLOCK`] scopes.
    #[inline]
    pub(super) fn new_scope(&self) -> u32 {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        self.next_scope().unwrap_or_else(|| {
            // Relaxed: it has no partner. Only the numbers have to differ, and they order
            // nothing. Zero is no scope.
            let number = TAKEN.fetch_add(SCOPE_NUMBER_BLOCK, Ordering::Relaxed) + 1;
            self.next_scope.set(number.wrapping_add(1));
            number
        })
    }

    /// Draws the number of a scope, if the thread has one.
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
