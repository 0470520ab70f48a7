//! How many spans of a trace were lost.

use std::fmt;

/// Spans of one trace that were recorded and lost on the way to a collector, by reason.
///
/// ```
/// use trace_core::TraceLosses;
///
/// let mut losses = TraceLosses::default();
/// losses.queue = 2_754;
/// assert_eq!(losses.to_string(), "2754 spans lost: queue full");
/// losses.panic = 1;
/// assert_eq!(losses.to_string(), "2755 spans lost: queue full (2754), collector panicked (1)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceLosses {
    /// The tracer's queue was full.
    pub queue: u32,
    /// Too many spans were open at once, or too much was said of them.
    pub limit: u32,
    /// The collector's lane was full.
    pub lane: u32,
    /// The collector panicked at the batch in which they were.
    pub panic: u32,
    /// They were open when the tracer was shut down, or waited for the collector when the
    /// time for that was over.
    pub shutdown: u32,
    /// Whether there may be more: of a trace that is open at the shutdown, and where very
    /// many traces lose spans at once.
    pub is_at_least: bool,
}

/// Why a span was lost; see [`TraceLosses`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossReason {
    Queue,
    Limit,
    /// Lost at one collector; others may have it.
    Lane(LaneLoss),
    Shutdown,
}

/// Why one collector did not take a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LaneLoss {
    /// Its lane was full.
    Full,
    /// It panicked at the batch.
    Panic,
    /// The span waited for it when the time of the shutdown was over.
    Shutdown,
}

impl TraceLosses {
    /// Returns the losses of one reason.
    pub(crate) fn from_reason(reason: LossReason, spans: u64) -> Self {
        let mut losses = Self::default();
        let count = match reason {
            LossReason::Queue => &mut losses.queue,
            LossReason::Limit => &mut losses.limit,
            LossReason::Lane(LaneLoss::Full) => &mut losses.lane,
            LossReason::Lane(LaneLoss::Panic) => &mut losses.panic,
            LossReason::Shutdown | LossReason::Lane(LaneLoss::Shutdown) => &mut losses.shutdown,
        };
        *count = u32::try_from(spans).unwrap_or(u32::MAX);
        losses
    }

    /// Returns the sum.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queue as u64
            + self.limit as u64
            + self.lane as u64
            + self.panic as u64
            + self.shutdown as u64
    }

    /// Returns whether nothing is known to be lost.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.total() == 0 && !self.is_at_least
    }

    /// Adds other losses of the same trace.
    pub(crate) fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.queue, other.queue),
            (&mut self.limit, other.limit),
            (&mut self.lane, other.lane),
            (&mut self.panic, other.panic),
            (&mut self.shutdown, other.shutdown),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        self.is_at_least |= other.is_at_least;
    }

    /// The reasons in words, and how many spans each has lost.
    fn reasons(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let all = [
            ("queue full", self.queue),
            ("limit", self.limit),
            ("lane full", self.lane),
            ("collector panicked", self.panic),
            ("shutdown", self.shutdown),
        ];
        all.into_iter().filter(|(_, spans)| *spans > 0)
    }
}

impl fmt::Display for TraceLosses {
    /// Writes how many, and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        if total == 0 {
            let nothing = if self.is_at_least {
                "spans may be lost"
            } else {
                "no spans lost"
            };
            return f.write_str(nothing);
        }
        let at_least = if self.is_at_least { "at least " } else { "" };
        let s = if total == 1 { "" } else { "s" };
        write!(f, "{at_least}{total} span{s} lost")?;
        let is_only = self.reasons().nth(1).is_none();
        for (index, (reason, spans)) in self.reasons().enumerate() {
            f.write_str(if index == 0 { ": " } else { ", " })?;
            f.write_str(reason)?;
            if !is_only {
                write!(f, " ({spans})")?;
            }
        }
        Ok(())
    }
}
