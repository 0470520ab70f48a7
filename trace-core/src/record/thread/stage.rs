//! The stage: words and texts of entries that wait to be moved to the scope's chunk.
//!
//! It is written in place and never read here. This file never makes room. Functions
//! documented with "there is room" rely on the caller, which has checked it or uses
//! `write/append.rs`. If there is no room, they write nothing, or write into the wrong words
//! of the stage, but never outside of it.
//!
//! Entries of the newest span of a piece omit its id. Code that makes another span current
//! without opening it, or that begins another piece, must call [`forget_newest`]. Otherwise
//! its entries would be read as entries of the wrong span.

use super::block::{BLOCK, Block, STAGE, TEXT_STAGE};
use super::short_text::copy_text;
use crate::stream::Header;

/// The maximum number of bytes of text that one entry has in the stage. Longer texts go
/// directly to the chunk, so that a few of them do not fill the stage.
pub(in crate::record) const MAX_STAGED_TEXT: usize = 128;

/// Whether the stage has room for one entry of `words` words.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn has_room(words: usize) -> bool {
    BLOCK.with(|block| block.used.get()) + words <= STAGE
}

/// Appends a text to the stage; there is room.
#[inline]
pub(in crate::record) fn push_text(text: &str) {
    BLOCK.with(|block| block.put_text(text.as_bytes()));
}

/// Counts a span that has not begun yet, and keeps its trace open until it begins.
///
/// This lowers the number of ends in the stage by one. So the scope ends with one more stray,
/// and the trace cannot be complete before [`release_trace`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn hold_trace_open() {
    BLOCK.with(|block| block.ended.set(block.ended.get().wrapping_sub(1)));
}

/// Undoes [`hold_trace_open`], for a span that has begun or never will.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn release_trace() {
    BLOCK.with(|block| block.ended.set(block.ended.get().wrapping_add(1)));
}

/// Forgets the newest span. From now on, the entries of that span must contain its id.
pub(in crate::record) fn forget_newest() {
    BLOCK.with(|block| block.newest.set(0));
}

/// Whether nothing was written or counted since the stage was moved.
#[inline]
pub(in crate::record) fn is_stage_empty() -> bool {
    BLOCK.with(Block::is_stage_empty)
}

/// Notes the opening of a span whose words are in the stage, and makes it the newest one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn note_opening(id: u64, time: u64) {
    BLOCK.with(|block| {
        block.newest.set(id);
        block.newest_time.set(time);
        block.opened.set(block.opened.get().wrapping_add(1));
    });
}

/// Returns how many words of the stage are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn used_words() -> usize {
    BLOCK.with(|block| block.used.get())
}

/// Returns how many bytes of the text stage are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn used_text() -> usize {
    BLOCK.with(|block| block.text_used.get())
}

/// Writes words behind the `used` ones; there is room.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put<const WORDS: usize>(used: usize, words: [u64; WORDS]) {
    BLOCK.with(|block| block.put(used, words));
}

/// Writes an entry of a span with one word; there is room for its longest form, three words.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put_word(used: usize, header: Header, span: u64, word: u64) {
    BLOCK.with(|block| block.put_word(used, header, span, word));
}

/// Writes the end of a span at a given time; there is room for its longest form, three words.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put_end(used: usize, header: Header, id: u64, time: u64) {
    BLOCK.with(|block| {
        // A time before the opening wraps to a huge number of ticks, which does not fit into
        // the short form.
        let ticks = time.wrapping_sub(block.newest_time.get());
        let short = header.with_ticks(ticks);
        match short.filter(|_| block.newest.get() == id) {
            Some(short) => block.put(used, [short.word()]),
            None => block.put(used, [header.word(), id, time]),
        }
        block.ended.set(block.ended.get().wrapping_add(1));
    });
}

impl Block {
    /// Whether nothing was written or counted since the stage was moved.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_stage_empty(&self) -> bool {
        // Only the counts change for a span that has not begun yet; see `hold_trace_open`.
        self.used.get() == 0 && self.opened.get() == 0 && self.ended.get() == 0
    }

    /// Returns how many words are in use, if there is room for `words` more and for `bytes` of
    /// text.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn room_for(&self, words: usize, bytes: usize) -> Option<usize> {
        let used = self.used.get();
        let has_room = bytes <= MAX_STAGED_TEXT
            && used <= STAGE - words
            && self.text_used.get() <= TEXT_STAGE - bytes;
        has_room.then_some(used)
    }

    /// Writes words behind the `used` ones; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put<const WORDS: usize>(&self, used: usize, words: [u64; WORDS]) {
        for (offset, word) in words.into_iter().enumerate() {
            self.put_one(used + offset, word);
        }
        self.used.set(used + WORDS);
    }

    /// Writes one word. The callers have checked for room, so `place` is within the stage.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_one(&self, place: usize, word: u64) {
        // The mask does not change the value, because the place is within the stage. It proves
        // the bound to the compiler, which then leaves out the check.
        if let Some(cell) = self.stage.get(place & (STAGE - 1)) {
            cell.set(word);
        }
    }

    /// Writes an entry with one word, without the id if the span is the newest one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_word(&self, used: usize, header: Header, span: u64, word: u64) {
        if self.newest.get() == span {
            self.put(used, [header.with_newest().word(), word]);
        } else {
            self.put(used, [header.word(), span, word]);
        }
    }

    /// Writes a short text behind those in the text stage; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_text(&self, text: &[u8]) {
        let used = self.text_used.get();
        copy_text(&self.text, used, text);
        self.text_used.set(used + text.len());
    }
}
