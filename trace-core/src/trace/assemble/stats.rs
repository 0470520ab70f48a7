//! What a trace collector counts.

/// What a [`TraceCollector`](crate::TraceCollector) received, and what became of it.
///
/// The counts start with the collector and never decrease. The fields that say *at the
/// moment* go up and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceCollectorStats {
    /// All spans that came.
    pub spans_received: u64,
    /// Of these, spans whose id the trace had already.
    pub spans_duplicate: u64,
    /// Of these, spans that were added to a completed trace.
    pub spans_late: u64,
    /// Of these, spans of a completed trace that were not added, because it had
    /// [as many as it may](crate::TraceCollectorOptions::max_spans_per_trace).
    pub spans_dropped: u64,
    /// Traces that were completed or given up, for any reason. A discarded trace counts
    /// again if spans of it come late.
    pub traces_completed: u64,
    /// Of these, traces without a root or a parent, and traces that a limit cut off.
    pub traces_incomplete: u64,
    /// Of these, traces that were given up because there were too many traces or bytes.
    pub traces_evicted: u64,
    /// Completed traces that were discarded because there were too many traces or bytes.
    pub traces_discarded: u64,
    /// Traces being assembled at the moment.
    pub active_traces: u64,
    /// Completed traces kept at the moment.
    pub kept_traces: u64,
    /// Memory of all traces at the moment, and of what is remembered of discarded traces,
    /// in bytes. The process grows by that much, plus or minus a quarter.
    pub bytes: u64,
    /// Calls of the hook that panicked.
    pub hook_panics: u64,
}
