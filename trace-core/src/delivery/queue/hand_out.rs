//! Batches on their way to the collectors, and back. Flushes and ends are in `end`.

use std::sync::Arc;
use std::time::Duration;

use super::{Queue, State};
use crate::delivery::lane::{Lane, LaneWork};
use crate::delivery::shared_batch::SharedBatch;
use crate::delivery::untold::Given;
use crate::diagnostics::SiteLoss;
use crate::process::sync::Unpoisoned;
use crate::stream::Chunk;
use crate::stream::decode::{Decoded, LaneLoss};

/// Most empty batches that are kept for reuse.
const MAX_SPARE_BATCHES: usize = 4;

impl Queue {
    /// Bytes at which a batch is full: a quarter of the smallest share of a lane.
    pub(in crate::delivery) fn max_batch_bytes(&self) -> usize {
        let state = self.state();
        let shares = state.ledger.lanes().into_iter().map(|lane| lane.max_bytes);
        let least = shares.filter(|bytes| *bytes > 0).min();
        least.map_or(usize::MAX, |bytes| bytes / 4)
    }

    /// Most parts of traces that are remembered for a collector that missed a batch.
    pub(in crate::delivery) fn max_untold(&self) -> usize {
        self.max_parts / 8
    }

    /// Most parts of traces whose losses are counted separately.
    pub(in crate::delivery) fn max_parts(&self) -> usize {
        self.max_parts
    }

    /// Takes back chunks that the worker had taken.
    fn recycle(state: &mut State, chunks: &mut Vec<Chunk>) {
        let bytes: usize = chunks.iter().map(Chunk::allocated).sum();
        chunks.iter_mut().for_each(Chunk::clear);
        state.chunks.bytes = state.chunks.bytes.saturating_sub(bytes);
        if !state.is_closed {
            state.chunks.keep(chunks);
        }
    }

    /// Counts spans that were read; each collector gets them next.
    pub(in crate::delivery) fn read(&self, spans: u64) {
        self.state().ledger.read(spans);
    }

    /// Counts spans that a collector took or lost.
    pub(in crate::delivery) fn finish(&self, lane: usize, spans: u64, taken: Result<(), LaneLoss>) {
        self.state().ledger.finish(lane, spans, taken);
    }

    /// Takes back the chunks of a batch that every collector has had; `is_lost` if one of
    /// them lost it.
    pub(in crate::delivery) fn release(&self, decoded: &mut Decoded, is_lost: bool) {
        let spans = decoded.len() as u64;
        let chunks = decoded.end();
        let mut state = self.state();
        state.ledger.release(spans, is_lost);
        Self::recycle(&mut state, chunks);
        drop(state);
        // Chunks that are not kept are dropped here, after the lock is released.
        chunks.clear();
    }

    /// Returns, for each lane in order, whether it has no room for a batch. A lane with room
    /// keeps it until the worker gives it the batch, as only the worker fills lanes.
    pub(in crate::delivery) fn full_lanes(&self, batch: &SharedBatch) -> Vec<bool> {
        let state = self.state();
        let (spans, bytes) = (batch.spans(), batch.bytes);
        let lanes = state.lanes.iter();
        lanes
            .map(|lane| lane.has_thread && !lane.takes(spans, bytes, self.max_spans))
            .collect()
    }

    /// Gives a batch to a lane; returns it if the lane's thread has ended.
    pub(in crate::delivery) fn give_batch(&self, lane: usize, given: Given) -> Result<(), Given> {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane).filter(|lane| !lane.has_ended) else {
            return Err(given);
        };
        place.push(given);
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        drop(state);
        self.wake_lane(lane);
        Ok(())
    }

    /// Counts the bytes of a batch before lanes get it. Its chunks, unless copied, are
    /// counted already.
    pub(in crate::delivery) fn count_shared(&self, batch: &SharedBatch) {
        let mut state = self.state();
        state.chunks.bytes += batch.own_bytes();
        state.shared_bytes += batch.bytes;
    }

    /// Takes back chunks whose content was copied.
    pub(in crate::delivery) fn return_chunks(&self, chunks: &mut Vec<Chunk>) {
        Self::recycle(&mut self.state(), chunks);
        // Chunks that are not kept are dropped here, after the lock is released.
        chunks.clear();
    }

    fn wake_lane(&self, lane: usize) {
        if let Some(work) = self.lane_work.get(lane) {
            work.notify_one();
        }
    }

    /// Waits until a lane has work, or until `idle` has passed.
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

    /// Returns a batch from a lane, and counts its spans as taken or lost there.
    pub(in crate::delivery) fn return_batch(
        &self,
        lane: usize,
        batch: Arc<SharedBatch>,
        taken: Result<(), LaneLoss>,
    ) {
        let mut state = self.state();
        state.ledger.finish(lane, batch.spans(), taken);
        if let Some(place) = state.lanes.get_mut(lane) {
            place.finish(&batch);
            let bytes = place.bytes;
            state.ledger.set_bytes(lane, bytes);
        }
        drop(state);
        if let Err(loss) = taken {
            batch.lose();
            self.note_lane_loss(lane, &batch.decoded, loss);
        }
        self.release_batch(batch);
    }

    /// Counts, by site, the spans that a collector did not take.
    pub(in crate::delivery) fn note_lane_loss(
        &self,
        lane: usize,
        decoded: &Decoded,
        loss: LaneLoss,
    ) {
        let loss = SiteLoss::Lane(loss, lane);
        self.chart.drop_all(decoded.sites(), loss);
    }

    /// Drops one reference to a batch. The last one returns the batch's chunks and bytes to
    /// the queue and counts its spans as delivered, or lost if a collector lost them.
    pub(in crate::delivery) fn release_batch(&self, batch: Arc<SharedBatch>) {
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

    /// Returns an empty batch for the worker to read into.
    pub(in crate::delivery) fn spare_batch(&self) -> Decoded {
        self.state().spare_batches.pop().unwrap_or_default()
    }
}
