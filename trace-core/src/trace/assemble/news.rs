//! The traces that a collector passes to its hooks.
//!
//! The store collects them under its lock. The hooks are called after the lock is released.

use std::time::Duration;

use super::completed_trace::CompletedTrace;
use crate::value::TraceId;

/// The calls of the hooks that are due.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Traces that were completed or given up, or that have changed since.
    pub(super) completed: Vec<CompletedTrace>,
    /// Traces that have been open for a long time, each once.
    pub(super) open: Vec<OpenTrace>,
}

/// A trace that has been open for a long time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenTrace {
    pub(crate) trace_id: TraceId,
    /// The time since its first part here began; if that is unknown, since the collector first
    /// received a report of it.
    pub(crate) open_for: Duration,
    /// The number of its spans that have ended.
    pub(crate) spans: usize,
}
