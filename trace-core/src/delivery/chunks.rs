//! The chunks of a queue, and how many bytes they have allocated.
//!
//! The limit applies to the memory that chunks have *allocated* and not to their content,
//! because buffers are reused and keep their capacity. This file keeps that sum, and the queue
//! compares it with the limit. The functions run under the queue's lock, so none of them reads
//! the content of a chunk.

use crate::stream::Chunk;

/// Chunks that wait for the worker, and empty chunks for reuse.
#[derive(Debug)]
pub(super) struct Chunks {
    /// Chunks that the worker has not taken, oldest first. Small pieces are appended to the
    /// last one.
    pub(super) waiting: Vec<Chunk>,
    /// Bytes that are allocated for spans in delivery: by waiting chunks, by chunks that the
    /// worker has taken and not returned, and by batches in lanes. They are subtracted when
    /// the memory is returned.
    pub(super) bytes: usize,
    /// Empty chunks for the application's threads, and the bytes that they have allocated.
    /// These bytes are not in `bytes`, but count against the same limit.
    free: Vec<Chunk>,
    free_bytes: usize,
    /// The number of used bytes at which a shared chunk is full.
    full_bytes: usize,
}

/// The number of empty chunks that are kept while there is no work. While there is work, all
/// are kept, because allocators are slow to reuse memory that one thread allocates and another
/// frees.
const MAX_IDLE_FREE: usize = 256;

impl Chunks {
    pub(super) fn new(full_bytes: usize) -> Self {
        Self {
            waiting: Vec::new(),
            bytes: 0,
            free: Vec::new(),
            free_bytes: 0,
            full_bytes,
        }
    }

    /// Adds a piece and empties it. A small piece is copied after the pieces of other scopes,
    /// which costs less than moving a chunk between the caches of two processors. A large
    /// piece is swapped for an empty chunk.
    ///
    /// `bytes` is the number of bytes that the piece uses. The caller has checked
    /// [`added_by`](Self::added_by) against the limit.
    pub(super) fn add(&mut self, piece: &mut Chunk, bytes: usize) {
        if self.is_large(bytes) {
            // The scope gets another chunk, whose bytes are subtracted from `free_bytes`. From
            // now on the scope owns it. The queue counts it again when it comes back with a
            // piece.
            let free = self.free_chunk();
            self.bytes += piece.allocated();
            return self.waiting.push(std::mem::replace(piece, free));
        }
        let last = self.waiting.last_mut();
        if let Some(chunk) = last.filter(|chunk| chunk.bytes() + bytes <= self.full_bytes) {
            // Appending may reallocate, so the whole chunk is counted again.
            self.bytes -= chunk.allocated();
            chunk.append(piece);
            self.bytes += chunk.allocated();
        } else {
            let mut chunk = self.free_chunk();
            chunk.append(piece);
            self.bytes += chunk.allocated();
            self.waiting.push(chunk);
        }
        piece.clear();
    }

    /// Whether a piece fills more than half of a chunk, so that few other pieces would fit.
    fn is_large(&self, bytes: usize) -> bool {
        bytes > self.full_bytes / 2
    }

    /// Returns the number of bytes by which `self.bytes` may grow if a piece is
    /// [added](Self::add). Zero if the piece fits into the last chunk without a reallocation.
    pub(super) fn added_by(&self, piece: &Chunk, bytes: usize) -> usize {
        if self.is_large(bytes) {
            return piece.allocated();
        }
        let last = self.waiting.last();
        let takes =
            |last: &&Chunk| last.takes(piece.words.len(), piece.text.len(), self.full_bytes);
        last.filter(takes).map_or(self.new_chunk_bytes(), |_| 0)
    }

    /// Returns the bytes that a new chunk allocates.
    fn new_chunk_bytes(&self) -> usize {
        // `Chunk::with_room` reserves a quarter more for words, and a quarter for texts.
        self.full_bytes + self.full_bytes / 2
    }

    /// Takes an empty chunk, or makes one. The caller counts its bytes.
    fn free_chunk(&mut self) -> Chunk {
        match self.free.pop() {
            Some(chunk) => {
                self.free_bytes -= chunk.allocated();
                chunk
            }
            None => Chunk::with_room(self.full_bytes),
        }
    }

    /// Frees empty chunks until no more than `bytes` are allocated, or no empty chunk is left.
    /// Returns whether the chunks in use are within `bytes`.
    ///
    /// The chunks are dropped under the queue's lock, because this happens only near the
    /// limit.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + self.free_bytes > bytes && !self.free.is_empty() {
            let _freed = self.free_chunk();
        }
        self.bytes <= bytes
    }

    /// Returns a chunk that has room for a short piece; `None` if the limit does not allow
    /// another chunk, or if the piece is large. The caller must not write more than `short`
    /// declares.
    #[inline]
    pub(super) fn chunk_for(&mut self, short: Short, max_bytes: usize) -> Option<&mut Chunk> {
        let last = self.waiting.last();
        let full = self.full_bytes;
        let takes = |chunk: &Chunk| chunk.takes(short.words, short.text_bytes, full);
        if !last.is_some_and(takes) && !self.add_chunk(short, max_bytes) {
            return None;
        }
        self.waiting.last_mut()
    }

    /// Adds an empty chunk if the limit allows it and the piece fits into it. Returns whether
    /// it did. The piece has to fit. If writing it made the chunk grow, the new bytes would
    /// not be counted.
    // Not inlined, because it runs once for each chunk, but `chunk_for` runs once for each
    // root.
    #[inline(never)]
    fn add_chunk(&mut self, short: Short, max_bytes: usize) -> bool {
        let bytes = max_bytes.saturating_sub(self.new_chunk_bytes());
        let is_long = short.text_bytes > Chunk::text_room(self.full_bytes);
        if is_long || self.is_large(short.bytes()) || !self.make_room(bytes) {
            return false;
        }
        let mut chunk = self.free_chunk();
        if !chunk.takes(short.words, short.text_bytes, self.full_bytes) {
            // This buffer was a scope's large piece, so it may have no room for texts.
            chunk.reserve_room(self.full_bytes);
        }
        self.bytes += chunk.allocated();
        self.waiting.push(chunk);
        true
    }

    /// Takes out all but [`MAX_IDLE_FREE`] empty chunks, if nothing waits. The caller drops
    /// them after it has released the lock, because there may be a thousand.
    pub(super) fn take_idle(&mut self) -> Vec<Chunk> {
        if !self.waiting.is_empty() || self.free.len() <= MAX_IDLE_FREE {
            return Vec::new();
        }
        let freed = self.free.split_off(MAX_IDLE_FREE);
        self.free_bytes -= freed.iter().map(Chunk::allocated).sum::<usize>();
        freed
    }

    /// Keeps empty chunks for reuse, and leaves `chunks` empty.
    pub(super) fn keep_free(&mut self, chunks: &mut Vec<Chunk>) {
        self.free_bytes += chunks.iter().map(Chunk::allocated).sum::<usize>();
        self.free.append(chunks);
    }

    /// Drops all empty chunks, when the queue is closed.
    pub(super) fn drop_free(&mut self) {
        (self.free, self.free_bytes) = (Vec::new(), 0);
    }
}

/// The size of a piece that is written directly into a chunk of the queue, under its lock.
/// It is known before the piece is written, so that nothing is allocated there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    /// The number of spans that it opens, and how many of them were not yet counted as
    /// started.
    pub(crate) spans: u64,
    pub(crate) started: u64,
    /// Upper bounds: the words and the bytes of text that it may write.
    pub(crate) words: usize,
    pub(crate) text_bytes: usize,
}

impl Short {
    /// Returns the maximum number of bytes that it uses.
    pub(super) const fn bytes(self) -> usize {
        self.words * size_of::<u64>() + self.text_bytes
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const FULL: usize = 4_096;
    const MAX: usize = 64 * FULL;

    fn counted(chunks: &Chunks) -> (usize, usize) {
        let allocated = chunks.waiting.iter().map(Chunk::allocated).sum();
        (chunks.bytes, allocated)
    }

    /// Writes as much as each short piece declares, with all ratios of text to words.
    #[test]
    fn what_is_counted_is_what_is_allocated() {
        for text_bytes in (0..FULL).step_by(37) {
            let mut chunks = Chunks::new(FULL);
            for words in [1, 40, 7, 200, 3, 90, 11] {
                let short = Short {
                    spans: 1,
                    started: 1,
                    words,
                    text_bytes: text_bytes / words,
                };
                if let Some(chunk) = chunks.chunk_for(short, MAX) {
                    chunk.words.extend(std::iter::repeat_n(0, words));
                    chunk.text.push_str(&"t".repeat(short.text_bytes));
                } else {
                    let mut piece = Chunk::new();
                    piece.words.extend(std::iter::repeat_n(0, words));
                    piece.text.push_str(&"t".repeat(short.text_bytes));
                    let bytes = piece.bytes();
                    chunks.add(&mut piece, bytes);
                }
                let (counted, allocated) = counted(&chunks);
                assert_eq!(counted, allocated, "{short:?}");
            }
        }
    }
}
