//! How a stream is written in pieces, and where a piece begins.
//!
//! A piece begins with the numbers of the scope and what is known of the trace. A short
//! one begins in the queue's chunk, under its lock, so that it is written once. A longer
//! one begins in the scope's own chunk.
//!
//! This file decides where and how; whether and when is decided by its callers.

use super::scope_stream::ScopeStream;
use super::spare_chunks::{self, SHORT};
use crate::delivery::Short;
use crate::stream::Chunk;

impl ScopeStream {
    /// Makes room for some words more. A piece that is not short begins in its chunk.
    #[inline]
    pub(super) fn make_room(&mut self, words: usize) {
        let needed = self.chunk.words.len() + words;
        // Above this size the piece is not copied into the queue's chunk, so it has to
        // begin here.
        let begins = needed > SHORT && !self.has_begun;
        if needed > self.chunk.words.capacity() || begins {
            self.grow(needed, begins);
        }
    }

    /// Gets room for so many words in all. `begins` says that the piece is not short any
    /// more.
    #[inline(never)]
    fn grow(&mut self, words: usize, begins: bool) {
        let words = words + Chunk::AROUND_WORDS;
        let is_empty = self.chunk.bytes() == 0;
        // The chunk is large enough: the beginning is written where it is.
        if is_empty && begins && words <= self.chunk.words.capacity() {
            let mut chunk = std::mem::take(&mut self.chunk);
            self.write_beginning(&mut chunk);
            (self.chunk, self.has_begun) = (chunk, true);
        } else if begins {
            self.begin_piece(words);
        } else {
            // No larger than a full one, which is handed over.
            let twice = (2 * self.chunk.words.len()).min(Chunk::FULL_WORDS);
            let words = words.max(twice);
            self.move_to_chunk(spare_chunks::take_chunk(words, &self.tracer.queue));
        }
    }

    /// Begins a piece with what is in the chunk, in one with room for so many words.
    #[cold]
    fn begin_piece(&mut self, words: usize) {
        let mut chunk = spare_chunks::take_chunk(words, &self.tracer.queue);
        self.write_beginning(&mut chunk);
        self.has_begun = true;
        self.move_to_chunk(chunk);
    }

    /// Goes on in another chunk, which may have begun.
    fn move_to_chunk(&mut self, mut chunk: Chunk) {
        chunk.append(&self.chunk);
        spare_chunks::keep_chunk(std::mem::replace(&mut self.chunk, chunk));
    }

    /// Leaves a chunk that is much too large for what is in it to the next scope of this
    /// thread: this one goes to sleep.
    pub(super) fn leave_large_chunk(&mut self) {
        if self.chunk.allocated() > 128 + 4 * self.chunk.bytes() {
            let words = self.chunk.words.len();
            self.move_to_chunk(spare_chunks::take_small_chunk(words));
        }
    }

    /// Sets the order of what a visit records from now on.
    pub(super) fn change_order(&mut self, order: u32) {
        if !self.has_begun && !self.chunk.words.is_empty() {
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        self.order = order;
    }

    /// Writes how a piece of this scope begins.
    #[inline]
    fn write_beginning(&self, chunk: &mut Chunk) {
        self.head.begin_piece(self.numbers(), chunk);
        if self.is_visit {
            chunk.push_moved(self.span, self.order);
        }
    }

    /// Hands over what is in the chunk; returns whether the queue took it. `started`
    /// spans are counted as started with it. `ends` says that nothing of the trace
    /// remains.
    pub(super) fn push_piece(&mut self, started: u64, ends: bool) -> bool {
        // A short piece: it begins in the queue's chunk, if that is open.
        if !self.has_begun {
            let content = Short {
                spans: self.chunk.opened,
                started,
                words: self.chunk.words.len(),
                text_bytes: self.chunk.text.len(),
            };
            if self.push_short(content, ends, |chunk| chunk.append(&self.chunk)) {
                self.chunk.clear();
                if !ends {
                    self.set_known();
                }
                return true;
            }
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        if ends {
            self.chunk.end_trace();
        }
        // The next piece begins anew, in whichever chunk.
        self.has_begun = false;
        let is_taken = self.tracer.queue.push(&mut self.chunk, started);
        if is_taken && !ends {
            self.set_known();
        }
        is_taken
    }

    /// Hands over a short piece, whose content `write` writes; returns whether it was taken.
    #[inline]
    pub(super) fn push_short(
        &self,
        content: Short,
        ends: bool,
        write: impl FnOnce(&mut Chunk),
    ) -> bool {
        let short = Short {
            words: Chunk::AROUND_WORDS + content.words,
            text_bytes: self.head.tracestate().len() + content.text_bytes,
            ..content
        };
        self.tracer.queue.push_short(short, |chunk| {
            self.write_beginning(chunk);
            write(chunk);
            if ends {
                chunk.end_trace();
            }
        })
    }
}
