//! The public counts of one collector.

/// What happened at one collector to the spans that were read. Returned by
/// [`Tracer::lane_stats`](crate::Tracer::lane_stats).
///
/// Always exact: `read` is the sum of `delivered`, `waiting`, and everything in `dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneStats {
    /// The collector's [name](crate::Collector::name).
    pub name: String,
    /// Spans that were read. All collectors have the same number, which is
    /// [`Stats::read`](crate::Stats::read).
    pub read: u64,
    /// Spans that the collector took. What an exporter does with them is in its own
    /// statistics: while its server does not answer, spans wait there, and may be lost.
    pub delivered: u64,
    /// Spans that the collector did not take.
    pub dropped: LaneDrops,
    /// Spans that wait for the collector, or that it is taking.
    pub waiting: u64,
    /// Bytes allocated for the waiting spans. Collectors share a batch: it is allocated once,
    /// and counts in the lane of each collector that has not finished it.
    pub bytes: usize,
    /// Largest number of bytes that may wait in the lane: its share of
    /// [`max_queue_bytes`](crate::TracerBuilder::max_queue_bytes). Above this number, the lane
    /// drops new batches. Zero for a collector without a thread and a lane of its own, such as
    /// the only collector of a tracer. Its spans wait in the queue of the tracer, whose limit
    /// is `max_queue_bytes`.
    pub max_bytes: usize,
}

/// Spans that a collector did not take, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaneDrops {
    /// Dropped because the lane was full: the collector is too slow.
    pub full: u64,
    /// Dropped because the collector panicked while it took them.
    pub panic: u64,
    /// Still waiting when the deadline of the shutdown passed.
    pub shutdown: u64,
}

impl LaneDrops {
    /// Returns the sum of all reasons.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.full + self.panic + self.shutdown
    }
}
