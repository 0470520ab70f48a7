//! Passes batches to the collectors and takes them back. Flushes and ends are in `end`.
//!
//! The worker fills a batch, and each lane holds a reference to it. The thread that drops the
//! last reference returns the chunks and bytes here. This file counts these spans and bytes.
//! It decides which lane has room, and calls no collector.

use std::sync::Arc;
use std::time::Duration;

use super::{Queue, State};
use crate::delivery::lane::{Lane, LaneWork};
use crate::delivery::missed_reports::LaneBatch;
use crate::delivery::shared_batch::SharedBatch;
use crate::diagnostics::SiteLoss;
use crate::process::sync::Unpoisoned;
use crate::stream::Chunk;
use crate::stream::decode::{Decoded, LaneLoss};

/// The maximum number of empty batches that are kept for reuse. It is small, because their
/// buffers do not count against the limit of bytes.
const MAX_SPARE_BATCHES: usize = 4;

impl Queue {
    /// Returns the bytes at which a batch is full: a quarter of the smallest share of a lane,
    /// so that each lane takes several batches. Unlimited if no collector has a thread.
    pub(in crate::delivery) fn max_batch_bytes(&self) -> usize {
        let state = self.state();
        let shares = state.ledger.lanes().into_iter().map(|lane| lane.max_bytes);
        let least = shares.filter(|bytes| *bytes > 0).min();
        least.map_or(usize::MAX, |bytes| bytes / 4)
    }

    /// Returns how many parts of traces are remembered for one collector that missed batches.
    /// This is a fraction of the total, because each of several collectors may miss some.
    pub(in crate::delivery) fn max_missed_parts(&self) -> usize {
        self.max_parts / 8
    }

    /// Returns how many parts of traces have their losses counted separately.
    pub(in crate::delivery) fn max_parts(&self) -> usize {
        self.max_parts
    }

    /// Takes back chunks that the worker had taken, and subtracts their bytes. Chunks that are
    /// not kept stay in `chunks`.
    fn recycle(state: &mut State, chunks: &mut Vec<Chunk>) {
        // Summed before `clear`, which may shrink the chunks, because these bytes were
        // counted.
        let bytes: usize = chunks.iter().map(Chunk::allocated).sum();
        chunks.iter_mut().for_each(Chunk::clear);
        // Saturating, because a wrong count must not block the queue forever.
        state.chunks.bytes = state.chunks.bytes.saturating_sub(bytes);
        if !state.is_closed {
            state.chunks.keep_free(chunks);
        }
    }

    /// Counts spans that were read and that each collector gets next. From now on they are
    /// *waiting*.
    pub(in crate::delivery) fn count_read(&self, spans: u64) {
        self.state().ledger.read(spans);
    }

    /// Counts spans that one collector took or lost. They no longer wait for it.
    pub(in crate::delivery) fn count_finished(
        &self,
        lane: usize,
        spans: u64,
        taken: Result<(), LaneLoss>,
    ) {
        self.state().ledger.finish(lane, spans, taken);
    }

    /// Takes back the chunks of a batch that no collector needs any more. Counts its spans as
    /// delivered, or as lost if a collector lost them (`is_lost`).
    pub(in crate::delivery) fn release_chunks(&self, decoded: &mut Decoded, is_lost: bool) {
        let spans = decoded.len() as u64;
        let chunks = decoded.end();
        let mut state = self.state();
        state.ledger.release(spans, is_lost);
        Self::recycle(&mut state, chunks);
        drop(state);
        // Chunks that are not kept are dropped here, after the lock is released.
        chunks.clear();
    }

    /// Returns, for each lane in order, whether it has no room for a batch.
    ///
    /// A lane with room keeps its room until the worker adds a batch or the lane ends, because
    /// only the worker fills lanes.
    pub(in crate::delivery) fn full_lanes(&self, batch: &SharedBatch) -> Vec<bool> {
        let state = self.state();
        let (spans, bytes) = (batch.spans(), batch.bytes);
        let lanes = state.lanes.iter();
        lanes
            .map(|lane| lane.has_thread && !lane.has_room_for(spans, bytes, self.max_spans))
            .collect()
    }

    /// Passes a batch to a lane.
    ///
    /// # Errors
    ///
    /// If the lane's thread has ended. Returns the batch, which the caller counts as lost.
    pub(in crate::delivery) fn give_batch(
        &self,
        lane: usize,
        given: LaneBatch,
    ) -> Result<(), LaneBatch> {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane).filter(|lane| !lane.has_ended) else {
            return Err(given);
        };
        place.push_batch(given);
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        drop(state);
        self.wake_lane(lane);
        Ok(())
    }

    /// Counts the bytes of a batch before any lane gets it, because a lane may release it at
    /// once, which subtracts them. The bytes of its chunks, unless copied, were already
    /// counted.
    pub(in crate::delivery) fn count_shared(&self, batch: &SharedBatch) {
        let mut state = self.state();
        state.chunks.bytes += batch.own_bytes();
        state.shared_bytes += batch.bytes;
    }

    /// Takes back chunks whose content was copied into a small batch.
    pub(in crate::delivery) fn return_chunks(&self, chunks: &mut Vec<Chunk>) {
        Self::recycle(&mut self.state(), chunks);
        // Chunks that are not kept are dropped here, after the lock is released.
        chunks.clear();
    }

    /// Wakes the thread of a lane, which is the only one that waits for this condition.
    fn wake_lane(&self, lane: usize) {
        if let Some(work) = self.lane_work.get(lane) {
            work.notify_one();
        }
    }

    /// Waits until a lane has work, or until `idle` has passed. Without `idle` it waits
    /// without a timeout. Closing the lanes always wakes it.
    pub(in crate::delivery) fn wait_lane(&self, lane: usize, idle: Option<Duration>) -> LaneWork {
        let Some(work) = self.lane_work.get(lane) else {
            return LaneWork::End;
        };
        let timeout = idle.unwrap_or(Duration::MAX);
        let woken = work.wait_timeout_while(self.state(), timeout, |state| {
            state.lanes.get(lane).is_some_and(|lane| !lane.has_work())
        });
        let mut state = woken.unpoisoned().0;
        state
            .lanes
            .get_mut(lane)
            .map_or(LaneWork::End, Lane::take_work)
    }

    /// Takes a batch back from a lane, and counts its spans as taken or lost there.
    pub(in crate::delivery) fn return_batch(
        &self,
        lane: usize,
        batch: Arc<SharedBatch>,
        taken: Result<(), LaneLoss>,
    ) {
        let mut state = self.state();
        state.ledger.finish(lane, batch.spans(), taken);
        if let Some(place) = state.lanes.get_mut(lane) {
            place.finish_batch(&batch);
            let bytes = place.bytes;
            state.ledger.set_bytes(lane, bytes);
        }
        drop(state);
        // The batch is marked before this lane's reference is dropped, so that the thread that
        // drops the last reference sees the mark.
        if let Err(loss) = taken {
            batch.mark_lost();
            // The batch still has its chunks, from which the sites of the spans are read.
            self.note_lane_loss(lane, &batch.decoded, loss);
        }
        self.release_batch(batch);
    }

    /// Notes how many spans a collector has taken and not passed on yet.
    pub(in crate::delivery) fn note_held_by(&self, lane: usize, held: u64) {
        if let Some(lane) = self.state().lanes.get_mut(lane) {
            lane.held = held;
        }
    }

    /// Counts the spans that a collector did not take in the chart of sites.
    /// [`count_finished`](Self::count_finished) changes the public counters.
    pub(in crate::delivery) fn note_lane_loss(
        &self,
        lane: usize,
        decoded: &Decoded,
        loss: LaneLoss,
    ) {
        let loss = SiteLoss::Lane(loss, lane);
        self.chart.drop_all(decoded.sites(), loss);
    }

    /// Drops one reference to a batch. The thread that drops the last reference returns the
    /// chunks and bytes to the queue. It counts the spans as delivered, or as lost if a
    /// collector lost them.
    pub(in crate::delivery) fn release_batch(&self, batch: Arc<SharedBatch>) {
        // If several threads release the batch at the same time, exactly one of them gets it.
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
            self.release_chunks(&mut decoded, is_lost);
        }
        let mut state = self.state();
        state.chunks.bytes = state.chunks.bytes.saturating_sub(own_bytes);
        state.shared_bytes = state.shared_bytes.saturating_sub(bytes);
        // The buffers of a copied batch are as small as that batch, so they are not kept.
        if !is_copy && state.spare_batches.len() < MAX_SPARE_BATCHES {
            state.spare_batches.push(decoded);
        }
    }

    /// Returns an empty batch for the worker to read into, with buffers if one was kept.
    pub(in crate::delivery) fn spare_batch(&self) -> Decoded {
        self.state().spare_batches.pop().unwrap_or_default()
    }
}
