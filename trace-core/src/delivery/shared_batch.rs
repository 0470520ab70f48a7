//! A batch that several lanes share. Who gets it, and when it is returned, is the queue's.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::stream::decode::Decoded;

/// The spans that several collectors are given, each on its own thread.
#[derive(Debug)]
pub(super) struct SharedBatch {
    pub(super) decoded: Decoded,
    /// What it has allocated, with its chunks.
    pub(super) bytes: usize,
    /// The same without them: those are counted while they wait for the worker.
    own_bytes: usize,
    /// Whether its chunks are copies that do not belong to the queue.
    pub(super) is_copy: bool,
    /// Whether a collector has not taken it.
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

    /// Makes a batch whose chunks are copies, counted with it.
    pub(super) fn copied(decoded: Decoded) -> Self {
        let batch = Self::new(decoded);
        Self {
            own_bytes: batch.bytes,
            is_copy: true,
            ..batch
        }
    }

    pub(super) const fn own_bytes(&self) -> usize {
        self.own_bytes
    }

    pub(super) fn spans(&self) -> u64 {
        self.decoded.len() as u64
    }

    // Relaxed, here and below: the flag is read by the last holder, after `Arc::into_inner`,
    // whose acquire pairs with the release of every other holder's reference.
    pub(super) fn lose(&self) {
        self.is_lost.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}
