//! Which parts of traces have called somebody, who may be in this process.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::batch::Part;
use crate::id::TraceId;
use crate::maps::HashMap;
use crate::sync::{Mutex, MutexGuard};

/// Parts whose context was sent to somebody, and those that came back with it: a service may
/// call itself. So it is known when a part ends whether another one of its trace goes on
/// here, of which nothing was handed over yet.
///
/// Written by the application's threads, and taken out by the worker, when it has read the
/// end. No more than go on at a time.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    parts: Mutex<HashMap<TraceId, Vec<u32>>>,
    /// How many traces there are.
    count: AtomicU64,
}

impl Callers {
    fn parts(&self) -> MutexGuard<'_, HashMap<TraceId, Vec<u32>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Relaxed, here and below: what comes from a request that was sent comes after that.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Notes a part that calls somebody.
    pub(crate) fn add(&self, part: Part) {
        let mut parts = self.parts();
        let numbers = parts.entry(part.trace).or_default();
        if !numbers.contains(&part.number) {
            numbers.push(part.number);
        }
        self.count.store(parts.len() as u64, Ordering::Relaxed);
    }

    /// Notes a part that was called, if it may have been from here; returns whether that is
    /// so.
    pub(crate) fn add_called(&self, part: Part) -> bool {
        if self.is_empty() || !self.parts().contains_key(&part.trace) {
            return false;
        }
        self.add(part);
        true
    }

    /// Takes out a part that has ended; calls `found` with each other one of its trace.
    pub(super) fn remove(&self, ended: Part, mut found: impl FnMut(Part)) {
        if self.is_empty() {
            return;
        }
        let mut parts = self.parts();
        let Some(numbers) = parts.get_mut(&ended.trace) else {
            return;
        };
        numbers.retain(|number| *number != ended.number);
        for number in &*numbers {
            found(Part {
                number: *number,
                ..ended
            });
        }
        if numbers.is_empty() {
            parts.remove(&ended.trace);
        }
        self.count.store(parts.len() as u64, Ordering::Relaxed);
    }
}
