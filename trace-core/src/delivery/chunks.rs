//! The chunks of a queue, and what they have allocated.

use crate::stream::Chunk;

/// Chunks that wait, and empty ones.
#[derive(Debug)]
pub(super) struct Chunks {
    pub(super) waiting: Vec<Chunk>,
    /// What has been allocated for spans on their way: by chunks that wait, by those that
    /// the worker has taken and not given back, and by batches that lanes have.
    pub(super) bytes: usize,
    /// Empty chunks for the application's threads, and what they have allocated.
    free: Vec<Chunk>,
    free_bytes: usize,
    /// Bytes at which a shared chunk is full.
    full_bytes: usize,
}

/// Empty chunks that are kept while there is nothing to do. While there is, all are:
/// what one thread allocates and another one frees, allocators are slow to use again.
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

    /// Adds a piece and empties it. A piece that is not large is copied to those of other
    /// scopes, which costs less than moving a chunk from one processor's cache to the
    /// other's; a large one is exchanged for an empty chunk.
    pub(super) fn add(&mut self, piece: &mut Chunk, bytes: usize) {
        if self.is_large(bytes) {
            let free = self.free_chunk();
            self.bytes += piece.allocated();
            return self.waiting.push(std::mem::replace(piece, free));
        }
        let last = self.waiting.last_mut();
        if let Some(chunk) = last.filter(|chunk| chunk.bytes() + bytes <= self.full_bytes) {
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

    fn is_large(&self, bytes: usize) -> bool {
        bytes > self.full_bytes / 2
    }

    /// Bytes that adding a piece allocates, or keeps allocated.
    pub(super) fn added_by(&self, piece: &Chunk, bytes: usize) -> usize {
        if self.is_large(bytes) {
            return piece.allocated();
        }
        let last = self.waiting.last();
        let takes =
            |last: &&Chunk| last.takes(piece.words.len(), piece.text.len(), self.full_bytes);
        last.filter(takes).map_or(self.new_chunk_bytes(), |_| 0)
    }

    /// Bytes that an empty chunk allocates.
    fn new_chunk_bytes(&self) -> usize {
        self.full_bytes + self.full_bytes / 2
    }

    fn free_chunk(&mut self) -> Chunk {
        match self.free.pop() {
            Some(chunk) => {
                self.free_bytes -= chunk.allocated();
                chunk
            }
            None => Chunk::with_room(self.full_bytes),
        }
    }

    /// Frees empty chunks until the others may take so much; returns whether they may.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes + self.free_bytes > bytes && !self.free.is_empty() {
            let _freed = self.free_chunk();
        }
        self.bytes <= bytes
    }

    /// The chunk in which a short piece finds room.
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

    /// Adds an empty chunk, if one may be allocated, and the piece finds room in it: what it
    /// would allocate while it is written would not be counted.
    #[inline(never)]
    fn add_chunk(&mut self, short: Short, max_bytes: usize) -> bool {
        let bytes = max_bytes.saturating_sub(self.new_chunk_bytes());
        let is_long = short.text_bytes > Chunk::text_room(self.full_bytes);
        if is_long || self.is_large(short.bytes()) || !self.make_room(bytes) {
            return false;
        }
        let mut chunk = self.free_chunk();
        if !chunk.takes(short.words, short.text_bytes, self.full_bytes) {
            // It was a large piece, and may have no room for texts.
            chunk.reserve_room(self.full_bytes);
        }
        self.bytes += chunk.allocated();
        self.waiting.push(chunk);
        true
    }

    /// Takes most empty chunks out, if there is nothing to do, to be dropped without the
    /// lock: there may be a thousand of them.
    pub(super) fn trim(&mut self) -> Vec<Chunk> {
        if !self.waiting.is_empty() || self.free.len() <= MAX_IDLE_FREE {
            return Vec::new();
        }
        let freed = self.free.split_off(MAX_IDLE_FREE);
        self.free_bytes -= freed.iter().map(Chunk::allocated).sum::<usize>();
        freed
    }

    /// Keeps empty chunks.
    pub(super) fn keep(&mut self, chunks: &mut Vec<Chunk>) {
        self.free_bytes += chunks.iter().map(Chunk::allocated).sum::<usize>();
        self.free.append(chunks);
    }

    /// Lets go of the empty chunks.
    pub(super) fn forget_free(&mut self) {
        (self.free, self.free_bytes) = (Vec::new(), 0);
    }
}

/// A piece that is written where it is to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    /// Spans that it opens, and how many of them are counted as started here.
    pub(crate) spans: u64,
    pub(crate) started: u64,
    /// Words and bytes of text that it has at most.
    pub(crate) words: usize,
    pub(crate) text_bytes: usize,
}

impl Short {
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

    /// What a short piece says that it has is written, whatever part of it is text.
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
