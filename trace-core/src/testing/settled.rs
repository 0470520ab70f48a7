//! Lets a test wait until no trace is open.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::test_tracer::TestTracer;
use crate::process::clock::Deadline;
use crate::process::sync::Unpoisoned;
use crate::record::StillOpen;

/// Waits until no trace of a test's tracer is open. Returned by [`TestTracer::settled`].
///
/// # Cancel safety
///
/// Dropping it changes nothing, because it only observes. The thread that wakes it ends about
/// 2 ms later.
#[must_use = "futures do nothing unless polled"]
pub struct Settled {
    tracer: TestTracer,
    timeout: Duration,
    asked_at: &'static Location<'static>,
    /// Set at the first poll, when the timeout begins.
    deadline: Option<Deadline>,
    /// Set while nothing is open.
    quiet: Option<Quiet>,
    /// Started when something is found open.
    alarm: Option<Alarm>,
}

/// A period in which nothing is open and nothing begins.
#[derive(Clone, Copy)]
struct Quiet {
    /// How many traces and tasks had begun. If the number grows, the period starts again.
    begun: u64,
    /// When the period has lasted long enough.
    end: Deadline,
}

/// How long nothing may be open or begin. A root may be moving between two threads, or may be
/// in a task that has not run yet.
const QUIET: Duration = Duration::from_millis(10);

/// The time between two checks while something is open.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

impl TestTracer {
    /// Waits until no trace of this tracer is open and none has begun for 10 ms. Use it
    /// instead of a sleep before a test reads the traces of tasks and servers.
    ///
    /// This is exact on all threads. A trace is open from the beginning of its root until all
    /// its spans have ended and all its tasks and messages are gone. This includes tasks and
    /// messages that have recorded nothing yet. Tasks are those of [`spawn`](crate::spawn) and
    /// [`in_current_trace`](crate::TraceFuture::in_current_trace), and messages are
    /// [`Carried`](crate::Carried). The test's body does not count, nor do the spans in which
    /// this future is awaited. Everything else in the test's own trace counts.
    ///
    /// It does not see work that has not begun and belongs to no trace, such as a request in
    /// transit or a message in a channel without [`Carried`](crate::Carried). The same holds
    /// for a root in a task of `tokio::spawn` or [`spawn_linked`](crate::spawn_linked) that
    /// has not run for 10 ms. Nor does it see traces that are not sampled. So wait first for a
    /// result of the code itself, such as a response. A server spawned with
    /// [`trace_core::spawn`](crate::spawn) is part of the trace and never ends; spawn it with
    /// `tokio::spawn` instead.
    ///
    /// It works with any executor. It also works while tokio's time is paused, because the
    /// timeout uses real time.
    ///
    /// ```
    /// # trace_core::testing::__run_async("mails_are_sent", async {
    /// use std::time::Duration;
    /// use trace_core::testing::TestTracer;
    /// use trace_core::{assert_trace, trace, trace_root, traced};
    ///
    /// #[traced]
    /// async fn send_mail() {
    ///     tokio::time::sleep(Duration::from_millis(20)).await;
    /// }
    ///
    /// #[trace_root]
    /// async fn order() {
    ///     trace_core::spawn(send_mail()); // nobody waits for it
    /// }
    ///
    /// // In a `#[traced_test]`:
    /// order().await;
    /// TestTracer::current().settled(Duration::from_secs(5)).await;
    /// assert_trace!(trace!(), r#"
    ///     order
    ///     └─ send_mail
    /// "#);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If something is still open after `timeout`. The message names it:
    ///
    /// ```text
    /// not settled after 5s: the trace of `order`, 1 task or message in the trace of `my_test` still open; awaited at tests/orders.rs:12:9
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    #[track_caller]
    pub fn settled(&self, timeout: Duration) -> Settled {
        Settled::new(self.clone(), timeout, Location::caller())
    }
}

impl Settled {
    fn new(tracer: TestTracer, timeout: Duration, asked_at: &'static Location<'static>) -> Self {
        Self {
            tracer,
            timeout,
            asked_at,
            deadline: None,
            quiet: None,
            alarm: None,
        }
    }

    /// Notes that nothing is open. Returns whether this has lasted long enough. After a
    /// timeout (`is_over`), it always has.
    fn is_quiet(&mut self, open: &StillOpen, is_over: bool) -> bool {
        let begun = open.begun;
        let same = self.quiet.filter(|quiet| quiet.begun == begun);
        let quiet = same.unwrap_or_else(|| Quiet {
            begun,
            end: Deadline::after(QUIET),
        });
        self.quiet = Some(quiet);
        is_over || quiet.end.remaining().is_zero()
    }
}

impl Future for Settled {
    type Output = ();

    #[expect(clippy::panic, reason = "an assertion that does not hold")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let timeout = this.timeout;
        let deadline = *this
            .deadline
            .get_or_insert_with(|| Deadline::after(timeout));
        let open = this.tracer.still_open();
        // Read after the check, so that a timeout of zero still checks once.
        let is_over = deadline.remaining().is_zero();
        if open.is_nothing() {
            if this.is_quiet(&open, is_over) {
                return Poll::Ready(());
            }
            // Other tasks run meanwhile. A sleep would make tokio's paused clock advance.
            std::thread::yield_now();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.quiet = None;
        if is_over {
            panic!(
                "not settled after {timeout:?}: {open} still open; awaited at {}",
                this.asked_at
            );
        }
        match this.alarm.get_or_insert_with(Alarm::start).set(cx) {
            Ok(()) => {}
            // Without a thread, the future is polled continuously.
            Err(NoThread) => cx.waker().wake_by_ref(),
        }
        Poll::Pending
    }
}

/// A thread that wakes a task every 2 ms, with any executor; `None` if it could not be
/// started. The thread ends when the alarm is dropped.
struct Alarm(Option<Arc<Mutex<Option<Waker>>>>);

/// The operating system could not start a thread.
struct NoThread;

impl Alarm {
    fn start() -> Self {
        let waker = Arc::new(Mutex::new(None));
        let of_thread = Arc::downgrade(&waker);
        let run = move || {
            // The upgrade fails once the alarm is dropped.
            while let Some(waker) = of_thread.upgrade() {
                take(&waker).into_iter().for_each(Waker::wake);
                drop(waker);
                std::thread::sleep(BETWEEN_LOOKS);
            }
        };
        let thread = std::thread::Builder::new().name("trace-settled".to_owned());
        Self(thread.spawn(run).is_ok().then_some(waker))
    }

    /// Sets the task that is woken next.
    fn set(&self, cx: &Context<'_>) -> Result<(), NoThread> {
        let waker = self.0.as_ref().ok_or(NoThread)?;
        let next = cx.waker().clone();
        let mut waker = waker.lock().unpoisoned();
        let _last = waker.replace(next);
        drop(waker);
        Ok(())
    }
}

fn take(waker: &Mutex<Option<Waker>>) -> Option<Waker> {
    waker.lock().unpoisoned().take()
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
