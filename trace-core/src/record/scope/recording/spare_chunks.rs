//! Chunks that the scopes of a thread reuse.
//!
//! One chunk of each of four sizes is kept, so that a sleeping scope with little content does
//! not hold a large chunk. This file does not read the content of chunks.
//!
//! The thread owns them and frees them at its end. Scopes after that allocate. A cell is only
//! taken from or set, so uses cannot overlap.

use std::cell::Cell;

use crate::delivery::Queue;
use crate::stream::Chunk;

/// The maximum number of words of a short piece. A short piece is copied into the queue's
/// chunk.
pub(super) const SHORT: usize = 64;

/// The minimum number of words that a sleeping scope keeps.
const TINY: usize = 8;

/// The maximum number of words of a medium chunk, for a scope that adds a little in each poll.
const MEDIUM: usize = 512;

/// One empty chunk of each size. A tiny chunk is for a scope that sleeps with very few
/// entries, and a short one for a short piece. A medium chunk is for a scope that adds a
/// little in each poll, and a long one for a scope that keeps many entries.
type Chunks = [Cell<Option<Chunk>>; 4];

thread_local! {
    static CHUNKS: Chunks = const { [const { Cell::new(None) }; 4] };
}

/// Returns an empty chunk with room for this many words, whose size the queue accepts. Its
/// text may grow.
pub(super) fn take_chunk(words: usize, queue: &Queue) -> Chunk {
    // The chunk must not be larger than its size class, because the scope may sleep with it.
    let most = if words <= SHORT {
        SHORT
    } else if words <= MEDIUM {
        MEDIUM
    } else {
        usize::MAX
    };
    let fits = |chunk: &Chunk| {
        let capacity = chunk.words.capacity();
        let is_short = capacity <= SHORT;
        // A scope of another tracer may have left a chunk that is too large for this tracer's
        // queue.
        words <= capacity && capacity <= most && (is_short || queue.takes(chunk))
    };
    // A new chunk has the full room of its size class, so that it does not grow repeatedly.
    let least = if most == MEDIUM && queue.takes_words(MEDIUM) {
        MEDIUM
    } else {
        SHORT
    };
    take_fitting_chunk(fits, words.max(least))
}

/// Returns an empty chunk with room for only a little more than this many words, for a scope
/// that is about to sleep.
pub(super) fn take_small_chunk(words: usize) -> Chunk {
    let fits = |chunk: &Chunk| {
        let capacity = chunk.words.capacity();
        words <= capacity && capacity <= TINY.max(2 * words)
    };
    take_fitting_chunk(fits, words)
}

/// Returns the first kept chunk for which `fits` returns true, or a new one with room for this
/// many words.
fn take_fitting_chunk(fits: impl Fn(&Chunk) -> bool, words: usize) -> Chunk {
    let find = |spare: &Chunks| {
        spare.iter().find_map(|kept| {
            let chunk = kept.take()?;
            // It is put back below if it does not fit. In between the cell is empty, but
            // `fits` does not take a chunk.
            if fits(&chunk) {
                return Some(chunk);
            }
            kept.set(Some(chunk));
            None
        })
    };
    let found = CHUNKS.try_with(find).ok().flatten();
    found.unwrap_or_else(|| {
        let mut chunk = Chunk::new();
        chunk.words.reserve_exact(words);
        chunk
    })
}

/// Replaces a chunk that is not short by a short one, which most scopes need.
#[inline]
pub(super) fn exchange_for_short(chunk: &mut Chunk) {
    let capacity = chunk.words.capacity();
    if capacity != 0 && !(TINY + 1..=SHORT).contains(&capacity) {
        exchange_chunk(chunk);
    }
}

/// Replaces the chunk, and keeps the old one for the thread. If there is no short spare, the
/// new chunk has no storage, so that nothing is allocated before it is needed.
#[inline(never)]
fn exchange_chunk(chunk: &mut Chunk) {
    let short = CHUNKS.try_with(|spare| {
        let [_, short, ..] = spare;
        short.take()
    });
    let other = std::mem::replace(chunk, short.ok().flatten().unwrap_or_default());
    keep_chunk(other);
}

/// Empties a chunk and keeps it for later scopes. Of two chunks in one size class, the larger
/// is kept.
#[inline(never)]
pub(super) fn keep_chunk(mut chunk: Chunk) {
    // Loom's threads share one thread of the system, and no value may outlive a model.
    if cfg!(loom) || chunk.words.capacity() == 0 {
        return;
    }
    chunk.clear();
    let capacity = chunk.words.capacity();
    if capacity > 2 * Chunk::FULL_WORDS {
        // Such large chunks are rare. It is not kept, because it would live as long as the
        // thread.
        return;
    }
    let _kept = CHUNKS.try_with(|spare| {
        let [tiny, short, medium, long] = spare;
        let kept = if capacity <= TINY {
            tiny
        } else if capacity <= SHORT {
            short
        } else if capacity <= MEDIUM {
            medium
        } else {
            long
        };
        // Chunks are buffers of this crate, so dropping one does not run code of the
        // application.
        let other = kept.take();
        let is_larger = |other: &Chunk| other.words.capacity() >= chunk.words.capacity();
        let larger = other.filter(is_larger);
        kept.set(Some(larger.unwrap_or(chunk)));
    });
}
