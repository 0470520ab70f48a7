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
    /// The clock. Setting the system's time does not change a waiting time, because waiting
    /// uses elapsed time. Default: [`Clock::system`].
    pub clock: Clock,
    /// Time without a new span after which a trace is complete, if nothing is missing but
    /// another process may still send spans.
    ///
    /// Default: 10 s. This is twice the 5 s for which an exporter may delay spans
    /// (OpenTelemetry SDK specification, "Batching processor").
    pub quiet_time: Duration,
    /// Time without a new span after which a trace is given up if its root or a parent is
    /// missing. A trace is not given up while a tracer that delivers here knows that a part of
    /// it runs. Instead, a printing collector then prints that the trace is still open.
    ///
    /// Default: 60 s.
    pub give_up_time: Duration,
    /// Time after the first span at which a trace is completed or given up, even if spans
    /// still come. It does not apply while a part of the trace is known to run.
    ///
    /// Default: 10 min. Other systems may send spans of one trace forever.
    pub max_age: Duration,
    /// Number of tracers that deliver to this collector and will be shut down.
    ///
    /// With one tracer, a flush delivers all its spans, and completes every trace that lacks
    /// nothing. With several, a flush of one tracer completes nothing, because the others may
    /// still hold spans. The last shutdown completes or gives up all traces. Default: 1.
    pub tracers: usize,
    /// The maximum number of traces assembled at the same time. Above it, the trace that is
    /// due first is given up.
    ///
    /// Default: 10,000, enough for 1,000 requests per second that each wait for 10 s.
    pub max_active_traces: usize,
    /// The maximum number of completed traces that are kept. Above it, the oldest are
    /// discarded.
    ///
    /// Default: 10,000.
    pub max_completed_traces: usize,
    /// The maximum number of spans in one trace.
    ///
    /// Default: 100,000, about 50 MB. A larger trace is usually a batch job or a loop. Spans
    /// above this limit are counted in
    /// [`CompletedTrace::dropped_spans`](crate::CompletedTrace).
    pub max_spans_per_trace: usize,
    /// The maximum memory of all traces together, in bytes. The process grows by that much,
    /// plus or minus a quarter. This includes the allocator's overhead. It does not include
    /// traces that callers still hold.
    ///
    /// Above it, completed traces are discarded, the oldest first. Then active traces are
    /// given up. Up to 1/32 of this memory holds the ids of discarded traces, which is 46,000
    /// ids by default. Default: 256 MiB.
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
