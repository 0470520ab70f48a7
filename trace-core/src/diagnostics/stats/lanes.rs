//! What became of the spans that one collector was to have.

/// What became of the spans that were read, for one collector.
///
/// Always exact: `read` is the sum of `delivered`, everything in `dropped`, and `waiting`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneStats {
    /// The collector's [name](crate::Collector::name).
    pub name: String,
    /// Spans that were read: the same for all, and [`Stats::read`](crate::Stats::read).
    pub read: u64,
    /// Spans that the collector took.
    pub delivered: u64,
    /// Spans that it did not take.
    pub dropped: LaneDrops,
    /// Spans that it is being given, or that wait for it.
    pub waiting: u64,
    /// Bytes that are allocated for these. Batches are shared: what several collectors
    /// still have to take is allocated once, and counts in the lane of each.
    pub bytes: usize,
    /// Bytes from which on the lane drops what comes: its share of
    /// [`max_queue_bytes`](crate::TracerBuilder::max_queue_bytes). Zero for a collector
    /// without a thread of its own.
    pub max_bytes: usize,
}

/// Spans that a collector did not take, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneDrops {
    /// Its lane was full: it is too slow.
    pub full: u64,
    /// It panicked when it was given them.
    pub panic: u64,
    /// They waited for it when the deadline of the shutdown passed.
    pub shutdown: u64,
}

impl LaneDrops {
    /// Returns the sum.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.full + self.panic + self.shutdown
    }
}
