//! Writes a stream in pieces.
//!
//! A piece begins with the numbers of the scope and the facts of the trace. A short piece
//! begins in the queue's chunk, under the queue's lock, so it is written once. A longer piece
//! begins in the scope's own chunk, which the queue takes without copying it.
//!
//! This file decides where and how a piece is written. Its callers decide when.

use super::scope_stream::ScopeStream;
use super::spare_chunks::{self, SHORT};
use crate::delivery::Short;
use crate::stream::Chunk;

impl ScopeStream {
    /// Makes room for this many more words. A piece that is no longer short begins here.
    #[inline]
    pub(super) fn make_room(&mut self, words: usize) {
        let needed = self.chunk.words.len() + words;
        // A piece above this size is not copied into the queue's chunk. So it has to begin in
        // this chunk.
        let begins = needed > SHORT && !self.has_begun;
        if needed > self.chunk.words.capacity() || begins {
            self.grow_chunk(needed, begins);
        }
    }

    /// Gets room for this many words in total. `begins` means that the piece is no longer
    /// short and has not begun.
    #[inline(never)]
    fn grow_chunk(&mut self, words: usize, begins: bool) {
        // Includes room for the beginning and the end of a piece.
        let words = words + Chunk::AROUND_WORDS;
        let is_empty = self.chunk.bytes() == 0;
        // The chunk is empty and large enough, so the beginning is written into it. It is
        // taken out meanwhile, because the beginning needs the stream's other fields.
        if is_empty && begins && words <= self.chunk.words.capacity() {
            let mut chunk = std::mem::take(&mut self.chunk);
            self.write_beginning(&mut chunk);
            (self.chunk, self.has_begun) = (chunk, true);
        } else if begins {
            self.begin_piece(words);
        } else {
            // The new chunk is twice as large, so that it is not copied again for each poll.
            // But it is no larger than a full chunk, which is handed over before it needs more
            // room.
            let twice = (2 * self.chunk.words.len()).min(Chunk::FULL_WORDS);
            let words = words.max(twice);
            self.move_to_chunk(spare_chunks::take_chunk(words, &self.tracer.queue));
        }
    }

    /// Begins a piece with the content of the chunk, and moves it to a chunk with room for
    /// this many words. The beginning comes first, so the content is copied after it.
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

    /// If the chunk is much too large for its content, replaces it by a small one. The next
    /// scope of this thread can use the large one. Called when this scope is about to sleep.
    pub(super) fn leave_large_chunk(&mut self) {
        if self.chunk.allocated() > 128 + 4 * self.chunk.bytes() {
            let words = self.chunk.words.len();
            self.move_to_chunk(spare_chunks::take_small_chunk(words));
        }
    }

    /// Sets the order of the entries that a visit records from now on.
    ///
    /// The order is written at the beginning of a piece. Entries in the chunk have the old
    /// order, so their piece begins here, while the old order is still set.
    pub(super) fn change_order(&mut self, order: u32) {
        if !self.has_begun && !self.chunk.words.is_empty() {
            self.begin_piece(self.chunk.words.len() + Chunk::AROUND_WORDS);
        }
        self.order = order;
    }

    /// Writes the beginning of a piece of this scope. For a visit, the first entry contains
    /// the order of its entries.
    #[inline]
    fn write_beginning(&self, chunk: &mut Chunk) {
        self.head.begin_piece(self.numbers(), chunk);
        if self.is_visit {
            chunk.push_moved(self.span, self.order);
        }
    }

    /// Hands over the chunk, which is empty afterwards. Returns whether the queue took it;
    /// otherwise its content is counted as lost. `started` is the number of spans to count as
    /// started. `ends` means that nothing of the trace remains.
    pub(super) fn push_piece(&mut self, started: u64, ends: bool) -> bool {
        // A short piece begins in the queue's chunk, if there is room. Otherwise nothing was
        // copied, and the piece is pushed in the general way, which also counts losses.
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
        // The next piece needs a new beginning, even if this piece is lost.
        self.has_begun = false;
        let is_taken = self.tracer.queue.push(&mut self.chunk, started);
        // Not if the trace ends, because the worker then forgets the part when it reads the
        // end.
        if is_taken && !ends {
            self.set_known();
        }
        is_taken
    }

    /// Hands over a short piece. `write` writes its content. Returns whether the queue took
    /// it. If not, `write` was not called.
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
        // The closure runs under the queue's lock. It only copies words and texts into the
        // queue's chunk, which has room for them.
        self.tracer.queue.push_short(short, |chunk| {
            self.write_beginning(chunk);
            write(chunk);
            if ends {
                chunk.end_trace();
            }
        })
    }
}
