//! What a trace collector announces to its hooks.
//!
//! The store collects it under its lock; the hooks are called after the lock is released.

use std::time::Duration;

use super::completed_trace::CompletedTrace;
use crate::value::TraceId;

/// The calls of the hooks that are due.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Traces that are completed, given up, or completed before and have changed.
    pub(super) completed: Vec<CompletedTrace>,
    /// Traces that have been open for long, each once.
    pub(super) open: Vec<OpenTrace>,
}

/// A trace that has been open for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenTrace {
    pub(crate) trace_id: TraceId,
    /// The time since its first part here began; if that is not known, since the collector
    /// heard of it.
    pub(crate) open_for: Duration,
    /// Spans that have ended.
    pub(crate) spans: usize,
}
