//! The options of a trace collector.

use std::time::Duration;

use crate::process::clock::Clock;

/// How long a [`TraceCollector`](crate::TraceCollector) waits and how much it keeps.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{TraceCollector, TraceCollectorOptions};
///
/// let collector = TraceCollector::with_options(TraceCollectorOptions {
///     quiet_time: Duration::from_secs(2),
///     ..TraceCollectorOptions::default()
/// });
/// # let _ = collector;
/// ```
#[derive(Clone, Debug)]
pub struct TraceCollectorOptions {
    /// Where the time comes from. Setting the clock changes no waiting time: each is
    /// measured by the time that passes. Default: [`Clock::system`].
    pub clock: Clock,
    /// Time without a span after which a trace is complete if nothing is missing, but
    /// another process may still send more.
    ///
    /// Default: 10 s, twice the 5 s for which an exporter may hold spans back
    /// (OpenTelemetry SDK specification, "Batching processor").
    pub quiet_time: Duration,
    /// Time without a span after which a trace is given up if its root or a parent is
    /// missing. No trace is given up while a tracer that delivers here knows that a part
    /// of it runs; after this time a printing collector says that it still runs.
    ///
    /// Default: 60 s.
    pub give_up_time: Duration,
    /// Time after the first span at which a trace is complete or given up, even if spans
    /// still come, unless a part of it is known to run.
    ///
    /// Default: 10 min. Other systems may send spans of one trace forever.
    pub max_age: Duration,
    /// Number of tracers that deliver to this collector and will be shut down.
    ///
    /// With one, a flush brings all its spans, and completes every trace that misses
    /// nothing. With several, a flush of one says nothing about the others, and
    /// completes nothing; the last shutdown completes or gives up all. Default: 1.
    pub tracers: usize,
    /// Most traces that are assembled at a time; above, the trace that is due first is
    /// given up.
    ///
    /// Default: 10,000: 1,000 requests per second that wait for 10 s.
    pub max_active_traces: usize,
    /// Most completed traces that are kept; above, the oldest are discarded.
    ///
    /// Default: 10,000.
    pub max_completed_traces: usize,
    /// Most spans of one trace.
    ///
    /// Default: 100,000, about 50 MB: more is a batch job or a loop. Spans above this limit
    /// are counted in [`CompletedTrace::dropped_spans`](crate::CompletedTrace).
    pub max_spans_per_trace: usize,
    /// Most memory for all traces together, in bytes: the process grows by that much, plus
    /// or minus a quarter. This includes what allocators add to each text and list. It
    /// does not include traces that callers asked for and still hold.
    ///
    /// Above, completed traces are discarded, the oldest first, then active ones are
    /// given up. Up to 1/32 holds the ids of discarded traces: 46,000 by default.
    /// Default: 256 MiB.
    pub max_bytes: usize,
}

impl Default for TraceCollectorOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            quiet_time: Duration::from_secs(10),
            give_up_time: Duration::from_secs(60),
            max_age: Duration::from_secs(600),
            tracers: 1,
            max_active_traces: 10_000,
            max_completed_traces: 10_000,
            max_spans_per_trace: 100_000,
            max_bytes: 256 * 1024 * 1024,
        }
    }
}
