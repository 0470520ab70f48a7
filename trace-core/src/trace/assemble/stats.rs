//! The counters of a trace collector.

/// The counters of a [`TraceCollector`](crate::TraceCollector): spans received, and what
/// happened to them.
///
/// The counters start at zero and never decrease, except those that say *at the moment*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceCollectorStats {
    /// All received spans.
    pub spans_received: u64,
    /// Of these, spans whose id was already in the trace.
    pub spans_duplicate: u64,
    /// Of these, spans that were added to a completed trace.
    pub spans_late: u64,
    /// Of these, spans that were not added to a completed trace because it had reached the
    /// [limit of spans](crate::TraceCollectorOptions::max_spans_per_trace).
    pub spans_dropped: u64,
    /// Traces that were completed or given up, for any reason. A discarded trace counts
    /// again if spans of it come late.
    pub traces_completed: u64,
    /// Of these, traces that lack a root or a parent, have lost spans, or were cut off by a
    /// limit.
    pub traces_incomplete: u64,
    /// Of these, traces that were given up because there were too many traces or bytes.
    pub traces_evicted: u64,
    /// Completed traces that were discarded because there were too many traces or bytes.
    pub traces_discarded: u64,
    /// Traces being assembled at the moment.
    pub active_traces: u64,
    /// Completed traces kept at the moment.
    pub kept_traces: u64,
    /// Memory of all traces at the moment, in bytes, including the ids of discarded traces.
    /// The process grows by that much, plus or minus a quarter.
    pub bytes: u64,
    /// How often a hook has panicked.
    pub hook_panics: u64,
}
