//! How the stage is moved into a chunk, in one piece.
//!
//! Words and texts of one entry get into the same chunk, as both are moved together. The
//! counts of spans that were opened and ended go to the caller, whose scope they are of.

use std::cell::Cell;

use super::block::BLOCK;
use crate::stream::Chunk;

/// What a stage held besides words.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::record) struct Staged {
    pub(in crate::record) opened: u32,
    ended: u32,
}

impl Staged {
    /// Spans that were opened and not ended, less those that were ended and opened
    /// elsewhere.
    pub(in crate::record) fn strays(self) -> i32 {
        self.opened.wrapping_sub(self.ended).cast_signed()
    }
}

/// How many words and bytes of text of the stage are in use.
#[inline]
pub(in crate::record) fn staged_sizes() -> (usize, usize) {
    BLOCK.with(|block| (block.used.get(), block.text_used.get()))
}

/// What the stage holds besides.
#[inline]
pub(in crate::record) fn staged() -> Staged {
    BLOCK.with(|block| Staged {
        opened: block.opened.get(),
        ended: block.ended.get(),
    })
}

/// Moves the stage to the end of a chunk.
pub(in crate::record) fn drain(chunk: &mut Chunk) -> Staged {
    if BLOCK.with(|block| block.text_used.get()) > 0 {
        drain_texts(&mut chunk.text);
    }
    BLOCK.with(|block| {
        let used = block.used.replace(0);
        let stage = block.stage.get(..used).unwrap_or_default();
        if used <= FEW {
            // In small pieces: words that were just written are not there yet when they are
            // read in wider ones, for which the processor waits.
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

/// Words that are moved one by one.
pub(in crate::record) const FEW: usize = 32;

/// Moves the texts of the stage to the end of others.
pub(in crate::record) fn drain_texts(texts: &mut String) {
    BLOCK.with(|block| {
        let used = block.text_used.replace(0);
        if used > 0 {
            let bytes = block.text.get();
            let bytes = bytes.get(..used).unwrap_or_default();
            // Only whole texts are in there.
            texts.push_str(std::str::from_utf8(bytes).unwrap_or_default());
        }
    });
}

/// Drops what the stage holds.
pub(in crate::record) fn discard_stage() {
    BLOCK.with(|block| {
        block.used.set(0);
        block.text_used.set(0);
        block.opened.set(0);
        block.ended.set(0);
    });
}
