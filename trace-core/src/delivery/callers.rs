//! Parts of traces that have sent their context to a service, which may be this process.
//! What is reported of them is decided by the worker.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::process::maps::{HashMap, HashSet};
use crate::process::sync::{Mutex, MutexGuard, Unpoisoned};
use crate::stream::decode::Part;
use crate::value::TraceId;

/// Parts whose context was sent to somebody, and those that came back with it: a service may
/// call itself. So it is known when a part ends whether another one of its trace goes on
/// here, of which nothing was handed over yet.
///
/// Written by the application's threads, and taken out by the worker, when it has read the
/// end. No more than go on at a time.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    traces: Mutex<HashMap<TraceId, Calls>>,
    /// How many traces there are.
    count: AtomicU64,
}

/// The parts of one trace.
#[derive(Debug, Default)]
struct Calls {
    numbers: HashSet<u32>,
    /// Those of which the worker was not told that they go on.
    unsaid: Vec<u32>,
}

impl Callers {
    fn traces(&self) -> MutexGuard<'_, HashMap<TraceId, Calls>> {
        self.traces.lock().unpoisoned()
    }

    // Relaxed, here and below: the lock guards the traces; the count only spares the lock. A
    // request arrives after it was sent, and the network orders the two.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Notes a part that calls somebody.
    pub(crate) fn add(&self, part: Part) {
        let mut traces = self.traces();
        let calls = traces.entry(part.trace).or_default();
        if calls.numbers.insert(part.number) {
            calls.unsaid.push(part.number);
        }
        self.count.store(traces.len() as u64, Ordering::Relaxed);
    }

    /// Notes a part that was called, if it may have been from here; returns whether that is
    /// so.
    pub(crate) fn add_called(&self, part: Part) -> bool {
        if self.is_empty() || !self.traces().contains_key(&part.trace) {
            return false;
        }
        self.add(part);
        true
    }

    /// Takes out parts that have ended; returns, once, the other ones of their traces.
    pub(super) fn remove(&self, ended: &[Part]) -> Vec<Part> {
        let mut others = Vec::new();
        if self.is_empty() {
            return others;
        }
        let mut traces = self.traces();
        // First all of them: none goes on that ends with another one.
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
        self.count.store(traces.len() as u64, Ordering::Relaxed);
        others
    }
}
