//! Collectors that try to disturb other collectors.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use trace_core::{Collector, collector_fn};

/// Set when the blocking collector may continue.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Returns a slow collector, one that panics, and one that blocks until [`release`].
pub(super) fn troublesome() -> Vec<Box<dyn Collector>> {
    let slow = counted(|batches| {
        if batches.is_multiple_of(200) {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let panicking = counted(|batches| {
        if batches.is_multiple_of(10) {
            std::panic::resume_unwind(Box::new("oops"));
        }
    });
    let blocking = counted(|_| {
        while !IS_OVER.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    vec![slow, panicking, blocking]
}

fn counted(act: impl Fn(u64) + Send + Sync + 'static) -> Box<dyn Collector> {
    let batches = AtomicU64::new(0);
    Box::new(collector_fn(move |_| {
        act(batches.fetch_add(1, Ordering::Relaxed) + 1);
    }))
}

pub(super) fn release() {
    IS_OVER.store(true, Ordering::Relaxed);
}
