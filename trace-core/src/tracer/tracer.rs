//! The public handle of a tracer.
//!
//! It owns the lifetime of the tracer: the last handle shuts the tracer down. Building is in
//! `builder.rs`, the process-wide tracer in `global.rs`, flushing and shutdown in `ending.rs`.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::ending::Ending;
use crate::delivery::FlushReport;
use crate::diagnostics::stats::{LaneStats, Stats};
use crate::diagnostics::{self, Doctor};
use crate::process::clock::Deadline;
use crate::record::{IfRecording, InScope, Scope, TracerCore};

/// Records traces and delivers them to its collectors.
///
/// A clone is another handle of the same tracer. When the last handle is dropped, the tracer
/// shuts down. It waits no longer than its
/// [`shutdown_timeout`](crate::TracerBuilder::shutdown_timeout).
///
/// ```
/// use std::time::Duration;
/// use trace_core::{TraceCollector, Tracer, span};
///
/// let traces = TraceCollector::new();
/// let tracer = Tracer::builder("shop").collector(traces.clone()).build()?;
/// tracer.root("checkout").run_sync(|| {
///     span::add_tag("order.id", 42);
/// });
/// tracer.flush(Duration::from_secs(1));
/// assert_eq!(traces.completed_traces().len(), 1);
/// # Ok::<(), trace_core::BuildError>(())
/// ```
///
/// # After a `fork`
///
/// In the child, a tracer of the parent behaves as if it were shut down. Roots are not
/// recorded. [`stats`](Self::stats) returns zeros. [`flush`](Self::flush) and
/// [`shutdown`](Self::shutdown) return at once, and their reports are not complete. Dropping
/// the last handle or the guard drops neither the collectors nor the sampler. Spans that were
/// open end only in the parent, which delivers everything once. The child generates different
/// ids from the parent, unless they come from
/// [`IdGenerator::seeded`](crate::IdGenerator::seeded) or
/// [`counting`](crate::IdGenerator::counting).
///
/// To record in the child, build a tracer with new collectors and samplers. A lock in a
/// collector of the parent may never be released in the child. So a clone of the parent's
/// [`TraceCollector`](crate::TraceCollector) or [`MemoryCollector`](crate::MemoryCollector)
/// may block forever. A collector that writes to a file shares the position in the file with
/// the parent.
#[doc(alias = "TracerProvider")]
#[derive(Clone)]
pub struct Tracer(pub(super) IfRecording<Option<Handle>>);

/// See [`Tracer`]. A tracer that is disabled has none.
#[derive(Clone)]
pub(super) struct Handle {
    core: Arc<TracerCore>,
    owner: Arc<Owner>,
}

/// Shared by the handles of a tracer; the last handle shuts the tracer down. Code that runs in
/// traces of the tracer does not own it.
struct Owner(Ending);

impl Handle {
    pub(super) fn new(ending: Ending) -> Self {
        diagnostics::tracer_begins();
        Self {
            core: Arc::clone(&ending.core),
            owner: Arc::new(Owner(ending)),
        }
    }
}

impl Tracer {
    fn handle(&self) -> Option<&Handle> {
        self.0.get().and_then(Option::as_ref)
    }

    /// Returns the handle if it was made in this process, and not in the parent of a `fork`.
    fn own(&self) -> Option<&Handle> {
        self.handle().filter(|handle| !handle.core.is_foreign())
    }

    /// Returns the [`Ending`] of the tracer, if the tracer was made in this process.
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.own().map(|handle| &handle.owner.0)
    }

    /// Returns whether the tracer belongs to another process: the parent, in the child of a
    /// `fork`.
    pub(super) fn is_foreign(&self) -> bool {
        self.core().is_some_and(|core| core.is_foreign())
    }

    pub(crate) fn core(&self) -> Option<&Arc<TracerCore>> {
        self.handle().map(|handle| &handle.core)
    }

    /// Makes this the tracer of all roots that begin while the future is polled, instead of
    /// the tracer of the process. The future does not run in the trace that surrounds the
    /// call. Tasks spawned with `tokio::spawn` do not inherit the tracer.
    ///
    /// # Cancel safety
    ///
    /// The wrapper holds no span and no state of its own, so it is cancel safe if the future
    /// is. The future is dropped while this tracer is current.
    ///
    /// ```
    /// # async fn serve() {}
    /// # async fn run(tracer: trace_core::Tracer) {
    /// tokio::spawn(tracer.attach(serve()));
    /// # }
    /// ```
    pub fn attach<F: Future>(&self, future: F) -> Attached<F> {
        Attached {
            run: InScope::new(|| self.scope(), future),
        }
    }

    /// Makes this the tracer of all roots that begin within `body`. The body does not run in
    /// the trace that surrounds the call.
    pub fn attach_sync<R>(&self, body: impl FnOnce() -> R) -> R {
        let mut scope = IfRecording::from_fn(|| self.scope());
        let _entered = scope.get_mut().map(Scope::enter);
        body()
    }

    /// Makes a scope in which this is the current tracer.
    fn scope(&self) -> Scope {
        diagnostics::attach();
        let core = self.core().filter(|core| !core.is_foreign()).cloned();
        core.map(Scope::attached).unwrap_or_default()
    }

    /// Returns what has happened to every span, as counts.
    ///
    /// The counts include the spans that the calling thread's scope has recorded so far.
    /// Spans of scopes that run on other threads are counted when their poll ends.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Some(handle) = self.own() else {
            return Stats::default();
        };
        crate::record::entered::count_stage();
        handle.core.queue.stats()
    }

    /// Returns what has happened at each collector to the spans that were read. The collectors
    /// are in the order in which they were added.
    #[must_use]
    pub fn lane_stats(&self) -> Vec<LaneStats> {
        let handle = self.own();
        handle.map_or_else(Vec::new, |handle| handle.core.queue.lane_stats())
    }

    /// Delivers all ended spans that their scopes have handed over, and flushes the
    /// collectors. Blocks this thread until that is done, but no longer than `timeout`.
    ///
    /// A scope hands over its spans when it ends. A long scope also does so from time to time.
    /// The scope in which `flush` is called hands over its spans first.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        let Some(handle) = self.own() else {
            return self.nothing();
        };
        crate::record::entered::hand_over();
        handle.owner.0.flush(Deadline::after(timeout))
    }

    /// Delivers the spans that were handed over, shuts the collectors down and ends the
    /// tracer's thread. Blocks this thread until that is done, but no longer than `timeout`.
    /// Spans that end later are dropped and counted. In async code, await
    /// [`shutdown_when_idle`](Self::shutdown_when_idle) instead.
    ///
    /// If another shutdown is running, this call and [`flush`](Self::flush) wait for its end,
    /// each until its own deadline. A call from a collector of this tracer does not wait.
    pub fn shutdown(&self, timeout: Duration) -> FlushReport {
        let Some(handle) = self.own() else {
            return self.nothing();
        };
        crate::record::entered::hand_over();
        handle.owner.0.shut_down(timeout)
    }

    /// Returns what happened to the spans of each place in the source. This shows why a span
    /// is missing.
    ///
    /// For calls that were not recorded, it has exact counts in debug builds and while the
    /// doctor is [armed](Self::arm_doctor). Otherwise it only shows whether there were such
    /// calls.
    #[must_use]
    pub fn doctor(&self) -> Doctor {
        let Some(handle) = self.own() else {
            return Doctor::nothing();
        };
        let queue = &handle.core.queue;
        let lanes = queue.lane_stats().into_iter();
        let names: Vec<String> = lanes.map(|lane| lane.name).collect();
        queue.chart.report(&names)
    }

    /// Starts counting the recorded spans and the unrecorded calls of each place in the
    /// source. Debug builds always count them. While the doctor is armed, an unrecorded call
    /// costs more than a recorded call.
    pub fn arm_doctor(&self) {
        if let Some(handle) = self.own() {
            handle.core.queue.chart.arm();
        }
    }

    /// Stops the counting that [`arm_doctor`](Self::arm_doctor) started.
    pub fn disarm_doctor(&self) {
        if let Some(handle) = self.own() {
            handle.core.queue.chart.disarm();
        }
    }

    /// Returns the report of a tracer that has nothing to deliver: one that is disabled, or in a
    /// build that does not record (complete), and in the child of a `fork` (not complete).
    pub(super) fn nothing(&self) -> FlushReport {
        FlushReport {
            is_complete: !self.is_foreign(),
            ..FlushReport::nothing()
        }
    }

    /// Shuts down within the tracer's `shutdown_timeout`.
    pub(super) fn shut_down_in_time(&self) -> FlushReport {
        let timeout = self.handle().map(|handle| handle.owner.0.shutdown_timeout);
        self.shutdown(timeout.unwrap_or_default())
    }

    /// Shuts down at once without printing the losses; the caller reports them.
    #[cfg(feature = "testing")]
    pub(crate) fn shut_down_unsaid(&self) {
        if let Some(handle) = self.own() {
            handle.core.queue.mark_loss_printed();
            let _report = self.shutdown(Duration::ZERO);
        }
    }

    /// Shuts down and prints the losses.
    pub(super) fn end(&self) {
        if let Some(handle) = self.own() {
            crate::record::entered::hand_over();
            handle.owner.0.end();
        }
    }
}

pin_project! {
    /// A future whose roots belong to a tracer; made by [`Tracer::attach`].
    ///
    /// # Cancel safety
    ///
    /// See [`Tracer::attach`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Attached<F> {
        #[pin]
        run: InScope<F>,
    }
}

impl<F: Future> Future for Attached<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.0.core.is_foreign() {
            // In the child of a `fork`, leak everything. The tracer's thread does not exist
            // and can neither be joined nor detached. Collectors would write their buffers a
            // second time. Collectors and the sampler may wait for their own threads, which do
            // not exist either.
            std::mem::forget(self.0.clone());
            return;
        }
        // The handle may be dropped within one of its own traces. Without this call, the spans
        // of that trace would come too late.
        crate::record::entered::hand_over();
        self.0.end();
        diagnostics::tracer_ends();
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
