//! Starts and joins the threads of a tracer. Their work is in [`worker`](super::worker) and
//! [`lane_thread`](super::lane_thread).
//!
//! Each thread reports its end to the queue (`stop`, `stop_lane`) before it returns, and
//! callers wait for this report with a deadline. Joining comes after that, and waits only for
//! destructors of thread-locals.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::lane_thread::LaneThread;
use super::worker::Worker;
use crate::collector::CollectorError;
use crate::process::caught::catch;
use crate::process::clock::Deadline;

/// The threads of a tracer: the worker's and those of the lanes. If this is dropped without a
/// join, the threads still end once the queue is closed.
#[derive(Debug)]
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Worker {
    /// Starts the threads, which deliver until the queue is closed.
    ///
    /// # Errors
    ///
    /// If the operating system cannot start one of them. The started threads then end, and all
    /// collectors are dropped.
    pub(crate) fn start(mut self) -> std::io::Result<Threads> {
        let queue = Arc::clone(self.queue());
        let started = self.start_lanes().and_then(|mut threads| {
            threads.push(self.start_worker()?);
            Ok(Threads(threads))
        });
        if started.is_err() {
            // The started threads must end.
            queue.close_lanes();
        }
        started
    }

    /// Starts the threads of the lanes. They start before the worker, which passes them
    /// batches.
    fn start_lanes(&mut self) -> std::io::Result<Vec<JoinHandle<()>>> {
        let threads = self.recipients.lane_threads().into_iter();
        threads.map(LaneThread::start).collect()
    }

    /// Starts the worker's thread, which then owns the worker.
    fn start_worker(mut self) -> std::io::Result<JoinHandle<()>> {
        let thread = std::thread::Builder::new().name("trace-worker".to_owned());
        thread.spawn(move || {
            let queue = Arc::clone(self.queue());
            call::mark_serving(Arc::as_ptr(&queue), None);
            let mut errors = catch(|| self.run()).unwrap_or_else(|| {
                // This is a bug in this crate, because collectors' panics are caught earlier.
                // The queue must not fill up silently. From now on each span is counted as
                // dropped.
                queue.close(Deadline::after(Duration::ZERO));
                queue.abandon();
                vec![CollectorError::new("the tracer's thread panicked")]
            });
            // This is repeated for the case of a panic, because the lanes must end in any
            // case.
            queue.close_lanes();
            // `stop` comes after the destructors of collectors, which may also block. So a
            // wait for the end includes them, up to its deadline.
            errors.extend(self.end());
            queue.stop(errors);
        })
    }
}

impl Threads {
    /// Waits until the threads are gone, at most until the deadline. They have already called
    /// `stop`, so only destructors of the collectors' thread-locals can still block. After the
    /// deadline these continue on their own.
    pub(crate) fn join(self, deadline: Deadline) {
        // A join has no timeout. So another thread joins, and this thread waits for the
        // channel to close.
        let (sender, all_joined) = mpsc::channel::<()>();
        let joiner = std::thread::Builder::new().name("trace-join".to_owned());
        let joiner = joiner.spawn(move || {
            for thread in self.0 {
                // No thread ends with a panic, because all panics of the application are
                // caught.
                let _ended = thread.join();
            }
            drop(sender);
        });
        // If this thread cannot be started, there is no wait. The spans are delivered in any
        // case.
        if joiner.is_ok() {
            let _disconnected = all_joined.recv_timeout(deadline.remaining());
        }
    }
}
