//! Chunks that a thread's scopes use one after the other.
//!
//! One chunk of each of four sizes is kept, so that a scope that sleeps with little does not
//! hold a large one. What is in a chunk is not looked at.
//!
//! The thread owns them. At its end they are freed; scopes after that allocate. Each
//! cell is only taken from or set, so no two uses can overlap.

use std::cell::Cell;

use crate::delivery::Queue;
use crate::stream::Chunk;

/// Most words of a short piece. Such a piece is copied into the queue's chunk.
pub(super) const SHORT: usize = 64;

/// Words that a sleeping scope keeps, however little is in them.
const TINY: usize = 8;

/// Most words of a chunk that is neither short nor long, for a scope that adds a little in
/// each poll.
const MEDIUM: usize = 512;

/// One empty chunk of each size: tiny, for scopes that sleep with next to nothing; short,
/// for a piece that fits into one; medium, for a scope that adds a little in each poll;
/// long, for as long as a scope has much to keep.
type Chunks = [Cell<Option<Chunk>>; 4];

thread_local! {
    static CHUNKS: Chunks = const { [const { Cell::new(None) }; 4] };
}

/// An empty chunk with room for so many words; its text may grow. The queue takes a chunk of
/// this size.
pub(super) fn take_chunk(words: usize, queue: &Queue) -> Chunk {
    // One of its own size, and not a larger one: the scope may sleep with it.
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
    // A new chunk has all the room of its size, so that it does not grow again and again.
    let least = if most == MEDIUM && queue.takes_words(MEDIUM) {
        MEDIUM
    } else {
        SHORT
    };
    take_fitting_chunk(fits, words.max(least))
}

/// An empty chunk with room for so many words and not many more, for a scope that is about to
/// sleep.
pub(super) fn take_small_chunk(words: usize) -> Chunk {
    let fits = |chunk: &Chunk| {
        let capacity = chunk.words.capacity();
        words <= capacity && capacity <= TINY.max(2 * words)
    };
    take_fitting_chunk(fits, words)
}

/// The first kept chunk for which `fits` returns true, or a new one for so many words.
fn take_fitting_chunk(fits: impl Fn(&Chunk) -> bool, words: usize) -> Chunk {
    let find = |spare: &Chunks| {
        spare.iter().find_map(|kept| {
            let chunk = kept.take()?;
            // Put back below if it does not fit. In between the cell is empty, but nobody
            // looks: `fits` calls nothing that takes a chunk.
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

/// Exchanges a chunk that is not short for a short one, which most scopes need.
#[inline]
pub(super) fn exchange_for_short(chunk: &mut Chunk) {
    let capacity = chunk.words.capacity();
    if capacity != 0 && !(TINY + 1..=SHORT).contains(&capacity) {
        exchange_chunk(chunk);
    }
}

/// Exchanges the chunk. The thread keeps the one that it leaves. If no short one is kept, the
/// new one is without storage, so that nothing is allocated before it is needed.
#[inline(never)]
fn exchange_chunk(chunk: &mut Chunk) {
    let short = CHUNKS.try_with(|spare| {
        let [_, short, ..] = spare;
        short.take()
    });
    let other = std::mem::replace(chunk, short.ok().flatten().unwrap_or_default());
    keep_chunk(other);
}

/// Keeps a chunk for later scopes, emptied. Of two of one size the larger one is kept.
#[inline(never)]
pub(super) fn keep_chunk(mut chunk: Chunk) {
    // Loom's threads share one thread of the system, and nothing may outlive a model.
    if cfg!(loom) || chunk.words.capacity() == 0 {
        return;
    }
    chunk.clear();
    let capacity = chunk.words.capacity();
    if capacity > 2 * Chunk::FULL_WORDS {
        // Few are as large. It is not kept, as it would be there as long as the thread.
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
        // Both chunks are this crate's buffers: dropping one runs no code of the application.
        let other = kept.take();
        let is_larger = |other: &Chunk| other.words.capacity() >= chunk.words.capacity();
        let larger = other.filter(is_larger);
        kept.set(Some(larger.unwrap_or(chunk)));
    });
}
