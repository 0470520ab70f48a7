//! What became of every span, as it is told.

/// What became of every span of a tracer, at one moment.
///
/// Always exact, as each is counted where it happens:
///
/// - `started` is the sum of `read`, `sampled_out`, `open`, and what was dropped before it
///   was read: `queue`, `limit` and `shutdown` of `dropped`;
/// - `read` is the sum of `delivered`, `waiting`, and `collector` of `dropped`.
///
/// What became of what was read at each collector is in
/// [`Tracer::lane_stats`](crate::Tracer::lane_stats).
///
/// ```
/// use trace_core::Tracer;
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// tracer.root("checkout").run_sync(|| {});
/// let stats = tracer.stats();
/// assert_eq!((stats.started, stats.open), (1, 1)); // not yet read
/// tracer.flush(std::time::Duration::ZERO);
/// assert_eq!(tracer.stats().delivered, 1);
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Spans that began. A trace that the head sampler refused counts as one:
    /// what would have been below its first span is not known.
    pub started: u64,
    /// Spans that were read, to be given to each collector.
    pub read: u64,
    /// Spans that every collector took.
    pub delivered: u64,
    /// Spans that were read, and that a collector is being given or still will be.
    pub waiting: u64,
    /// Spans that a sampler refused.
    pub sampled_out: u64,
    /// Spans that were lost.
    pub dropped: DroppedSpans,
    /// Spans that run, or that ended and wait to be read.
    pub open: u64,
    /// Tags, logs, links and statuses that were set where the trace goes on but
    /// no span of the running task was open, or that came after their span was
    /// delivered.
    pub unattached: u64,
    /// Times that a collector panicked.
    pub collector_panics: u64,
    /// Times that the sampler panicked, which refuses the trace.
    pub sampler_panics: u64,
    /// Headers, or entries in them, that
    /// [`RootBuilder::extracted`](crate::RootBuilder::extracted) had to do without.
    pub bad_headers: u64,
    /// What became of the contexts that callers sent.
    pub callers: CallerStats,
}

/// What became of the contexts that callers sent, as
/// [`RootBuilder::extracted`](crate::RootBuilder::extracted) and the attributes' `remote` took
/// them.
///
/// ```
/// use trace_core::{Tracer, Trust, propagation};
///
/// let tracer = Tracer::builder("edge").on_demand().build()?;
/// let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
/// let root = tracer.root("GET /").extracted(propagation::extract(&headers));
/// root.trust(Trust::Restart).run_sync(|| ());
///
/// let callers = tracer.stats().callers;
/// assert_eq!((callers.continued, callers.restarted_by_trust), (0, 1));
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallerStats {
    /// Traces of callers that went on here, recorded or not.
    pub continued: u64,
    /// Of those, the ones that the caller wanted recorded and that were above the cap of
    /// [`Trust::Capped`](crate::Trust::Capped).
    pub capped: u64,
    /// Traces that began here, with a link to the caller, as
    /// [`Trust::Restart`](crate::Trust::Restart) asks.
    pub restarted_by_trust: u64,
    /// Traces that began here because the caller's context was bad.
    pub restarted_by_bad_header: u64,
    /// Bad `tracestate`s that were dropped while their trace went on.
    pub discarded_tracestates: u64,
}

/// Spans that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedSpans {
    /// Ended when the queue was full: what reads it is too slow.
    pub queue: u64,
    /// Open for so long that too many others were open as well, or too much was
    /// said of them.
    pub limit: u64,
    /// Read, and not taken by every collector: one panicked, or its lane was full or was
    /// given up at the shutdown. Which one, is in
    /// [`Tracer::lane_stats`](crate::Tracer::lane_stats).
    pub collector: u64,
    /// Ended after the shutdown, or waiting to be read when its deadline passed.
    pub shutdown: u64,
}

impl Stats {
    /// Spans that were lost, of which those that collectors have lost themselves were read.
    /// Several may have lost the same one.
    pub(crate) fn lost(&self, by_collectors: u64) -> u64 {
        let dropped = &self.dropped;
        let read = dropped.collector.saturating_add(by_collectors);
        dropped.queue + dropped.limit + dropped.shutdown + read.min(self.read)
    }
}

impl DroppedSpans {
    /// Returns the sum.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queue + self.limit + self.collector + self.shutdown
    }
}
