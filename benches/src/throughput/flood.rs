//! Threads that record trees, as fast as possible or at a rate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::driver::Peer;
use crate::stopwatch;
use crate::workload::TREE_SPANS;

const THREADS: u64 = 2;
/// The number of spans in the tree and its root.
const SPANS: u64 = TREE_SPANS + 1;
/// A thread that is early sleeps for at least this time, so that sleeping costs little.
const NAP: Duration = Duration::from_millis(1);

/// Threads that record.
#[derive(Debug)]
pub struct Flood {
    threads: Vec<JoinHandle<()>>,
    produced: Arc<AtomicU64>,
    /// Reached when the threads have recorded all their spans.
    done: Arc<Barrier>,
    /// Reached when the threads may end.
    leave: Arc<Barrier>,
}

impl Flood {
    /// Starts threads that record at a rate, in spans per second for all threads together.
    /// Zero means as fast as possible.
    ///
    /// # Panics
    ///
    /// If the operating system cannot start a thread.
    #[must_use]
    pub fn start(peer: &Peer, rate: u64, duration: Duration) -> Self {
        let produced = Arc::<AtomicU64>::default();
        let done = Arc::new(Barrier::new(THREADS as usize + 1));
        let leave = Arc::new(Barrier::new(THREADS as usize + 1));
        let threads = (0..THREADS)
            .map(|index| {
                let (tree, produced) = (peer.tree, Arc::clone(&produced));
                let (done, leave) = (Arc::clone(&done), Arc::clone(&leave));
                std::thread::Builder::new()
                    .name(format!("flood-{index}"))
                    .spawn(move || {
                        record(tree, rate, duration, &produced);
                        done.wait();
                        leave.wait();
                    })
                    .expect("the operating system gives a thread")
            })
            .collect();
        Self {
            threads,
            produced,
            done,
            leave,
        }
    }

    /// Waits until the threads have recorded. Returns the number of spans.
    #[must_use]
    pub fn wait(&self) -> u64 {
        self.done.wait();
        self.produced.load(Ordering::Relaxed)
    }

    /// Lets the threads end.
    pub fn end(self) {
        self.leave.wait();
        for thread in self.threads {
            // If one had panicked, the others would still wait at the barrier.
            let _ended = thread.join();
        }
    }
}

fn record(tree: fn(), rate: u64, duration: Duration, produced: &AtomicU64) {
    let interval = match rate {
        0 => Duration::ZERO,
        rate => Duration::from_secs(SPANS * THREADS).div_f64(rate as f64),
    };
    let begin = stopwatch::now();
    let mut trees = 0;
    let mut due = Duration::ZERO;
    loop {
        let now = begin.elapsed();
        if now >= duration {
            break;
        }
        if due > now {
            std::thread::sleep(NAP.max(due - now));
            continue;
        }
        tree();
        trees += 1;
        due += interval;
    }
    produced.fetch_add(trees * SPANS, Ordering::Relaxed);
}
