//! A trace that is no longer waited for.

use std::fmt;
use std::sync::Arc;

use super::trace::Trace;
use crate::value::Timestamp;

/// A trace that a [`TraceCollector`](crate::TraceCollector) no longer waits for.
///
/// Cheap to clone; a clone does not see the spans that come later.
#[derive(Clone, Debug)]
pub struct CompletedTrace {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Why it is no longer waited for.
    pub completion: Completion,
    /// When that was decided, by the collector's clock.
    pub completed_at: Timestamp,
    /// Whether a hook was told of it before. It is told again if spans came late or were
    /// dropped, or if it is known that more of them were lost.
    pub told_before: bool,
    /// How many spans were added afterwards. A hook is told the trace again with them: if
    /// the collector has [discarded](crate::TraceCollectorOptions::max_completed_traces) the
    /// others meanwhile, with these alone.
    pub late_spans: usize,
    /// How many spans came and were not added, since the trace is as large as it may be.
    pub dropped_spans: usize,
}

impl CompletedTrace {
    /// Takes in a reason that came late; returns whether the trace was complete until then.
    pub(super) fn add_reason(&mut self, reason: Completion) -> bool {
        let was_complete = self.completion.is_complete();
        self.completion = self.completion.or_before(reason);
        was_complete
    }
}

/// Why a trace is no longer waited for.
///
/// Where several reasons hold, what cut the trace comes before what was lost of it, and that
/// before what its spans say: that nothing, or a parent, is missing. What comes late changes
/// it only in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// Nothing is missing: all processes have reported their part, or nothing came
    /// for the quiet time. Where one tracer feeds the collector, what ran in other
    /// processes is none of its business.
    Complete,
    /// Nothing is missing, and the collector was flushed before the quiet time was
    /// over.
    Flushed,
    /// All has ended, and spans were lost on their way here: see
    /// [`Trace::losses`](crate::Trace::losses).
    SpansLost,
    /// All has ended in the one tracer that feeds the collector, and a parent is missing that
    /// should have come from there, as if somebody had filtered it out.
    ParentMissing,
    /// The root or a parent is missing, or a tracer has not said that its part has
    /// ended, and nothing came for the time after which a trace is given up.
    TimedOut,
    /// It had more spans than a trace may have.
    TooManySpans,
    /// All traces together took more memory than they may.
    TooManyBytes,
    /// There were more active traces than there may be, and this one would have been
    /// the next to time out.
    Evicted,
    /// Something was missing, as for [`TimedOut`](Self::TimedOut), when the collector
    /// was shut down.
    Stopped,
}

impl Completion {
    /// Returns whether nothing was known to be missing.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Complete | Self::Flushed)
    }

    /// Returns the one of two reasons that is said; this one, if neither comes first.
    pub(super) const fn or_before(self, other: Self) -> Self {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Complete | Self::Flushed | Self::ParentMissing => 2,
            Self::SpansLost => 1,
            _ => 0,
        }
    }

    /// Returns the reason in words: `timed out`.
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
