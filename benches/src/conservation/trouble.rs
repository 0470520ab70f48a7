//! Collectors that are slow and panic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trace_core::{Collector, collector_fn};

use crate::random::Random;

/// The spans that the collector was given.
#[derive(Debug, Default)]
pub(super) struct Given {
    taken: AtomicU64,
    thrown: AtomicU64,
}

impl Given {
    /// Spans that the collector took.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Spans at which the collector panicked.
    pub(super) fn thrown(&self) -> u64 {
        self.thrown.load(Ordering::Relaxed)
    }
}

/// A collector that counts each span by itself, sleeps now and then for so long that
/// the queue is full, and panics now and then.
pub(super) fn collector(given: &Arc<Given>, seed: u64) -> impl Collector + use<> {
    let given = Arc::clone(given);
    let random = Mutex::new(Random::new(seed));
    collector_fn(move |batch| {
        let spans = batch.spans().count() as u64;
        let chance = {
            let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
            random.below(1_000)
        };
        match chance {
            0..5 => std::thread::sleep(Duration::from_millis(50)),
            5..15 => {
                given.thrown.fetch_add(spans, Ordering::Relaxed);
                std::panic::resume_unwind(Box::new("oops"));
            }
            _ => {}
        }
        given.taken.fetch_add(spans, Ordering::Relaxed);
    })
}
