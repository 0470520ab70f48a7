//! What a trace collector may take and how long it waits.

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
    /// Where the time comes from. All that is waited for is measured by what passes; that
    /// the clock is set has no part in it. Default: [`Clock::system`].
    pub clock: Clock,
    /// Time without a span after which a trace is complete that misses nothing, but of
    /// which another process may know more.
    ///
    /// Default: 10 s, twice the 5 s for which an exporter may hold spans back
    /// (OpenTelemetry SDK specification, "Batching processor").
    pub quiet_time: Duration,
    /// Time without a span after which a trace is given up whose root or a parent is
    /// missing. No trace is given up while a tracer that feeds the collector knows that a
    /// part of it runs; a collector that prints says after this time that it does.
    ///
    /// Default: 60 s.
    pub give_up_time: Duration,
    /// Time after the first span at which a trace is complete or given up, whatever comes,
    /// unless a part of it is known to run.
    ///
    /// Default: 10 min. Spans of other systems may come now and then for ever.
    pub max_age: Duration,
    /// Number of tracers that hand their spans over here and will be shut down.
    ///
    /// With one, a flush brings all there is, and completes every trace that misses
    /// nothing. With several, a flush of one says nothing about the others, and
    /// completes nothing; the last shutdown completes all. Default: 1.
    pub feeders: usize,
    /// Most traces that are being assembled at a time.
    ///
    /// Default: 10,000: 1,000 requests per second that wait for 10 s.
    pub max_active_traces: usize,
    /// Most completed traces that are kept; above, the oldest are discarded.
    ///
    /// Default: 10,000.
    pub max_completed_traces: usize,
    /// Most spans of one trace.
    ///
    /// Default: 100,000, some 50 MB: more is a batch job or a loop. Spans above are
    /// counted in [`CompletedTrace::dropped_spans`](crate::CompletedTrace).
    pub max_spans_per_trace: usize,
    /// Most memory for all traces together, in bytes: the process grows by that, give or
    /// take a quarter. What allocators add to each text and list counts; what is shared
    /// with whoever asked for traces, and is still held, does not.
    ///
    /// Above, completed traces are discarded, the oldest first, then active ones are
    /// given up. Up to a 32nd is for the ids of traces that were discarded: 46,000 of them.
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
            feeders: 1,
            max_active_traces: 10_000,
            max_completed_traces: 10_000,
            max_spans_per_trace: 100_000,
            max_bytes: 256 * 1024 * 1024,
        }
    }
}
