//! A trace for which the collector no longer waits, and the reason.

use std::fmt;
use std::sync::Arc;

use super::trace::Trace;
use crate::value::Timestamp;

/// A trace for which a [`TraceCollector`](crate::TraceCollector) no longer waits.
///
/// A clone is cheap. It does not get the spans that come later.
#[derive(Clone, Debug)]
pub struct CompletedTrace {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Why the collector no longer waits for it.
    pub completion: Completion,
    /// When that was decided, by the collector's clock.
    pub completed_at: Timestamp,
    /// Whether the hook was called with this trace before. It is called again if spans came
    /// late or were dropped, or if more of them are known to be lost.
    pub told_before: bool,
    /// How many spans were added after the completion. The hook is called again with all
    /// spans, or with these alone if the collector has
    /// [discarded](crate::TraceCollectorOptions::max_completed_traces) the others.
    pub late_spans: usize,
    /// How many spans were not added, because the trace has the most spans allowed.
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
/// If several reasons hold, one that cut the trace comes first, then lost spans, then what
/// the spans say (nothing is missing, or a parent is). A reason that comes late replaces only
/// one that it precedes in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// Nothing is missing: all processes have reported their part, or no span came for the
    /// quiet time. If one tracer delivers to the collector, what ran in other processes does
    /// not count.
    Complete,
    /// Nothing is missing, and the collector was flushed before the quiet time was over.
    Flushed,
    /// All parts have ended, and spans were lost on their way to the collector: see
    /// [`Trace::losses`](crate::Trace::losses).
    SpansLost,
    /// All parts have ended in the one tracer that delivers to the collector, but a parent is
    /// missing that should have come from it, as if it had been filtered out.
    ParentMissing,
    /// The root or a parent is missing, or a tracer has not reported the end of its part, and
    /// no span came for the [`give_up_time`](crate::TraceCollectorOptions::give_up_time).
    TimedOut,
    /// The trace had more spans than allowed.
    TooManySpans,
    /// All traces together took more memory than allowed.
    TooManyBytes,
    /// There were more active traces than allowed, and this one was due first.
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

    /// Returns `other` if it precedes this reason in the order above, and this one otherwise.
    pub(super) const fn or_before(self, other: Self) -> Self {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    /// Returns the place in that order; the least comes first.
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
