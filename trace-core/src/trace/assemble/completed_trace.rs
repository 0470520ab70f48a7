//! A trace for which the collector no longer waits, and the reason.

use std::fmt;
use std::sync::Arc;

use super::trace::Trace;
use crate::value::Timestamp;

/// A trace for which a [`TraceCollector`](crate::TraceCollector) no longer waits.
///
/// Cloning is cheap. Spans that come later are not added to a clone.
#[derive(Clone, Debug)]
pub struct CompletedTrace {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Why the collector no longer waits for it.
    pub completion: Completion,
    /// When the collector completed it or gave it up, by the collector's clock.
    pub completed_at: Timestamp,
    /// Whether the hook was called with this trace before. It is called again if spans came
    /// late or were dropped, or if more spans are known to be lost.
    pub told_before: bool,
    /// How many spans were added after the completion. The hook is called again with all
    /// spans. If the collector has
    /// [discarded](crate::TraceCollectorOptions::max_completed_traces) the earlier spans, it
    /// is called with the late spans alone.
    pub late_spans: usize,
    /// How many spans were not added because the trace had reached its limit of spans.
    pub dropped_spans: usize,
}

impl CompletedTrace {
    /// Adds a reason that came late. Returns whether the trace was complete before.
    pub(super) fn add_reason(&mut self, reason: Completion) -> bool {
        let was_complete = self.completion.is_complete();
        self.completion = self.completion.or_before(reason);
        was_complete
    }
}

/// Why a collector no longer waits for a trace.
///
/// If several reasons hold, a reason that cut the trace takes precedence. Lost spans come
/// next, then the reasons that follow from the spans (nothing is missing, or a parent is). A
/// later reason replaces the earlier one only if it precedes it in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// Nothing is missing: all processes have reported their part, or no span came for the
    /// quiet time. If only one tracer delivers to the collector, spans of other processes do
    /// not count as missing.
    Complete,
    /// Nothing is missing, and the collector was flushed before the quiet time was over.
    Flushed,
    /// All parts have ended, but spans were lost on their way to the collector; see
    /// [`Trace::losses`](crate::Trace::losses).
    SpansLost,
    /// All parts have ended in the only tracer that delivers to the collector. But a parent
    /// that should have come from it is missing, for example because it was filtered out.
    ParentMissing,
    /// No span came for the [`give_up_time`](crate::TraceCollectorOptions::give_up_time), and
    /// something is missing: the root, a parent, or the report that a part has ended.
    TimedOut,
    /// The trace had more spans than allowed.
    TooManySpans,
    /// All traces together took more memory than allowed.
    TooManyBytes,
    /// There were more active traces than allowed, and this trace was due first.
    Evicted,
    /// Something was missing, as for [`TimedOut`](Self::TimedOut), when the collector
    /// was shut down.
    Stopped,
}

impl Completion {
    /// Returns whether nothing is known to be missing.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Complete | Self::Flushed)
    }

    /// Returns whichever of the two reasons comes first in the order above; if equal, `self`.
    pub(super) const fn or_before(self, other: Self) -> Self {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    /// Returns the position in that order. The lowest comes first.
    const fn rank(self) -> u8 {
        match self {
            Self::Complete | Self::Flushed | Self::ParentMissing => 2,
            Self::SpansLost => 1,
            _ => 0,
        }
    }

    /// Returns the reason in words, such as `timed out`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Flushed => "flushed",
            Self::SpansLost => "spans lost",
            Self::ParentMissing => "a parent is missing",
            Self::TimedOut => "timed out",
            Self::TooManySpans => "too many spans",
            Self::TooManyBytes => "too many bytes",
            Self::Evicted => "too many traces",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
