//! Moves the stage into a chunk, in one piece.
//!
//! Words and texts are moved together, so those of one entry get into the same chunk. The
//! counts of opened and ended spans go to the caller, because they belong to its scope. This
//! file does not decide when the stage is moved or into which chunk; `scope/entered` does.

use std::cell::Cell;

use super::block::BLOCK;
use crate::stream::Chunk;

/// The counts of a stage: spans that were opened and ended since it was last moved.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::record) struct Staged {
    pub(in crate::record) opened: u32,
    /// Wraps below zero while a span that has not begun [keeps](super::hold_trace_open) the
    /// trace open.
    ended: u32,
}

impl Staged {
    /// Returns how many spans were opened and not ended, minus the number of spans that ended
    /// here and were opened earlier or elsewhere. May be negative.
    pub(in crate::record) fn strays(self) -> i32 {
        // Wrapping: only the difference has a meaning, and it is exact in 32 bits.
        self.opened.wrapping_sub(self.ended).cast_signed()
    }
}

/// Returns how many words and how many bytes of text of the stage are in use.
#[inline]
pub(in crate::record) fn staged_sizes() -> (usize, usize) {
    BLOCK.with(|block| (block.used.get(), block.text_used.get()))
}

/// Returns the counts of the stage without resetting them.
#[inline]
pub(in crate::record) fn staged() -> Staged {
    BLOCK.with(|block| Staged {
        opened: block.opened.get(),
        ended: block.ended.get(),
    })
}

/// Moves the stage to the end of a chunk, and returns its counts. Leaves the stage empty.
pub(in crate::record) fn drain(chunk: &mut Chunk) -> Staged {
    if BLOCK.with(|block| block.text_used.get()) > 0 {
        drain_texts(&mut chunk.text);
    }
    BLOCK.with(|block| {
        let used = block.used.replace(0);
        let stage = block.stage.get(..used).unwrap_or_default();
        if used <= FEW {
            // Word by word: these words were just written one by one and are still on their
            // way to the cache. A wider read would make the processor wait for them.
            let (pieces, rest) = stage.as_chunks::<4>();
            for [one, two, three, four] in pieces {
                chunk
                    .words
                    .extend([one.get(), two.get(), three.get(), four.get()]);
            }
            for word in rest {
                chunk.words.push(word.get());
            }
        } else {
            chunk.words.extend(stage.iter().map(Cell::get));
        }
        Staged {
            opened: block.opened.replace(0),
            ended: block.ended.replace(0),
        }
    })
}

/// Up to this many words of a stage are moved one by one. In a larger stage most words have
/// reached the cache, so a wide copy is faster.
pub(in crate::record) const FEW: usize = 32;

/// Moves the texts of the stage to the end of `texts`, without the words. The words must follow
/// into the same chunk: the reader takes texts in the order of the entries.
pub(in crate::record) fn drain_texts(texts: &mut String) {
    BLOCK.with(|block| {
        let used = block.text_used.replace(0);
        if used > 0 {
            let bytes = block.text.get();
            let bytes = bytes.get(..used).unwrap_or_default();
            // The stage contains only whole texts, so this is always valid UTF-8. The check
            // avoids `unsafe`.
            texts.push_str(std::str::from_utf8(bytes).unwrap_or_default());
        }
    });
}

/// Empties the stage and drops its content. Its spans were not counted as started, so the
/// counts stay correct.
pub(in crate::record) fn discard_stage() {
    BLOCK.with(|block| {
        block.used.set(0);
        block.text_used.set(0);
        block.opened.set(0);
        block.ended.set(0);
    });
}
