//! Where the spans are that have been handed over.

use super::lanes::{LaneDrops, LaneStats};
use super::stats::Stats;

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
    /// What each had lost when somebody was last told.
    told_drops: Vec<LaneDrops>,
}

/// What became of spans at one collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    Full,
    Panic,
    Shutdown,
}

impl Ledger {
    /// Begins with the names of the collectors, and their shares of bytes.
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

    /// Counts spans that wait from now on.
    pub(crate) fn arrive(&mut self, spans: u64) {
        self.handed_over += spans;
        self.arrived += spans;
    }

    /// Counts spans that are dropped where they would wait.
    pub(crate) fn refuse(&mut self, spans: u64) {
        self.handed_over += spans;
    }

    /// Gives the worker what waits.
    pub(crate) fn take(&mut self) {
        self.held += std::mem::take(&mut self.arrived);
    }

    /// Says how many spans the worker has when it has read everything it took.
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

    /// Says what became of spans at one collector.
    pub(crate) fn finish(&mut self, lane: usize, spans: u64, fate: Fate) {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return;
        };
        lane.waiting = lane.waiting.saturating_sub(spans);
        let counter = match fate {
            Fate::Delivered => &mut lane.delivered,
            Fate::Full => &mut lane.dropped.full,
            Fate::Panic => &mut lane.dropped.panic,
            Fate::Shutdown => &mut lane.dropped.shutdown,
        };
        *counter += spans;
    }

    /// Says that no collector has to take these spans any more.
    pub(crate) fn release(&mut self, spans: u64, is_lost: bool) {
        self.waiting = self.waiting.saturating_sub(spans);
        *(if is_lost {
            &mut self.lost
        } else {
            &mut self.delivered
        }) += spans;
    }

    /// Says what waits for a lane.
    pub(crate) fn set_bytes(&mut self, lane: usize, bytes: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.bytes = bytes;
        }
    }

    /// What became of what was read at each collector.
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

    /// Takes how many spans a collector has lost since this was last asked.
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
