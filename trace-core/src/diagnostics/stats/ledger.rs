//! Where the spans are that have been handed over.

use super::lanes::{LaneDrops, LaneStats};
use super::stats::Stats;
use crate::stream::decode::LaneLoss;

/// Where the spans are that have been handed over.
///
/// `open` and `waiting` in [`Stats`] are counted here, and not what is missing in a
/// sum: otherwise the sum could not be wrong, whatever is lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Spans that were not counted as started before they left their scopes.
    pub(super) started: u64,
    /// Spans that have left their scopes, whatever became of them.
    pub(super) handed_over: u64,
    /// Spans that wait for the worker.
    arrived: u64,
    /// Spans that the worker has and has not read to their end.
    held: u64,
    /// Spans that were read, and what became of them.
    read: u64,
    delivered: u64,
    lost: u64,
    waiting: u64,
    lanes: Vec<LaneStats>,
    /// What each collector had lost at the last report.
    told_drops: Vec<LaneDrops>,
}

impl Ledger {
    /// Makes an empty ledger; `lanes` are the collectors' names and their shares of bytes.
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

    /// Counts spans that began.
    pub(crate) fn start(&mut self, spans: u64) {
        self.started += spans;
    }

    /// Counts spans that enter the queue.
    pub(crate) fn arrive(&mut self, spans: u64) {
        self.handed_over += spans;
        self.arrived += spans;
    }

    /// Counts spans that the queue did not take.
    pub(crate) fn refuse(&mut self, spans: u64) {
        self.handed_over += spans;
    }

    /// Moves all waiting spans to the worker.
    pub(crate) fn take(&mut self) {
        self.held += std::mem::take(&mut self.arrived);
    }

    /// Sets how many spans the worker keeps after it has read all that it took.
    pub(crate) fn hold(&mut self, spans: u64) {
        self.held = spans;
    }

    /// Counts spans that the worker dropped.
    pub(crate) fn leave(&mut self, spans: u64) {
        self.held = self.held.saturating_sub(spans);
    }

    /// Counts spans that were read, for each collector.
    pub(crate) fn read(&mut self, spans: u64) {
        self.leave(spans);
        self.read += spans;
        self.waiting += spans;
        for lane in &mut self.lanes {
            lane.waiting += spans;
        }
    }

    /// Counts spans that wait for a collector no longer: it took them, or they are lost
    /// to it.
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

    /// Counts spans that every collector has finished; `is_lost` if one of them lost them.
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

    /// Returns what each collector took, lost and has waiting.
    pub(crate) fn lanes(&self) -> Vec<LaneStats> {
        let with_read = |lane: &LaneStats| LaneStats {
            read: self.read,
            ..lane.clone()
        };
        self.lanes.iter().map(with_read).collect()
    }

    /// The name of a collector.
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

    pub(super) fn add_to(&self, stats: &mut Stats) {
        stats.open += self.arrived + self.held;
        (stats.read, stats.delivered) = (self.read, self.delivered);
        (stats.waiting, stats.dropped.collector) = (self.waiting, self.lost);
    }
}
