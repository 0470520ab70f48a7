//! A batch that several lanes share. The queue decides which lanes get it, and when its memory
//! is returned.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::stream::decode::Decoded;

/// Spans for several collectors, each on its own thread. It does not change after it is
/// shared, except for one flag. The last holder takes it apart.
#[derive(Debug)]
pub(super) struct SharedBatch {
    pub(super) decoded: Decoded,
    /// Bytes that it has allocated, including its chunks.
    pub(super) bytes: usize,
    /// Bytes that the queue has not counted yet. They do not include the chunks, which were
    /// counted when they were handed over, unless they are copies.
    own_bytes: usize,
    /// Whether its chunks are copies, which are not returned to the queue.
    pub(super) is_copy: bool,
    /// Whether at least one collector has lost it.
    is_lost: AtomicBool,
}

impl SharedBatch {
    pub(super) fn new(decoded: Decoded) -> Self {
        let (bytes, own_bytes) = (
            decoded.allocated(),
            decoded.allocated() - decoded.chunk_bytes(),
        );
        Self {
            decoded,
            bytes,
            own_bytes,
            is_copy: false,
            is_lost: AtomicBool::new(false),
        }
    }

    /// Makes a batch whose chunks are copies, so all of its bytes are its own.
    pub(super) fn copied(decoded: Decoded) -> Self {
        let batch = Self::new(decoded);
        Self {
            own_bytes: batch.bytes,
            is_copy: true,
            ..batch
        }
    }

    /// Returns the bytes to add to the queue's count when the batch is shared, and to subtract
    /// when it is returned.
    pub(super) const fn own_bytes(&self) -> usize {
        self.own_bytes
    }

    pub(super) fn spans(&self) -> u64 {
        self.decoded.len() as u64
    }

    /// Marks the batch as lost to a collector. The caller still holds its reference.
    pub(super) fn mark_lost(&self) {
        // Relaxed. The partner is the load in `is_lost`. The later drop of the reference
        // releases, and `Arc::into_inner`, which comes before that load, acquires.
        self.is_lost.store(true, Ordering::Relaxed);
    }

    /// Whether a collector has lost it. Exact only for the last holder.
    pub(super) fn is_lost(&self) -> bool {
        // Relaxed: see `mark_lost`, its partner.
        self.is_lost.load(Ordering::Relaxed)
    }
}
