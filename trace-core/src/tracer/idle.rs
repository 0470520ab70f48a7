//! A shutdown that waits for open traces, as a future.
//!
//! Owns the thread that checks the tracer and wakes the future. A thread works with any
//! executor; a timer does not.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::ending::Ending;
use super::tracer::Tracer;
use crate::delivery::FlushReport;
use crate::process::clock::Deadline;
use crate::process::sync::Unpoisoned;
use crate::record::{IfRecording, entered};

/// A shutdown that waits for open traces; made by [`Tracer::shutdown_when_idle`].
///
/// # Cancel safety
///
/// See [`Tracer::shutdown_when_idle`].
#[must_use = "futures do nothing unless polled"]
pub struct ShutdownWhenIdle(IfRecording<Waiting>);

/// See [`ShutdownWhenIdle`].
struct Waiting {
    /// If this is the last handle, its drop shuts the tracer down. `Waiting::drop` runs first
    /// and stops the thread.
    tracer: Tracer,
    timeout: Duration,
    /// Set by the first poll.
    meeting: Option<Arc<Meeting>>,
}

/// Shared by the future and its thread.
#[derive(Default)]
struct Meeting {
    state: Mutex<ShutdownState>,
    /// Wakes the thread when the future is dropped.
    given_up: Condvar,
}

#[derive(Default)]
struct ShutdownState {
    /// The waker of the newest poll, until the thread takes it.
    waker: Option<Waker>,
    /// Set when the future is dropped; never cleared.
    is_given_up: bool,
    /// Set when the shutdown is done.
    report: Option<FlushReport>,
}

/// Time between two checks of the tracer by the thread.
///
/// The tracer is idle after two checks in a row without an open trace, if no span began in
/// between. One check is not enough, because a root may just then be moving from one thread to
/// another.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

impl Tracer {
    /// Waits until no trace is open, but no longer than `timeout`, and then [shuts
    /// down](Self::shutdown) within the tracer's
    /// [`shutdown_timeout`](crate::TracerBuilder::shutdown_timeout). Use it at the end of a
    /// service that accepts no more requests.
    ///
    /// A trace is open while one of its spans runs, a task that was spawned in it has not
    /// ended, or a message that [carries](crate::Carried) it exists. An idle connection of a
    /// client with `trace_http::ConnectionExecutor` is open, too: drop the client first. Roots that begin
    /// during the wait are recorded and waited for. The future does not notice a scope that is
    /// still in its first poll and has handed over nothing. An example is a
    /// [`run_sync`](crate::RootBuilder::run_sync) on another thread. If the future is
    /// awaited within a trace of this tracer, it waits for that trace, and so for the
    /// whole `timeout`.
    ///
    /// Spans that a collector is taking are not open. But while the only collector blocks, the
    /// ends of further traces are not read, and those traces count as open. So with an exporter
    /// whose server hangs, the whole takes up to `timeout` plus the `shutdown_timeout`. The
    /// losses are printed then, and the drop of the guard does not wait again.
    ///
    /// Works with any executor: its own thread checks every 10 ms and wakes the task. If
    /// the operating system cannot start that thread, the first poll shuts down at once and
    /// blocks. Within a collector of this tracer it does not wait.
    ///
    /// # Cancel safety
    ///
    /// Nothing happens before the first poll. If the future is dropped while it waits for
    /// traces, the tracer keeps recording. If it is dropped later, the shutdown continues.
    /// Another shutdown, or the drop of the guard, waits for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_core::{MemoryCollector, Tracer};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let spans = MemoryCollector::new();
    /// let tracer = Tracer::builder("shop").collector(spans.clone()).build()?;
    /// let mail = tracer.root("mail").run(tokio::time::sleep(Duration::from_millis(20)));
    /// tokio::spawn(mail);
    /// tokio::task::yield_now().await;
    ///
    /// let report = tracer.shutdown_when_idle(Duration::from_secs(10)).await;
    /// assert!(report.is_complete);
    /// assert_eq!(spans.spans()[0].operation_name, "mail");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown_when_idle(&self, timeout: Duration) -> ShutdownWhenIdle {
        ShutdownWhenIdle::new(self.clone(), timeout)
    }
}

impl ShutdownWhenIdle {
    fn new(tracer: Tracer, timeout: Duration) -> Self {
        Self(IfRecording::from_fn(|| Waiting {
            tracer,
            timeout,
            meeting: None,
        }))
    }
}

impl Future for ShutdownWhenIdle {
    type Output = FlushReport;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<FlushReport> {
        let Some(waiting) = self.0.get_mut() else {
            return Poll::Ready(FlushReport::nothing());
        };
        let Some(ending) = waiting.tracer.ending() else {
            return Poll::Ready(waiting.tracer.nothing());
        };
        let meeting = match &waiting.meeting {
            Some(meeting) => meeting,
            None => {
                entered::hand_over();
                if ending.calls_this_thread() {
                    return Poll::Ready(waiting.tracer.shutdown(Duration::ZERO));
                }
                let Ok(meeting) = Meeting::begin(ending.clone(), waiting.timeout) else {
                    return Poll::Ready(waiting.tracer.shut_down_in_time());
                };
                waiting.meeting.insert(meeting)
            }
        };
        meeting.poll(cx)
    }
}

impl Meeting {
    /// Starts the thread.
    fn begin(ending: Ending, timeout: Duration) -> std::io::Result<Arc<Self>> {
        let meeting = Arc::new(Self::default());
        let of_thread = Arc::clone(&meeting);
        let thread = std::thread::Builder::new().name("trace-shutdown".to_owned());
        // Not joined: the thread ends on its own after it has woken the task, or after the
        // future was dropped.
        thread.spawn(move || of_thread.run(&ending, timeout))?;
        Ok(meeting)
    }

    fn state(&self) -> MutexGuard<'_, ShutdownState> {
        self.state.lock().unpoisoned()
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<FlushReport> {
        // A waker is code of the executor, so it is cloned, dropped and woken without the lock.
        let waker = cx.waker().clone();
        let mut state = self.state();
        if let Some(report) = &state.report {
            return Poll::Ready(report.clone());
        }
        let _other = state.waker.replace(waker);
        drop(state);
        Poll::Pending
    }

    fn run(&self, ending: &Ending, timeout: Duration) {
        if !self.wait(ending, Deadline::after(timeout)) {
            return;
        }
        let report = ending.shut_down(ending.shutdown_timeout);
        let mut state = self.state();
        state.report = Some(report);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits until no trace is open or the deadline has passed; returns `false` if the future
    /// was dropped during the wait.
    fn wait(&self, ending: &Ending, deadline: Deadline) -> bool {
        let mut last_look = None;
        loop {
            let look = ending.begun_if_idle(deadline);
            let is_idle = look.is_some() && look == last_look;
            last_look = look;
            if is_idle || deadline.remaining().is_zero() {
                return !self.state().is_given_up;
            }
            let time = BETWEEN_LOOKS.min(deadline.remaining());
            let is_wanted = |state: &mut ShutdownState| !state.is_given_up;
            let woken = self
                .given_up
                .wait_timeout_while(self.state(), time, is_wanted);
            if woken.unpoisoned().0.is_given_up {
                return false;
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // In the child of a `fork`, the thread does not exist but may hold the lock.
        if let Some(meeting) = self.meeting.take().filter(|_| !self.tracer.is_foreign()) {
            meeting.state().is_given_up = true;
            meeting.given_up.notify_one();
        }
    }
}

impl fmt::Debug for ShutdownWhenIdle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownWhenIdle").finish_non_exhaustive()
    }
}
