//! How a tracer is flushed and ended.

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use crate::delivery::{FlushReport, Threads, Worker, is_collecting, served_lane, serves};
use crate::process::clock::Deadline;
use crate::process::sync::Unpoisoned;
use crate::record::{Scope, TracerCore};

/// What a tracer is flushed and ended with. Having one keeps no tracer alive.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) core: Arc<TracerCore>,
    pub(super) delivery: Arc<Delivery>,
    pub(super) shutdown_timeout: Duration,
}

/// Where a tracer's collectors are called.
pub(super) enum Delivery {
    /// On threads of their own, until they were joined.
    Threads(Mutex<Option<Threads>>),
    /// On the thread that flushes.
    OnDemand(Mutex<Box<Worker>>),
}

impl Ending {
    pub(super) fn flush(&self, deadline: Deadline) -> FlushReport {
        // A collector may itself be instrumented, and its spans are not of the
        // trace in which somebody flushes.
        let mut nowhere = Scope::nowhere();
        let _detached = nowhere.enter();
        let queue = &self.core.queue;
        match &*self.delivery {
            Delivery::OnDemand(worker) => match lock(worker, deadline) {
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

    /// Also of a tracer that somebody else shuts down at the moment, for which it waits. Says
    /// what was lost, if it has ended.
    pub(super) fn shut_down(&self, deadline: Deadline) -> FlushReport {
        let report = self.shut_down_silently(deadline);
        if self.core.queue.is_stopped() {
            self.core.queue.tell_loss(&report.late);
        }
        report
    }

    fn shut_down_silently(&self, deadline: Deadline) -> FlushReport {
        let queue = &self.core.queue;
        self.core.end();
        queue.close(deadline);
        match &*self.delivery {
            // The threads end by themselves after this collector's call.
            Delivery::Threads(_) if self.calls_this_thread() => queue.unfinished(),
            Delivery::Threads(threads) => {
                let report = self.wait_for_end(deadline);
                if queue.is_stopped()
                    && let Some(threads) = take(threads)
                {
                    threads.join(deadline);
                }
                report
            }
            Delivery::OnDemand(_) => self.wait_for_end(deadline),
        }
    }

    /// Shuts down within the time that was set when the tracer was built, and says what was
    /// lost, done or not; nothing, if that was done before: the drop of the guard is followed
    /// by that of the last handle, which waits no more.
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

    /// The same at the end of the process, of which the threads see nothing. This may be one
    /// of them, whose collector has ended the process: it waits for all but itself.
    pub(super) fn end_process(&self, deadline: Deadline) {
        let queue = &self.core.queue;
        self.core.end();
        queue.close(deadline);
        if self.has_threads() && self.calls_this_thread() {
            queue.leave_for_good(served_lane());
        }
        let report = self.wait_for_end(deadline);
        queue.tell_loss(&report.late);
    }

    /// Waits until all is delivered of a tracer that was closed, and the collectors are shut
    /// down; on demand, does that.
    fn wait_for_end(&self, deadline: Deadline) -> FlushReport {
        let mut nowhere = Scope::nowhere();
        let _detached = nowhere.enter();
        let queue = &self.core.queue;
        if let Delivery::OnDemand(worker) = &*self.delivery {
            let Some(mut worker) = lock(worker, deadline) else {
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

    /// How many spans have begun, if no trace is open as far as that was recorded.
    pub(super) fn idle(&self, deadline: Deadline) -> Option<u64> {
        let queue = &self.core.queue;
        if !self.has_threads() && queue.has_work() {
            // Nobody else reads what waits.
            let _report = self.flush(deadline);
        }
        queue.idle()
    }

    /// Whether a collector of this tracer, or perhaps of it, runs on this thread: who waits
    /// there for the tracer waits for itself.
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

/// Takes what is to be joined, which others do not wait for.
fn take(threads: &Mutex<Option<Threads>>) -> Option<Threads> {
    let mut threads = threads.lock().unpoisoned();
    threads.take()
}

/// How often a thread tries to lock a worker before it lets others run for longer.
const TRIES: u32 = 100;

/// Locks the worker of a tracer without a thread; `None` when another thread keeps it
/// until the deadline, or when a collector flushes its own tracer.
fn lock<T>(worker: &Mutex<T>, deadline: Deadline) -> Option<MutexGuard<'_, T>> {
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
