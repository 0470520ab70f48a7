//! Counts where the handed-over spans are.
//!
//! Owned by the queue and changed only under its lock. So a reader never finds a span between
//! two counts. Spans that are still in their scopes are counted in
//! [`counters`](super::counters).

use super::lanes::{LaneDrops, LaneStats};
use super::stats::Stats;
use crate::stream::decode::LaneLoss;

/// Counts of the handed-over spans, by where they are.
///
/// `open` and `waiting` of [`Stats`] are counted here, not computed from the other counts. If
/// they were computed, the sums would hold even if spans got lost, and no test would notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Spans that are counted as started here, when they are handed over, instead of in
    /// `Starts`.
    pub(super) started: u64,
    /// Spans that have left their scopes, including lost spans.
    pub(super) handed_over: u64,
    /// Spans that wait for the worker.
    arrived: u64,
    /// Spans that the worker holds and has not read completely: open spans, and all spans that
    /// it is reading.
    held: u64,
    /// Spans that were read: the sum of the three below.
    read: u64,
    /// Taken by all collectors.
    delivered: u64,
    /// Lost by at least one collector.
    lost: u64,
    /// Not yet finished by all collectors.
    waiting: u64,
    /// By the number of the collector.
    lanes: Vec<LaneStats>,
    /// The losses of each collector at the last call of
    /// [`take_news_of_drops`](Self::take_news_of_drops) for it.
    told_drops: Vec<LaneDrops>,
}

impl Ledger {
    /// Makes an empty ledger. `lanes` contains the name and the share of bytes of each
    /// collector.
    pub(crate) fn new(lanes: impl IntoIterator<Item = (String, usize)>) -> Self {
        let lanes = lanes.into_iter().map(|(name, max_bytes)| LaneStats {
            name,
            max_bytes,
            ..LaneStats::default()
        });
        let lanes: Vec<LaneStats> = lanes.collect();
        Self {
            told_drops: vec![LaneDrops::default(); lanes.len()],
            lanes,
            ..Self::default()
        }
    }

    /// Counts spans that began and are handed over at once.
    pub(crate) fn start(&mut self, spans: u64) {
        self.started += spans;
    }

    /// Counts spans that enter the queue.
    pub(crate) fn arrive(&mut self, spans: u64) {
        self.handed_over += spans;
        self.arrived += spans;
    }

    /// Counts spans that the queue did not take. The caller counts the reason.
    pub(crate) fn refuse(&mut self, spans: u64) {
        self.handed_over += spans;
    }

    /// Moves all spans that wait in the queue to the worker.
    pub(crate) fn take(&mut self) {
        self.held += std::mem::take(&mut self.arrived);
    }

    /// Sets how many spans the worker keeps after it has read all that it took.
    pub(crate) fn hold(&mut self, spans: u64) {
        self.held = spans;
    }

    /// Removes spans from those that the worker holds. The caller counts them elsewhere.
    pub(crate) fn leave(&mut self, spans: u64) {
        self.held = self.held.saturating_sub(spans);
    }

    /// Counts spans that the worker has read. They now wait for each collector.
    pub(crate) fn read(&mut self, spans: u64) {
        self.leave(spans);
        self.read += spans;
        self.waiting += spans;
        for lane in &mut self.lanes {
            lane.waiting += spans;
        }
    }

    /// Counts spans that one collector has finished: it took them, or lost them.
    pub(crate) fn finish(&mut self, lane: usize, spans: u64, taken: Result<(), LaneLoss>) {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return;
        };
        lane.waiting = lane.waiting.saturating_sub(spans);
        let counter = match taken {
            Ok(()) => &mut lane.delivered,
            Err(LaneLoss::Full) => &mut lane.dropped.full,
            Err(LaneLoss::Panic) => &mut lane.dropped.panic,
            Err(LaneLoss::Shutdown) => &mut lane.dropped.shutdown,
        };
        *counter += spans;
    }

    /// Counts spans that all collectors have finished. `is_lost` means that a collector lost
    /// them.
    pub(crate) fn release(&mut self, spans: u64, is_lost: bool) {
        self.waiting = self.waiting.saturating_sub(spans);
        *(if is_lost {
            &mut self.lost
        } else {
            &mut self.delivered
        }) += spans;
    }

    /// Sets the bytes of the batches that wait for a lane.
    pub(crate) fn set_bytes(&mut self, lane: usize, bytes: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.bytes = bytes;
        }
    }

    /// Returns the counts of each collector.
    pub(crate) fn lanes(&self) -> Vec<LaneStats> {
        let with_read = |lane: &LaneStats| LaneStats {
            read: self.read,
            ..lane.clone()
        };
        self.lanes.iter().map(with_read).collect()
    }

    /// Returns the name of a collector.
    pub(crate) fn name(&self, lane: usize) -> &str {
        self.lanes.get(lane).map_or("", |lane| &lane.name)
    }

    /// Returns how many spans a collector has lost since the last call.
    pub(crate) fn take_news_of_drops(&mut self, lane: usize) -> LaneDrops {
        let Some(lane) = self.lanes.get(lane).zip(self.told_drops.get_mut(lane)) else {
            return LaneDrops::default();
        };
        let (drops, told) = (lane.0.dropped, std::mem::replace(lane.1, lane.0.dropped));
        LaneDrops {
            full: drops.full - told.full,
            panic: drops.panic - told.panic,
            shutdown: drops.shutdown - told.shutdown,
        }
    }

    /// Adds these counts to the public ones.
    pub(super) fn add_to(&self, stats: &mut Stats) {
        stats.open += self.arrived + self.held;
        (stats.read, stats.delivered) = (self.read, self.delivered);
        (stats.waiting, stats.dropped.collector) = (self.waiting, self.lost);
    }
}
