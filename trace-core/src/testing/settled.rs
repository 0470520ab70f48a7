//! A test that waits until nothing is open.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::test_tracer::TestTracer;
use crate::process::clock::Deadline;
use crate::record::StillOpen;

/// Waits until no trace of a test's tracer is open; made by [`TestTracer::settled`].
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

impl Settled {
    pub(super) fn new(
        tracer: TestTracer,
        timeout: Duration,
        asked_at: &'static Location<'static>,
    ) -> Self {
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
        let mut waker = waker.lock().unwrap_or_else(PoisonError::into_inner);
        let _last = waker.replace(next);
        drop(waker);
        Ok(())
    }
}

fn take(waker: &Mutex<Option<Waker>>) -> Option<Waker> {
    waker.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
