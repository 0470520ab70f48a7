//! The public counts of a tracer.

/// What has happened to every span of a tracer, at one moment. Returned by
/// [`Tracer::stats`](crate::Tracer::stats).
///
/// Two sums always hold exactly, because each step of a span is counted where it happens:
///
/// - `started` is the sum of `read`, `sampled_out`, `open`, and the spans that were dropped
///   before they were read: `dropped.queue`, `dropped.limit` and `dropped.shutdown`.
/// - `read` is the sum of `delivered`, `waiting`, and `dropped.collector`.
///
/// [`Tracer::lane_stats`](crate::Tracer::lane_stats) returns such counts for each collector.
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
    /// Spans that began. A trace that the sampler refused counts as one span, because the
    /// spans below its first span are not known.
    pub started: u64,
    /// Spans that the worker has read for the collectors.
    pub read: u64,
    /// Spans that every collector took.
    pub delivered: u64,
    /// Spans that were read, and that at least one collector has not finished.
    pub waiting: u64,
    /// Spans that a sampler refused.
    pub sampled_out: u64,
    /// Spans that were lost.
    pub dropped: DroppedSpans,
    /// Spans that run, or that have ended and wait to be read.
    pub open: u64,
    /// Tags, logs, links and statuses that belong to no span. They were set in a recorded
    /// trace while the current task had no open span, or they came after their span was
    /// delivered.
    pub unattached: u64,
    /// Panics of collectors.
    pub collector_panics: u64,
    /// Panics of the sampler. Each panic refuses one trace.
    pub sampler_panics: u64,
    /// Headers, and entries in headers, that
    /// [`RootBuilder::extracted`](crate::RootBuilder::extracted) could not use.
    pub bad_headers: u64,
    /// What happened to the contexts that callers sent.
    pub callers: CallerStats,
}

/// What happened to the contexts that callers sent.
/// [`RootBuilder::extracted`](crate::RootBuilder::extracted) and the attributes' `remote`
/// receive these contexts.
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
    /// Traces of callers that continued here, recorded or not.
    pub continued: u64,
    /// Traces that were not recorded, or not by the caller's decision, because they were above
    /// the cap of [`Trust::Capped`](crate::Trust::Capped): continued ones that the caller
    /// records, those with the caller's id that the sampler would have recorded, and those that
    /// were only passed on, as not sampled.
    pub capped: u64,
    /// Traces that began here with a link to the caller, because of
    /// [`Trust::Restart`](crate::Trust::Restart).
    pub restarted_by_trust: u64,
    /// Traces that began here because the caller's context was bad.
    pub restarted_by_bad_header: u64,
    /// Bad `tracestate` headers that were dropped while their trace continued.
    pub discarded_tracestates: u64,
}

/// Spans that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedSpans {
    /// Handed over while the queue was full: the worker was too slow.
    pub queue: u64,
    /// Dropped while open, because too many spans were open at once, or they had too much
    /// data.
    pub limit: u64,
    /// Read, but not taken by every collector: a collector panicked, its lane was full, or the
    /// shutdown gave up its lane. [`Tracer::lane_stats`](crate::Tracer::lane_stats) shows
    /// which collector it was.
    pub collector: u64,
    /// Ended after the shutdown, or not read before the deadline of the shutdown.
    pub shutdown: u64,
}

impl Stats {
    /// Returns the number of lost spans. `by_collectors` is the number of spans that
    /// collectors report as lost. These spans were read, and several collectors may have lost
    /// the same span. So at most the number of read spans counts.
    pub(crate) fn lost(&self, by_collectors: u64) -> u64 {
        let dropped = &self.dropped;
        let read = dropped.collector.saturating_add(by_collectors);
        dropped.queue + dropped.limit + dropped.shutdown + read.min(self.read)
    }
}

impl DroppedSpans {
    /// Returns the sum of all reasons.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queue + self.limit + self.collector + self.shutdown
    }
}
