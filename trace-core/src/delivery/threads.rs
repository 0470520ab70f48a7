//! The threads of a tracer: how they are started and joined. What they do is in
//! [`worker`](super::worker) and [`lane_thread`](super::lane_thread).

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::lane_thread::LaneThread;
use super::worker::Worker;
use crate::collector::CollectorError;
use crate::process::caught::catch;
use crate::process::clock::Deadline;

/// The threads of a tracer.
#[derive(Debug)]
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Worker {
    /// Starts the threads, which deliver until the queue is closed.
    pub(crate) fn start(mut self) -> std::io::Result<Threads> {
        let queue = Arc::clone(self.queue());
        let started = self.start_lanes().and_then(|mut threads| {
            threads.push(self.start_worker()?);
            Ok(Threads(threads))
        });
        if started.is_err() {
            // The threads that did start must end.
            queue.close_lanes();
        }
        started
    }

    /// Starts the threads of the lanes.
    fn start_lanes(&mut self) -> std::io::Result<Vec<JoinHandle<()>>> {
        let threads = self.recipients.lane_threads().into_iter();
        threads.map(LaneThread::start).collect()
    }

    fn start_worker(mut self) -> std::io::Result<JoinHandle<()>> {
        let thread = std::thread::Builder::new().name("trace-worker".to_owned());
        thread.spawn(move || {
            let queue = Arc::clone(self.queue());
            call::serve(Arc::as_ptr(&queue), None);
            let mut errors = catch(|| self.run()).unwrap_or_else(|| {
                // From here on every span is counted as dropped.
                queue.close(Deadline::after(Duration::ZERO));
                queue.abandon();
                vec![CollectorError::new("the tracer's thread panicked")]
            });
            queue.close_lanes();
            // Destructors of collectors may block, too: `stop` comes after them, so that
            // the wait for the end includes them, up to its deadline.
            errors.extend(self.end());
            queue.stop(errors);
        })
    }
}

impl Threads {
    /// Waits, until the deadline at most, for the threads, which have already called `stop`.
    /// Thread-locals of collectors may block when they are dropped; after the deadline they
    /// finish on their own.
    pub(crate) fn join(self, deadline: Deadline) {
        let (sender, all_joined) = mpsc::channel::<()>();
        let joiner = std::thread::Builder::new().name("trace-join".to_owned());
        let joiner = joiner.spawn(move || {
            for thread in self.0 {
                // No thread ends by a panic: all panics of the application are caught.
                let _ended = thread.join();
            }
            drop(sender);
        });
        if joiner.is_ok() {
            let _disconnected = all_joined.recv_timeout(deadline.remaining());
        }
    }
}
