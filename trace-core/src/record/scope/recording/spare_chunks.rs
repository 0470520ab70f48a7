//! Chunks that a thread's scopes use one after the other.
//!
//! One is kept of each of four sizes, so that a scope that sleeps with little does not
//! hold a large one. What is in a chunk is not looked at.

use std::cell::Cell;

use crate::delivery::Queue;
use crate::stream::Chunk;

/// Most words of a short piece.
pub(super) const SHORT: usize = 64;

/// Words that a scope keeps in its sleep however little is in it.
const TINY: usize = 8;

/// Most words of one that is not short, for a scope that adds a little in each poll.
const MEDIUM: usize = 512;

/// One empty chunk of each size: tiny, for scopes that sleep with next to nothing; short,
/// for a piece that fits into one; medium, for a scope that adds a little in each poll;
/// long, for as long as a scope has much to keep.
type Chunks = [Cell<Option<Chunk>>; 4];

thread_local! {
    static CHUNKS: Chunks = const { [const { Cell::new(None) }; 4] };
}

/// An empty chunk with room for so many words, whose text may grow. One that another
/// tracer's scope has left may be too large for a small queue.
pub(super) fn take_chunk(words: usize, queue: &Queue) -> Chunk {
    // One of its own kind, and not a larger one, with which it may sleep.
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
        // Another tracer's scope may have left a chunk that is larger than this tracer's
        // queue takes.
        words <= capacity && capacity <= most && (is_short || queue.takes(chunk))
    };
    // A new one is as large as its kind, so that it does not grow again and again.
    let least = if most == MEDIUM && queue.takes_words(MEDIUM) {
        MEDIUM
    } else {
        SHORT
    };
    chunk_that(fits, words.max(least))
}

/// An empty chunk with room for so many words and not many more.
pub(super) fn take_small_chunk(words: usize) -> Chunk {
    let fits = |chunk: &Chunk| {
        let capacity = chunk.words.capacity();
        words <= capacity && capacity <= TINY.max(2 * words)
    };
    chunk_that(fits, words)
}

/// The first empty chunk of which something holds, or a new one for so many words.
fn chunk_that(fits: impl Fn(&Chunk) -> bool, words: usize) -> Chunk {
    let find = |spare: &Chunks| {
        spare.iter().find_map(|kept| {
            let chunk = kept.take()?;
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

/// Leaves the scope's chunk, and takes a short one, which most scopes need.
#[inline]
pub(super) fn exchange_for_short(chunk: &mut Chunk) {
    let capacity = chunk.words.capacity();
    if capacity != 0 && !(TINY + 1..=SHORT).contains(&capacity) {
        exchange(chunk);
    }
}

/// The same for one of another size, which the thread keeps.
#[inline(never)]
fn exchange(chunk: &mut Chunk) {
    let short = CHUNKS.try_with(|spare| {
        let [_, short, ..] = spare;
        short.take()
    });
    let other = std::mem::replace(chunk, short.ok().flatten().unwrap_or_default());
    keep_chunk(other);
}

/// Keeps an empty chunk, or the larger of two of a kind.
#[inline(never)]
pub(super) fn keep_chunk(mut chunk: Chunk) {
    // Loom's threads share one thread of the system, and nothing may outlive a model.
    if cfg!(loom) || chunk.words.capacity() == 0 {
        return;
    }
    chunk.clear();
    let capacity = chunk.words.capacity();
    if capacity > 2 * Chunk::FULL_WORDS {
        // As large as few are: not paid for as long as the thread lives.
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
        let other = kept.take();
        let is_larger = |other: &Chunk| other.words.capacity() >= chunk.words.capacity();
        let larger = other.filter(is_larger);
        kept.set(Some(larger.unwrap_or(chunk)));
    });
}
