//! Collectors that are slow, block and panic, and one that works correctly.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trace_core::{Collector, SpanBatch, collector_fn};

use crate::random::Random;

/// The number of spans that a collector was given.
#[derive(Debug, Default)]
pub(super) struct Given {
    taken: AtomicU64,
    thrown: AtomicU64,
    lost: AtomicU64,
}

impl Given {
    /// The number of spans that the collector took.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The number of spans in batches at which the collector panicked.
    pub(super) fn thrown(&self) -> u64 {
        self.thrown.load(Ordering::Relaxed)
    }

    /// The number of spans that were reported to the collector as lost.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn take(&self, batch: &SpanBatch<'_>) {
        let spans = batch.spans().count() as u64;
        self.taken.fetch_add(spans, Ordering::Relaxed);
        let lost = batch.losses().map(|(_, losses)| losses.total());
        self.lost.fetch_add(lost.sum(), Ordering::Relaxed);
    }
}

/// A collector that counts each span individually.
pub(super) fn well(given: &Arc<Given>) -> impl Collector + use<> {
    let given = Arc::clone(given);
    collector_fn(move |batch| given.take(batch))
}

/// A counting collector that blocks at every thousandth batch, until its lane is full.
pub(super) fn blocking(given: &Arc<Given>) -> impl Collector + use<> {
    let given = Arc::clone(given);
    let batches = AtomicU64::new(0);
    collector_fn(move |batch| {
        if batches.fetch_add(1, Ordering::Relaxed) % 1_000 == 100 {
            std::thread::sleep(Duration::from_secs(1));
        }
        given.take(batch);
    })
}

/// A counting collector that sometimes sleeps and sometimes panics.
pub(super) fn panicking(given: &Arc<Given>, seed: u64) -> impl Collector + use<> {
    let given = Arc::clone(given);
    let random = Mutex::new(Random::new(seed));
    collector_fn(move |batch| {
        let chance = {
            let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
            random.below(1_000)
        };
        match chance {
            0..5 => std::thread::sleep(Duration::from_millis(50)),
            5..15 => {
                let spans = batch.spans().count() as u64;
                given.thrown.fetch_add(spans, Ordering::Relaxed);
                std::panic::resume_unwind(Box::new("oops"));
            }
            _ => {}
        }
        given.take(batch);
    })
}
