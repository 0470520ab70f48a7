//! Remembers the parts of traces that have sent their context to a service, which may run in
//! this process. The worker decides what to report about them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::process::maps::{HashMap, HashSet};
use crate::process::sync::{Mutex, MutexGuard, Unpoisoned};
use crate::stream::decode::Part;
use crate::value::TraceId;

/// Parts that sent their context to another service, and parts that were called with such a
/// context. A service may call itself. So when a part ends, this list shows whether another
/// part of its trace continues in this process. That part may have handed over nothing yet.
///
/// The application's threads add parts. The worker removes a part when it has read its end. So
/// the number of entries is limited by the number of parts that are open or whose end was not
/// read.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    traces: Mutex<HashMap<TraceId, Calls>>,
    /// The length of `traces`. Written only while `traces` is locked, and read without the
    /// lock.
    count: AtomicU64,
}

/// The parts of one trace.
#[derive(Debug, Default)]
struct Calls {
    numbers: HashSet<u32>,
    /// Parts that were not yet reported as open.
    unsaid: Vec<u32>,
}

impl Callers {
    fn traces(&self) -> MutexGuard<'_, HashMap<TraceId, Calls>> {
        self.traces.lock().unpoisoned()
    }

    /// Returns whether there are no parts. May miss a part that another thread adds meanwhile.
    pub(super) fn is_empty(&self) -> bool {
        // Relaxed. The partners are the stores in `add` and `remove`. The count publishes no
        // memory; it only avoids the lock. A stale zero cannot hide a relevant part. A called
        // part checks after its request arrived, which was sent after `add`. The worker checks
        // after it has taken the part's words under the queue's lock.
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Notes a part that calls a service.
    pub(crate) fn add(&self, part: Part) {
        let mut traces = self.traces();
        let calls = traces.entry(part.trace).or_default();
        if calls.numbers.insert(part.number) {
            calls.unsaid.push(part.number);
        }
        // Relaxed: the partner is the load in `is_empty`, which explains it.
        self.count.store(traces.len() as u64, Ordering::Relaxed);
    }

    /// Notes a part that was called, if the caller may be in this process. Returns whether it
    /// was noted.
    pub(crate) fn add_called(&self, part: Part) -> bool {
        if self.is_empty() || !self.traces().contains_key(&part.trace) {
            return false;
        }
        self.add(part);
        true
    }

    /// Removes parts that have ended. Returns the other noted parts of their traces; each part
    /// is returned only once.
    pub(super) fn remove(&self, ended: &[Part]) -> Vec<Part> {
        let mut others = Vec::new();
        if self.is_empty() {
            return others;
        }
        let mut traces = self.traces();
        // All ended parts are removed first, because a part that ends in the same batch as
        // another one must not be reported as open.
        for part in ended {
            if let Some(calls) = traces.get_mut(&part.trace) {
                calls.numbers.remove(&part.number);
            }
        }
        for Part { trace, .. } in ended.iter().copied() {
            let Some(calls) = traces.get_mut(&trace) else {
                continue;
            };
            for number in calls.unsaid.drain(..) {
                if calls.numbers.contains(&number) {
                    others.push(Part { trace, number });
                }
            }
            if calls.numbers.is_empty() {
                traces.remove(&trace);
            }
        }
        // Relaxed: as in `add`.
        self.count.store(traces.len() as u64, Ordering::Relaxed);
        others
    }
}
