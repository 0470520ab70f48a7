//! Flushes and ends a tracer.
//!
//! Owns the order of the steps, and decides which thread waits for which. The protocol of the
//! queue is in `delivery/queue`, and the calls of collectors are in `delivery`.
//!
//! Every wait has a deadline. A thread that waits for itself would always reach the deadline.
//! So calls from within a collector of the same tracer do not wait.

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use crate::delivery::{FlushReport, Threads, Worker, is_collecting, served_lane, serves};
use crate::process::clock::Deadline;
use crate::process::sync::Unpoisoned;
use crate::record::{Scope, TracerCore};

/// The parts that are needed to flush and end a tracer. A clone does not keep the tracer
/// alive: only handles do.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) core: Arc<TracerCore>,
    pub(super) delivery: Arc<Delivery>,
    pub(super) shutdown_timeout: Duration,
}

/// Where a tracer's collectors are called.
pub(super) enum Delivery {
    /// On the tracer's own threads. `None` after they were joined.
    Threads(Mutex<Option<Threads>>),
    /// On the thread that flushes.
    OnDemand(Mutex<Box<Worker>>),
}

impl Ending {
    /// Delivers the spans that were handed over, and then flushes the collectors.
    pub(super) fn flush(&self, deadline: Deadline) -> FlushReport {
        // On demand, collectors run on this thread. A collector may be instrumented itself,
        // and its spans do not belong to the trace that calls `flush`.
        let mut nowhere = Scope::nowhere();
        let _detached = nowhere.enter();
        let queue = &self.core.queue;
        match &*self.delivery {
            Delivery::OnDemand(worker) => match lock_worker(worker, deadline) {
                Some(_) if queue.is_stopped() => queue.wait_stop(deadline),
                Some(mut worker) => queue.done_here(worker.flush(deadline)),
                None => queue.unfinished(),
            },
            Delivery::Threads(_) if self.calls_this_thread() => queue.unfinished(),
            Delivery::Threads(_) => {
                let number = queue.ask_flush(deadline);
                queue.wait_flush(number, deadline)
            }
        }
    }

    /// Shuts down, or waits for another shutdown that is running. If the tracer has ended
    /// afterwards, prints its losses.
    ///
    /// Also prints them if this has waited for the whole `shutdown_timeout`. The drop of the
    /// guard then does not wait a second time.
    pub(super) fn shut_down(&self, timeout: Duration) -> FlushReport {
        let report = self.shut_down_silently(Deadline::after(timeout));
        let has_waited = timeout >= self.shutdown_timeout && !self.calls_this_thread();
        if has_waited || self.core.queue.is_stopped() {
            self.core.queue.tell_loss(&report.late);
        }
        report
    }

    fn shut_down_silently(&self, deadline: Deadline) -> FlushReport {
        let queue = &self.core.queue;
        self.core.end();
        queue.close(deadline);
        match &*self.delivery {
            // This thread is one of the threads to wait for. They end on their own after the
            // collector has returned.
            Delivery::Threads(_) if self.calls_this_thread() => queue.unfinished(),
            Delivery::Threads(threads) => {
                let report = self.wait_for_end(deadline);
                if queue.is_stopped()
                    && let Some(threads) = take_threads(threads)
                {
                    threads.join(deadline);
                }
                report
            }
            Delivery::OnDemand(_) => self.wait_for_end(deadline),
        }
    }

    /// Shuts down within the tracer's `shutdown_timeout` and prints the losses, even if the
    /// time was too short.
    ///
    /// Does nothing if the losses were printed before. After the guard, the last handle is
    /// dropped, which must not wait a second time.
    pub(super) fn end(&self) {
        if self.core.queue.has_said_loss() {
            return;
        }
        let report = self.shut_down_silently(Deadline::after(self.shutdown_timeout));
        let queue = &self.core.queue;
        if self.has_threads() && self.calls_this_thread() {
            queue.tell_loss_later();
        } else {
            queue.tell_loss(&report.late);
        }
    }

    /// Like [`end`](Self::end), but for the end of the process. The threads are not joined,
    /// because the process ends anyway.
    ///
    /// This thread may be one of them, if its collector ended the process. Then it waits for
    /// the other threads, but not for itself.
    pub(super) fn end_process(&self, deadline: Deadline) {
        let queue = &self.core.queue;
        if queue.has_said_loss() {
            return;
        }
        self.core.end();
        queue.close(deadline);
        if self.has_threads() && self.calls_this_thread() {
            queue.leave_for_good(served_lane());
        }
        let report = self.wait_for_end(deadline);
        queue.tell_loss(&report.late);
    }

    /// Waits until a closed tracer has delivered everything and its collectors are shut down.
    /// On demand, this thread does both.
    fn wait_for_end(&self, deadline: Deadline) -> FlushReport {
        let mut nowhere = Scope::nowhere();
        let _detached = nowhere.enter();
        let queue = &self.core.queue;
        if let Delivery::OnDemand(worker) = &*self.delivery {
            let Some(mut worker) = lock_worker(worker, deadline) else {
                return queue.unfinished();
            };
            if !queue.is_stopped() {
                let mut errors = worker.flush(deadline);
                errors.extend(worker.shut_down(deadline));
                errors.extend(worker.end());
                queue.stop(errors);
            }
        }
        queue.wait_stop(deadline)
    }

    /// Returns how many spans have begun so far, or `None` if a trace is open. This uses only
    /// data that scopes have handed over.
    pub(super) fn begun_if_idle(&self, deadline: Deadline) -> Option<u64> {
        let queue = &self.core.queue;
        if !self.has_threads() && queue.has_work() {
            // Without a thread, nothing else reads the queue, and the tracer would seem idle
            // although traces are open.
            let _report = self.flush(deadline);
        }
        queue.idle()
    }

    /// Returns whether a collector of this tracer runs on this thread. If so, the thread would
    /// wait for itself. For a tracer on demand, returns `true` for a collector of any tracer.
    pub(super) fn calls_this_thread(&self) -> bool {
        if self.has_threads() {
            serves(Arc::as_ptr(&self.core.queue))
        } else {
            is_collecting()
        }
    }

    fn has_threads(&self) -> bool {
        matches!(*self.delivery, Delivery::Threads(_))
    }
}

/// Takes the threads out of the lock. The caller joins them without the lock, so that no other
/// caller waits for the join.
fn take_threads(threads: &Mutex<Option<Threads>>) -> Option<Threads> {
    let mut threads = threads.lock().unpoisoned();
    threads.take()
}

/// How often a thread yields and tries again to lock a worker. After that it sleeps for 1 ms
/// between two tries.
const TRIES: u32 = 100;

/// Locks the worker of a tracer without a thread; `None` if another thread keeps it until the
/// deadline, or if this is called within a collector.
///
/// This is a loop, because std's mutex has no lock with a deadline.
fn lock_worker<T>(worker: &Mutex<T>, deadline: Deadline) -> Option<MutexGuard<'_, T>> {
    let mut tries = 0;
    loop {
        match worker.try_lock() {
            Ok(worker) => return Some(worker),
            Err(TryLockError::Poisoned(poison)) => return Some(poison.into_inner()),
            Err(TryLockError::WouldBlock) => {}
        }
        if is_collecting() || deadline.remaining().is_zero() {
            return None;
        }
        tries += 1;
        if tries < TRIES {
            std::thread::yield_now();
        } else {
            std::thread::sleep(Duration::from_millis(1).min(deadline.remaining()));
        }
    }
}
