//! The stage: words and texts of entries that wait to be moved to the scope's chunk.
//!
//! It is written in place and never read here. Nothing in this file makes room: functions
//! that say "there is room" rely on their caller, which has asked, or uses
//! `write/append.rs`.
//!
//! The newest span of a piece needs no id in its entries. Whoever makes another span
//! current without opening it, or begins another piece, calls [`forget_newest`].

use super::block::{BLOCK, Block, STAGE, TEXT_STAGE};
use super::short_text::copy_text;
use crate::stream::Header;

pub(in crate::record) const MAX_STAGED_TEXT: usize = 128;

/// Whether the stage has room for one entry.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn has_room(words: usize) -> bool {
    BLOCK.with(|block| block.used.get()) + words <= STAGE
}

/// Appends a text to the stage, which has room for it.
#[inline]
pub(in crate::record) fn push_text(text: &str) {
    BLOCK.with(|block| block.put_text(text.as_bytes()));
}

/// Counts a span that is to begin, and holds its trace open until then.
///
/// It is an end too few in the counts of the stage, so that the scope cannot end without
/// strays.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn hold_trace_open() {
    BLOCK.with(|block| block.ended.set(block.ended.get().wrapping_sub(1)));
}

/// Counts a span that was held and has begun, or will not.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn release_trace() {
    BLOCK.with(|block| block.ended.set(block.ended.get().wrapping_add(1)));
}

/// Forgets the newest span: a piece begins or resumes, and its entries may not leave
/// their ids out.
pub(in crate::record) fn forget_newest() {
    BLOCK.with(|block| block.newest.set(0));
}

/// Whether nothing was written since the stage was moved.
#[inline]
pub(in crate::record) fn is_stage_empty() -> bool {
    BLOCK.with(Block::is_stage_empty)
}

/// Notes the opening of a span whose words are in the stage: it is the newest one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn note_opening(id: u64, time: u64) {
    BLOCK.with(|block| {
        block.newest.set(id);
        block.newest_time.set(time);
        block.opened.set(block.opened.get().wrapping_add(1));
    });
}

/// How many words are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn used_words() -> usize {
    BLOCK.with(|block| block.used.get())
}

/// How many bytes of texts are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn used_text() -> usize {
    BLOCK.with(|block| block.text_used.get())
}

/// Writes words behind those in use; there is room.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put<const WORDS: usize>(used: usize, words: [u64; WORDS]) {
    BLOCK.with(|block| block.put(used, words));
}

/// Writes an entry of a span that has one word; there is room.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put_word(used: usize, header: Header, span: u64, word: u64) {
    BLOCK.with(|block| block.put_word(used, header, span, word));
}

/// Writes the end of a span at a given time; there is room.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn put_end(used: usize, header: Header, id: u64, time: u64) {
    BLOCK.with(|block| {
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
    /// Whether nothing was written since the stage was moved.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_stage_empty(&self) -> bool {
        // Spans that begin or end leave words, but for those that are only counted.
        self.used.get() == 0 && self.opened.get() == 0 && self.ended.get() == 0
    }

    /// Returns how many words are in use, if there is room for so many more and so many bytes
    /// of texts.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn room_for(&self, words: usize, bytes: usize) -> Option<usize> {
        let used = self.used.get();
        let has_room = bytes <= MAX_STAGED_TEXT
            && used <= STAGE - words
            && self.text_used.get() <= TEXT_STAGE - bytes;
        has_room.then_some(used)
    }

    /// Writes words behind those in use; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put<const WORDS: usize>(&self, used: usize, words: [u64; WORDS]) {
        for (offset, word) in words.into_iter().enumerate() {
            self.put_one(used + offset, word);
        }
        self.used.set(used + WORDS);
    }

    /// Writes one word. The callers have asked for room, so `place` is within the stage.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_one(&self, place: usize, word: u64) {
        // The mask spares the check of the bound, which holds as said above.
        if let Some(cell) = self.stage.get(place & (STAGE - 1)) {
            cell.set(word);
        }
    }

    /// Writes an entry of one word.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_word(&self, used: usize, header: Header, span: u64, word: u64) {
        if self.newest.get() == span {
            self.put(used, [header.with_newest().word(), word]);
        } else {
            self.put(used, [header.word(), span, word]);
        }
    }

    /// Writes a short text behind those in use; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn put_text(&self, text: &[u8]) {
        let used = self.text_used.get();
        copy_text(&self.text, used, text);
        self.text_used.set(used + text.len());
    }
}
