//! How a stream is written in pieces, and where a piece begins.
//!
//! A piece begins with the numbers of the scope and what is known of the trace. A short
//! piece begins in the queue's chunk, under the queue's lock, so it is written once. A
//! longer piece begins in the scope's own chunk, which the queue takes as it is.
//!
//! This file decides where and how; its callers decide whether and when.

use super::scope_stream::ScopeStream;
use super::spare_chunks::{self, SHORT};
use crate::delivery::Short;
use crate::stream::Chunk;

impl ScopeStream {
    /// Makes room for so many words more. A piece that is no longer short begins here.
    #[inline]
    pub(super) fn make_room(&mut self, words: usize) {
        let needed = self.chunk.words.len() + words;
        // Above this size the piece is not copied into the queue's chunk. So it has to begin
        // in this one.
        let begins = needed > SHORT && !self.has_begun;
        if needed > self.chunk.words.capacity() || begins {
            self.grow_chunk(needed, begins);
        }
    }

    /// Gets room for so many words in all. `begins` says that the piece is no longer short,
    /// and has not begun.
    #[inline(never)]
    fn grow_chunk(&mut self, words: usize, begins: bool) {
        // With room for what a piece begins and ends with.
        let words = words + Chunk::AROUND_WORDS;
        let is_empty = self.chunk.bytes() == 0;
        // The chunk is empty and large enough: the beginning is written into it. It is taken
        // out meanwhile, as the beginning is made of the stream's other fields.
        if is_empty && begins && words <= self.chunk.words.capacity() {
            let mut chunk = std::mem::take(&mut self.chunk);
            self.write_beginning(&mut chunk);
            (self.chunk, self.has_begun) = (chunk, true);
        } else if begins {
            self.begin_piece(words);
        } else {
            // Twice as large, so that it is not copied again for each poll. But no larger
            // than a full one, which is handed over before it needs more.
            let twice = (2 * self.chunk.words.len()).min(Chunk::FULL_WORDS);
            let words = words.max(twice);
            self.move_to_chunk(spare_chunks::take_chunk(words, &self.tracer.queue));
        }
    }

    /// Begins a piece with what is in the chunk, and moves it to a chunk with room for so
    /// many words. The beginning comes first, so the content has to be copied behind it.
    #[cold]
    fn begin_piece(&mut self, words: usize) {
        let mut chunk = spare_chunks::take_chunk(words, &self.tracer.queue);
        self.write_beginning(&mut chunk);
        self.has_begun = true;
        self.move_to_chunk(chunk);
    }

    /// Continues in another chunk, in which the piece may have begun. The thread keeps the
    /// old one.
    fn move_to_chunk(&mut self, mut chunk: Chunk) {
        chunk.append(&self.chunk);
        spare_chunks::keep_chunk(std::mem::replace(&mut self.chunk, chunk));
    }

    /// Leaves a chunk that is much too large for its content to the next scope of this
    /// thread, as this scope is about to sleep.
    pub(super) fn leave_large_chunk(&mut self) {
        if self.chunk.allocated() > 128 + 4 * self.chunk.bytes() {
            let words = self.chunk.words.len();
            self.move_to_chunk(spare_chunks::take_small_chunk(words));
        }
    }

    /// Sets the order of what a visit records from now on.
    ///
    /// The order is written at the beginning of a piece. What is in the chunk was said in the
    /// old order, so its piece begins here, while that order is still set.
    pub(super) fn change_order(&mut self, order: u32) {
        if !self.has_begun && !self.chunk.words.is_empty() {
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        self.order = order;
    }

    /// Writes the beginning of a piece of this scope. The first entry of a visit gives the
    /// order of what it says of its span.
    #[inline]
    fn write_beginning(&self, chunk: &mut Chunk) {
        self.head.begin_piece(self.numbers(), chunk);
        if self.is_visit {
            chunk.push_moved(self.span, self.order);
        }
    }

    /// Hands over what is in the chunk, which is empty afterwards; returns whether the queue
    /// took it. What it did not take is counted as lost. `started` spans are counted as
    /// started with it. `ends` says that nothing of the trace remains.
    pub(super) fn push_piece(&mut self, started: u64, ends: bool) -> bool {
        // A short piece begins in the queue's chunk, if that has room. If it has not,
        // nothing was copied, and the piece goes the general way, by which a loss is
        // counted.
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
        // The next piece begins anew, in whichever chunk, also if this one is lost.
        self.has_begun = false;
        let is_taken = self.tracer.queue.push(&mut self.chunk, started);
        // Not where the trace ends: the worker then knows it only until it reads that.
        if is_taken && !ends {
            self.set_known();
        }
        is_taken
    }

    /// Hands over a short piece, whose content `write` writes. Returns whether it was taken;
    /// if not, `write` was not called.
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
        // The closure runs under the queue's lock. It only copies words and texts, for which
        // the queue's chunk has room.
        self.tracer.queue.push_short(short, |chunk| {
            self.write_beginning(chunk);
            write(chunk);
            if ends {
                chunk.end_trace();
            }
        })
    }
}
