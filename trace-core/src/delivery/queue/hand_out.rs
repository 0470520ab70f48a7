//! What the worker hands out to the collectors, and gets back.

use std::sync::Arc;
use std::time::Duration;

use super::{Queue, State};
use crate::delivery::lane::{Lane, LaneWork};
use crate::delivery::shared_batch::SharedBatch;
use crate::delivery::untold::Given;
use crate::diagnostics::DropReason;
use crate::diagnostics::stats::Fate;
use crate::process::sync::Unpoisoned;
use crate::stream::Chunk;
use crate::stream::decode::Decoded;

/// Batches that are kept to be used again.
const MAX_SPARE_BATCHES: usize = 4;

impl Queue {
    /// Bytes from which on a batch is not added to: a quarter of the least share of a lane.
    pub(in crate::delivery) fn max_batch_bytes(&self) -> usize {
        let state = self.state();
        let shares = state.ledger.lanes().into_iter().map(|lane| lane.max_bytes);
        let least = shares.filter(|bytes| *bytes > 0).min();
        least.map_or(usize::MAX, |bytes| bytes / 4)
    }

    /// Parts of which a collector is told later, if it does not take a batch.
    pub(in crate::delivery) fn max_untold(&self) -> usize {
        self.max_parts / 8
    }

    /// Parts of which losses are counted one by one.
    pub(in crate::delivery) fn max_parts(&self) -> usize {
        self.max_parts
    }

    /// Gives chunks back that had been taken.
    fn recycle(state: &mut State, chunks: &mut Vec<Chunk>) {
        let bytes: usize = chunks.iter().map(Chunk::allocated).sum();
        chunks.iter_mut().for_each(Chunk::clear);
        state.chunks.bytes = state.chunks.bytes.saturating_sub(bytes);
        if !state.is_closed {
            state.chunks.keep(chunks);
        }
    }

    /// Counts spans that were read, which each collector is given next.
    pub(in crate::delivery) fn read(&self, spans: u64) {
        self.state().ledger.read(spans);
    }

    /// Says what became of spans at a collector without a thread of its own.
    pub(in crate::delivery) fn finish(&self, lane: usize, spans: u64, fate: Fate) {
        self.state().ledger.finish(lane, spans, fate);
    }

    /// Gives chunks back whose spans all collectors were given.
    pub(in crate::delivery) fn release(&self, decoded: &mut Decoded, is_lost: bool) {
        let spans = decoded.len() as u64;
        let chunks = decoded.end();
        let mut state = self.state();
        state.ledger.release(spans, is_lost);
        Self::recycle(&mut state, chunks);
        drop(state);
        // If they are not kept they are dropped without the lock.
        chunks.clear();
    }

    /// Returns for which lanes a batch finds no room, in order. Only the worker makes them
    /// fuller.
    pub(in crate::delivery) fn full_lanes(&self, batch: &SharedBatch) -> Vec<bool> {
        let state = self.state();
        let (spans, bytes) = (batch.spans(), batch.bytes);
        let lanes = state.lanes.iter();
        lanes
            .map(|lane| lane.has_thread && !lane.takes(spans, bytes, self.max_spans))
            .collect()
    }

    /// Gives a lane a batch; gives it back if its thread has ended.
    pub(in crate::delivery) fn give(&self, lane: usize, given: Given) -> Result<(), Given> {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane).filter(|lane| !lane.has_ended) else {
            return Err(given);
        };
        place.push(given);
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        drop(state);
        self.wake(lane);
        Ok(())
    }

    /// Counts what a batch that lanes are given next has allocated besides its chunks.
    pub(in crate::delivery) fn share(&self, batch: &SharedBatch) {
        let mut state = self.state();
        state.chunks.bytes += batch.own_bytes();
        state.shared_bytes += batch.bytes;
    }

    /// Gives chunks back that were copied.
    pub(in crate::delivery) fn give_chunks_back(&self, chunks: &mut Vec<Chunk>) {
        Self::recycle(&mut self.state(), chunks);
        // If they are not kept they are dropped without the lock.
        chunks.clear();
    }

    fn wake(&self, lane: usize) {
        if let Some(work) = self.lane_work.get(lane) {
            work.notify_one();
        }
    }

    /// Waits until there is something to be done for a lane, or so long.
    pub(in crate::delivery) fn wait_lane(&self, lane: usize, idle: Option<Duration>) -> LaneWork {
        let Some(work) = self.lane_work.get(lane) else {
            return LaneWork::End;
        };
        let timeout = idle.unwrap_or(Duration::MAX);
        let woken = work.wait_timeout_while(self.state(), timeout, |state| {
            state.lanes.get(lane).is_some_and(|lane| !lane.has_work())
        });
        let mut state = woken.unpoisoned().0;
        state.lanes.get_mut(lane).map_or(LaneWork::End, Lane::take)
    }

    /// Says what became of a batch at a lane, which gives it back.
    pub(in crate::delivery) fn give_back(&self, lane: usize, batch: Arc<SharedBatch>, fate: Fate) {
        let mut state = self.state();
        state.ledger.finish(lane, batch.spans(), fate);
        if let Some(place) = state.lanes.get_mut(lane) {
            place.finish(&batch);
            let bytes = place.bytes;
            state.ledger.set_bytes(lane, bytes);
        }
        drop(state);
        if fate != Fate::Delivered {
            batch.lose();
            self.note_fate(lane, &batch.decoded, fate);
        }
        self.let_go(batch);
    }

    /// Notes of which sites the spans are that a collector did not take.
    pub(in crate::delivery) fn note_fate(&self, lane: usize, decoded: &Decoded, fate: Fate) {
        let reason = match fate {
            Fate::Delivered => return,
            Fate::Full => DropReason::LaneFull(lane),
            Fate::Panic => DropReason::Panic(lane),
            Fate::Shutdown => DropReason::LaneShutdown(lane),
        };
        self.chart.drop_all(decoded.sites(), reason);
    }

    /// Gives a batch back that nobody has any more, if that is so.
    pub(in crate::delivery) fn let_go(&self, batch: Arc<SharedBatch>) {
        let Some(batch) = Arc::into_inner(batch) else {
            return;
        };
        let SharedBatch {
            ref decoded,
            bytes,
            is_copy,
            ..
        } = batch;
        let (spans, own_bytes, is_lost) =
            (decoded.len() as u64, batch.own_bytes(), batch.is_lost());
        let mut decoded = batch.decoded;
        if is_copy {
            self.state().ledger.release(spans, is_lost);
        } else {
            self.release(&mut decoded, is_lost);
        }
        let mut state = self.state();
        state.chunks.bytes = state.chunks.bytes.saturating_sub(own_bytes);
        state.shared_bytes = state.shared_bytes.saturating_sub(bytes);
        if !is_copy && state.spare_batches.len() < MAX_SPARE_BATCHES {
            state.spare_batches.push(decoded);
        }
    }

    /// What the next batch can be read into.
    pub(in crate::delivery) fn spare_batch(&self) -> Decoded {
        self.state().spare_batches.pop().unwrap_or_default()
    }
}
