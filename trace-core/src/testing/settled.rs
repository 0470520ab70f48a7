//! A test that waits until nothing is open.

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

/// Waits until no trace of a test's tracer is open; made by [`TestTracer::settled`].
///
/// # Cancel safety
///
/// See [`TestTracer::settled`].
#[must_use = "futures do nothing unless polled"]
pub struct Settled {
    tracer: TestTracer,
    timeout: Duration,
    asked_at: &'static Location<'static>,
    /// Since it was first polled.
    deadline: Option<Deadline>,
    quiet: Option<Quiet>,
    alarm: Option<Alarm>,
}

/// A time in which nothing was open.
#[derive(Clone, Copy)]
struct Quiet {
    /// How much had begun.
    begun: u64,
    /// When it is long enough.
    end: Deadline,
}

/// How long nothing is to be open, and nothing to begin: a root may be between two threads,
/// or about to begin in a task that has not run.
const QUIET: Duration = Duration::from_millis(10);

/// How long to wait before the next look while something is open.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

impl TestTracer {
    /// Waits until no trace of this tracer is open, and for 10 ms none has begun; instead of
    /// a sleep, before a test looks at what tasks and servers have recorded.
    ///
    /// Exact, on all threads: a trace is open from the beginning of its root until all its
    /// spans have ended, and its tasks ([`spawn`](crate::spawn),
    /// [`in_current_trace`](crate::TraceFuture::in_current_trace)) and messages
    /// ([`Carried`](crate::Carried)) are gone, also if nothing was recorded in them yet.
    /// What surrounds the call is not waited for: the test's body, and the spans in which it
    /// is awaited. All else of the test's own trace is.
    ///
    /// Not seen is what has yet to begin and does not belong to a trace: a root in a task of
    /// `tokio::spawn` or [`spawn_linked`](crate::spawn_linked) that has not run for 10 ms, a
    /// request on its way, a message in a channel without [`Carried`](crate::Carried). Nor
    /// are traces that are not sampled. Wait first for what the code says itself, such as a
    /// response. A server that is spawned by [`trace_core::spawn`](crate::spawn) is a part
    /// of the trace and never ends: spawn it by `tokio::spawn`.
    ///
    /// Works with any executor, also while tokio's time is paused: the timeout is in real
    /// time.
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
    /// When something is open after `timeout`, with what it is:
    ///
    /// ```text
    /// not settled after 5s: the trace of `order`, 1 task or message in the trace of `my_test` still open; awaited at tests/orders.rs:12:9
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
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

    /// Looks; returns whether it was quiet for long enough.
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
        // Asked after the look: who has no time at all has had one.
        let is_over = deadline.remaining().is_zero();
        if open.is_nothing() {
            if this.is_quiet(&open, is_over) {
                return Poll::Ready(());
            }
            // Others run meanwhile. To sleep instead would make a paused clock go on.
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
            // Without a thread it is asked all the time.
            Err(NoThread) => cx.waker().wake_by_ref(),
        }
        Poll::Pending
    }
}

/// Wakes a task after a while, with any executor.
struct Alarm(Option<Arc<Mutex<Option<Waker>>>>);

/// The operating system gave no thread.
struct NoThread;

impl Alarm {
    fn start() -> Self {
        let waker = Arc::new(Mutex::new(None));
        let of_thread = Arc::downgrade(&waker);
        let run = move || {
            // Ends when the alarm is dropped.
            while let Some(waker) = of_thread.upgrade() {
                take(&waker).into_iter().for_each(Waker::wake);
                drop(waker);
                std::thread::sleep(BETWEEN_LOOKS);
            }
        };
        let thread = std::thread::Builder::new().name("trace-settled".to_owned());
        Self(thread.spawn(run).is_ok().then_some(waker))
    }

    /// Sets who is woken next.
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
