//! The thread of the runtime. A channel passes calls to it, and their answers back.
//!
//! Starts and ends the thread. The thread ends when its owner is dropped. In the child of a
//! `fork`, which does not have the thread, it is forgotten. Does not know what a call does.

use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::exchange::{Response, SendError, SendFailure, io_text};
use super::call::Call;
use super::channel::{Channel, Target};

/// A running thread.
pub(super) struct Worker {
    /// `None` after the thread was abandoned.
    running: Option<Running>,
}

struct Running {
    jobs: UnboundedSender<Job>,
    thread: JoinHandle<()>,
    /// Disconnected when the thread ends.
    ended: Receiver<()>,
    process: u32,
}

struct Job {
    work: Work,
    timeout: Duration,
    answer: SyncSender<Result<Response, SendError>>,
}

enum Work {
    Call(Call),
    #[cfg(test)]
    Panic,
    #[cfg(test)]
    Block(Receiver<()>),
}

/// Why a call has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// The thread ended during the call.
    Panicked,
    /// The thread did not even report a timeout.
    Stuck,
}

/// How much longer than the call's timeout to wait. The thread itself enforces the timeout.
const GRACE: Duration = Duration::from_secs(1);

/// Longest wait for the thread's end.
const LONGEST_END: Duration = Duration::from_secs(1);

/// Longest timeout of a call, because a clock cannot add arbitrary durations.
const LONGEST_CALL: Duration = Duration::from_secs(365 * 24 * 3600);

/// Most threads that look up names. A lookup cannot be cancelled.
const MAX_LOOKUPS: usize = 4;

impl Worker {
    /// # Errors
    ///
    /// If the system cannot start a thread.
    pub(super) fn start(target: Target) -> io::Result<Self> {
        let (jobs, received) = unbounded_channel();
        let (end, ended) = sync_channel::<()>(0);
        let thread = thread::Builder::new().name("trace-otlp-grpc".to_owned());
        let thread = thread.spawn(move || {
            run(target, received);
            drop(end);
        })?;
        Ok(Self {
            running: Some(Running {
                jobs,
                thread,
                ended,
                process: std::process::id(),
            }),
        })
    }

    /// Returns whether the thread accepts calls. It does not after a panic or in another
    /// process.
    pub(super) fn is_running(&self) -> bool {
        self.running.as_ref().is_some_and(|running| {
            running.process == std::process::id() && !running.thread.is_finished()
        })
    }

    /// Makes a call, and waits for its result.
    pub(super) fn run(
        &self,
        call: Call,
        timeout: Duration,
    ) -> Result<Result<Response, SendError>, NoAnswer> {
        self.work(Work::Call(call), timeout)
    }

    fn work(&self, work: Work, timeout: Duration) -> Result<Result<Response, SendError>, NoAnswer> {
        let running = self.running.as_ref().ok_or(NoAnswer::Panicked)?;
        let timeout = timeout.min(LONGEST_CALL);
        // With room for one answer, the thread never waits.
        let (answer, answered) = sync_channel(1);
        let job = Job {
            work,
            timeout,
            answer,
        };
        running.jobs.send(job).map_err(|_| NoAnswer::Panicked)?;
        let outcome = answered.recv_timeout(timeout + GRACE);
        outcome.map_err(|error| match error {
            RecvTimeoutError::Disconnected => NoAnswer::Panicked,
            RecvTimeoutError::Timeout => NoAnswer::Stuck,
        })
    }

    /// Abandons the thread without waiting. It ends by itself, if it can.
    pub(super) fn abandon(mut self) {
        self.running = None;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        if running.process != std::process::id() {
            // The thread is not in this process, and may have held any lock at the moment of
            // the `fork`.
            mem::forget(running);
            return;
        }
        let Running {
            jobs,
            thread,
            ended,
            process: _,
        } = running;
        drop(jobs);
        if ended.recv_timeout(LONGEST_END) == Err(RecvTimeoutError::Disconnected) {
            // The panic hook has already reported a panic.
            let _result = thread.join();
        }
    }
}

fn run(target: Target, mut jobs: UnboundedReceiver<Job>) {
    // h2 records spans with `tracing`. A subscriber that exports them through this transport
    // would never finish.
    let nobody = tracing::Dispatch::none();
    let _unwatched = tracing::dispatcher::set_default(&nobody);
    let mut builder = Builder::new_current_thread();
    let builder = builder
        .enable_io()
        .enable_time()
        .max_blocking_threads(MAX_LOOKUPS);
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let detail = format!("no runtime can be made: {}", io_text(&error));
            if let Some(job) = jobs.blocking_recv() {
                let error = SendError::with_detail(SendFailure::NotConnected, detail);
                let _left = job.answer.try_send(Err(error));
            }
            return;
        }
    };
    runtime.block_on(async {
        let mut channel = Channel::new(target);
        while let Some(job) = jobs.recv().await {
            let answer = match &job.work {
                Work::Call(call) => channel.call(call, job.timeout).await,
                #[cfg(test)]
                Work::Panic => panic!("asked for"),
                #[cfg(test)]
                Work::Block(until) => {
                    let _gone = until.recv();
                    continue;
                }
            };
            // The caller may have given up.
            let _left = job.answer.try_send(answer);
        }
        channel.close().await;
    });
    // A lookup may take long.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderMap, Uri};

    use super::super::super::exchange::{ConnectOptions, Request, Transport};
    use super::super::GrpcTransport;
    use super::*;

    /// A transport to a port without a server, after its first call.
    fn used() -> GrpcTransport {
        let uri = Uri::from_static("http://127.0.0.1:1/a.B/C");
        let mut transport = GrpcTransport::new(&uri, &ConnectOptions::default());
        send(&mut transport);
        transport
    }

    /// Makes a call, which needs the thread.
    fn send(transport: &mut GrpcTransport) {
        let answer = transport.send(&Request {
            uri: &Uri::from_static("http://127.0.0.1:1/a.B/C"),
            content_type: "application/grpc",
            encoding: None,
            headers: &HeaderMap::new(),
            body: &[],
            timeout: Duration::from_secs(10),
        });
        assert_eq!(answer.unwrap_err().failure, SendFailure::NotConnected);
        assert!(transport.worker.as_ref().unwrap().is_running());
    }

    #[test]
    fn a_thread_that_panicked_is_started_again() {
        let mut transport = used();
        let worker = transport.worker.as_ref().unwrap();
        let outcome = worker.work(Work::Panic, Duration::from_secs(10));
        assert_eq!(outcome.map(|_| ()), Err(NoAnswer::Panicked));
        let thread = &worker.running.as_ref().unwrap().thread;
        while !thread.is_finished() {
            thread::yield_now();
        }
        send(&mut transport);
    }

    #[test]
    fn a_thread_that_does_not_answer_is_given_up() {
        let transport = used();
        let worker = transport.worker.as_ref().unwrap();
        let (wake, until) = sync_channel(0);
        let outcome = worker.work(Work::Block(until), Duration::ZERO);
        assert_eq!(outcome.map(|_| ()), Err(NoAnswer::Stuck));
        // Dropping it does not wait for the thread forever either.
        drop(transport);
        drop(wake);
    }
}
