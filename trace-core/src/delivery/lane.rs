//! The lane of a collector that has its own thread. The thread is in
//! [`lane_thread`](super::lane_thread).
//!
//! A lane is plain data under the queue's lock. It wakes no thread and calls no collector. It
//! limits the memory of one slow collector, so that a blocked collector does not cost the
//! others spans or time.

use std::collections::VecDeque;

use super::missed_reports::LaneBatch;
use super::shared_batch::SharedBatch;
use crate::collector::CollectorError;
use crate::process::clock::Deadline;
use crate::stream::decode::PartReport;

/// The work that waits for one collector.
#[derive(Debug)]
pub(super) struct Lane {
    /// Whether the collector has its own thread. If not, the worker calls the collector, and
    /// all other fields but `held` keep their initial values.
    pub(super) has_thread: bool,
    /// The waiting items, oldest first. A flush covers the batches before it.
    items: VecDeque<Item>,
    /// The number of batches that wait or that the collector is working on, and their spans
    /// and bytes. A batch counts until the thread [finishes](Lane::finish_batch) it, so that a
    /// blocked collector keeps its lane full.
    batches: usize,
    spans: u64,
    pub(super) bytes: usize,
    /// How many spans the collector has taken and not passed on yet.
    pub(super) held: u64,
    max_bytes: usize,
    /// Set when no more items come. The thread ends after the waiting items.
    is_closed: bool,
    /// Set when the thread has ended, or if there is none. Never cleared.
    pub(super) has_ended: bool,
    /// The number of the last completed flush.
    pub(super) flushed: u64,
    /// The collector's errors at the last flush or at its end.
    pub(super) errors: Vec<CollectorError>,
    /// Whether a caller has received these errors.
    pub(super) are_reported: bool,
    /// Reports of batches that were dropped at the shutdown's deadline, for the collector's
    /// last call.
    pub(super) given_up: Vec<PartReport>,
}

/// An item that waits in a lane.
#[derive(Debug)]
enum Item {
    Batch(LaneBatch),
    Flush(u64, Deadline),
}

/// The next step of a lane's thread.
#[derive(Debug)]
pub(super) enum LaneWork {
    Batch(LaneBatch),
    /// Flush the collector until the deadline. The first value is the number of the flush.
    Flush(u64, Deadline),
    /// No work came in time. Call `on_idle`.
    Idle,
    /// Shut the collector down and end.
    End,
}

impl Lane {
    pub(super) fn new(has_thread: bool, max_bytes: usize) -> Self {
        Self {
            has_thread,
            items: VecDeque::new(),
            batches: 0,
            spans: 0,
            bytes: 0,
            held: 0,
            max_bytes,
            is_closed: false,
            has_ended: !has_thread,
            flushed: 0,
            errors: Vec::new(),
            are_reported: true,
            given_up: Vec::new(),
        }
    }

    /// Returns whether a batch with this many spans and bytes fits. An empty lane has room for
    /// any batch, even one above its limits. Otherwise a very large batch could never be
    /// delivered. A lane whose thread has ended takes nothing.
    pub(super) fn has_room_for(&self, spans: u64, bytes: usize, max_spans: u64) -> bool {
        let has_room = self.spans + spans <= max_spans && self.bytes + bytes <= self.max_bytes;
        !self.has_ended && (self.batches == 0 || has_room)
    }

    /// Adds a batch. The worker has checked [`has_room_for`](Self::has_room_for), or the batch
    /// has no spans.
    pub(super) fn push_batch(&mut self, given: LaneBatch) {
        self.batches += 1;
        self.spans += given.batch.spans();
        self.bytes += given.batch.bytes;
        self.items.push_back(Item::Batch(given));
    }

    /// Adds a flush after all waiting items. Flushes without a batch between them are merged,
    /// so that callers that flush in a loop cannot make the list grow.
    pub(super) fn ask_flush(&mut self, number: u64, deadline: Deadline) {
        if let Some(Item::Flush(last, until)) = self.items.back_mut() {
            *last = number;
            *until = until.later(deadline);
            return;
        }
        self.items.push_back(Item::Flush(number, deadline));
    }

    /// Lets the thread end after the waiting items.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether the thread has work to do. Otherwise it sleeps.
    pub(super) fn has_work(&self) -> bool {
        self.is_closed || !self.items.is_empty()
    }

    /// Takes the next step for the thread.
    pub(super) fn take_work(&mut self) -> LaneWork {
        match self.items.pop_front() {
            Some(Item::Batch(given)) => LaneWork::Batch(given),
            Some(Item::Flush(number, deadline)) => LaneWork::Flush(number, deadline),
            None if self.is_closed => LaneWork::End,
            None => LaneWork::Idle,
        }
    }

    /// Removes a finished batch from the counts.
    pub(super) fn finish_batch(&mut self, batch: &SharedBatch) {
        // Saturating, because a wrong count must not make a lane refuse all further batches.
        self.batches = self.batches.saturating_sub(1);
        self.spans = self.spans.saturating_sub(batch.spans());
        self.bytes = self.bytes.saturating_sub(batch.bytes);
    }

    /// Returns whether a flush is done, or can never be done because the thread has ended.
    pub(super) fn has_flushed(&self, number: u64) -> bool {
        self.has_ended || self.flushed >= number
    }

    /// Takes out all waiting batches, for the caller to drop and count. Also drops waiting
    /// flushes. Their callers wait for [`has_ended`](Self::has_ended) or their deadline. The
    /// batch that the collector is working on stays counted.
    pub(super) fn take_batches(&mut self) -> Vec<LaneBatch> {
        let items = std::mem::take(&mut self.items).into_iter();
        let all = items.filter_map(|item| match item {
            Item::Batch(given) => Some(given),
            Item::Flush(..) => None,
        });
        let all: Vec<LaneBatch> = all.collect();
        for given in &all {
            self.finish_batch(&given.batch);
        }
        all
    }
}
