//! What waits for a collector that has a thread of its own. That thread is in
//! [`lane_thread`](super::lane_thread).

use std::collections::VecDeque;

use super::shared_batch::SharedBatch;
use super::untold::Given;
use crate::collector::CollectorError;
use crate::process::clock::Deadline;
use crate::stream::decode::PartReport;

/// What waits for one collector.
#[derive(Debug)]
pub(super) struct Lane {
    /// Whether the collector has a thread of its own. If not, all else is unused.
    pub(super) has_thread: bool,
    items: VecDeque<Item>,
    /// Batches that wait or that the collector is working on, and their spans and bytes.
    batches: usize,
    spans: u64,
    pub(super) bytes: usize,
    max_bytes: usize,
    /// Whether the thread ends after the items that wait.
    is_closed: bool,
    /// Whether the thread has ended.
    pub(super) has_ended: bool,
    /// The number of the last flush that was done.
    pub(super) flushed: u64,
    /// The collector's errors of the last flush or of its end.
    pub(super) errors: Vec<CollectorError>,
    /// Whether a caller has got these errors.
    pub(super) are_told: bool,
    /// Reports of batches that were dropped at the shutdown's deadline.
    pub(super) given_up: Vec<PartReport>,
}

#[derive(Debug)]
enum Item {
    Batch(Given),
    Flush(u64, Deadline),
}

/// The next step of a lane's thread.
#[derive(Debug)]
pub(super) enum LaneWork {
    Batch(Given),
    /// The number of the flush, and until when.
    Flush(u64, Deadline),
    /// Nothing came in time: call `on_idle`.
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
            max_bytes,
            is_closed: false,
            has_ended: !has_thread,
            flushed: 0,
            errors: Vec::new(),
            are_told: true,
            given_up: Vec::new(),
        }
    }

    /// Whether there is room for a batch of so many spans and bytes. An empty lane has room
    /// for any batch, even one above its bounds.
    pub(super) fn takes(&self, spans: u64, bytes: usize, max_spans: u64) -> bool {
        let has_room = self.spans + spans <= max_spans && self.bytes + bytes <= self.max_bytes;
        !self.has_ended && (self.batches == 0 || has_room)
    }

    pub(super) fn push(&mut self, given: Given) {
        self.batches += 1;
        self.spans += given.batch.spans();
        self.bytes += given.batch.bytes;
        self.items.push_back(Item::Batch(given));
    }

    /// Adds a flush after all that waits. Flushes with no batch between them become one.
    pub(super) fn ask_flush(&mut self, number: u64, deadline: Deadline) {
        if let Some(Item::Flush(last, until)) = self.items.back_mut() {
            *last = number;
            *until = until.later(deadline);
            return;
        }
        self.items.push_back(Item::Flush(number, deadline));
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) fn has_work(&self) -> bool {
        self.is_closed || !self.items.is_empty()
    }

    pub(super) fn take(&mut self) -> LaneWork {
        match self.items.pop_front() {
            Some(Item::Batch(given)) => LaneWork::Batch(given),
            Some(Item::Flush(number, deadline)) => LaneWork::Flush(number, deadline),
            None if self.is_closed => LaneWork::End,
            None => LaneWork::Idle,
        }
    }

    /// Removes a finished batch from the counts.
    pub(super) fn finish(&mut self, batch: &SharedBatch) {
        self.batches = self.batches.saturating_sub(1);
        self.spans = self.spans.saturating_sub(batch.spans());
        self.bytes = self.bytes.saturating_sub(batch.bytes);
    }

    /// Whether a flush is done, or the thread has ended and never does it.
    pub(super) fn has_flushed(&self, number: u64) -> bool {
        self.has_ended || self.flushed >= number
    }

    /// Takes out all batches that wait, to be dropped.
    pub(super) fn abandon(&mut self) -> Vec<Given> {
        let items = std::mem::take(&mut self.items).into_iter();
        let all = items.filter_map(|item| match item {
            Item::Batch(given) => Some(given),
            Item::Flush(..) => None,
        });
        let all: Vec<Given> = all.collect();
        for given in &all {
            self.finish(&given.batch);
        }
        all
    }
}
