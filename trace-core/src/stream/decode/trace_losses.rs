//! How many spans of a trace were lost, and why.
//!
//! These are the losses of one trace. A collector gets them with the end of the trace. The
//! totals of a tracer are in [`Stats`](crate::Stats).

use std::fmt;

/// The number of spans of one trace that were recorded but did not reach a collector, by
/// reason.
///
/// A collector gets it from [`SpanBatch::losses`](crate::SpanBatch::losses), usually with
/// the end of the trace. An assembled trace reports it as a [`Problem`](crate::Problem).
/// Each count is a number of spans, and saturates at `u32::MAX`. Each span is counted
/// once, for one reason. Tags, logs and links that the limits cut off are counted in
/// [`DroppedItems`](crate::DroppedItems) instead.
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
    /// Spans whose beginning or end was lost because the tracer's queue was full.
    pub queue: u32,
    /// Spans that were dropped because more than 65,536 spans were open at once, or
    /// because the data of open spans needed more than 16 MiB.
    pub limit: u32,
    /// Spans in batches for which the collector's lane had no room. Other collectors may
    /// have received them.
    pub lane: u32,
    /// Spans in batches for which the collector panicked. Other collectors may have
    /// received them.
    pub panic: u32,
    /// Spans that were open when the tracer was shut down, or that still waited for the
    /// collector when the timeout of the shutdown expired.
    pub shutdown: u32,
    /// Whether more spans may be lost than are counted. This happens if the trace was open
    /// at the shutdown. It also happens if so many traces lost spans at once that they
    /// could not be counted separately.
    pub is_at_least: bool,
}

/// Why a span was lost; see [`TraceLosses`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossReason {
    /// The queue had no room for a piece in which the span began or ended.
    Queue,
    /// The decoder kept too many spans or too many bytes.
    Limit,
    /// One collector lost the span. Others may have received it.
    Lane(LaneLoss),
    /// The tracer was shut down while the span was open.
    Shutdown,
}

/// Why one collector did not receive a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LaneLoss {
    /// The collector's lane was full.
    Full,
    /// The collector panicked while it handled the batch.
    Panic,
    /// The span still waited for the collector when the timeout of the shutdown expired.
    Shutdown,
}

impl TraceLosses {
    /// Makes losses for one reason.
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

    /// Returns how many spans were lost, for all reasons together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queue as u64
            + self.limit as u64
            + self.lane as u64
            + self.panic as u64
            + self.shutdown as u64
    }

    /// Returns whether certainly nothing was lost: no span is counted, and `is_at_least`
    /// is false.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.total() == 0 && !self.is_at_least
    }

    /// Adds further losses of the same trace. They must not count the same spans.
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

    /// Returns the reasons for which spans were lost, as texts, each with its number of
    /// spans.
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
    /// Writes how many spans were lost and why, such as `2755 spans lost: queue full
    /// (2754), collector panicked (1)`. If there is only one reason, it has no number of
    /// its own.
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
