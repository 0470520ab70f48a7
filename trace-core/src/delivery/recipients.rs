//! All collectors of a tracer. The worker calls them directly, or through their lanes.
//!
//! This file decides which collectors get a batch and which full lanes miss it, and has the
//! queue count this. The worker reads chunks and decides when to deliver. Only the worker's
//! thread uses this file, or the thread that flushes a tracer without threads.

use std::sync::Arc;
use std::time::Duration;

use super::lane_thread::{LaneThread, RETELL_AFTER};
use super::missed_reports::{LaneBatch, MissedReports};
use super::queue::{LaneOptions, Queue};
use super::recipient::Recipient;
use super::shared_batch::SharedBatch;
use crate::collector::{Collector, CollectorError};
use crate::process::clock::Deadline;
use crate::stream::decode::{Decoded, LaneLoss, LossReason};
use crate::value::Resource;

/// Passes spans to the collectors: directly to those without their own thread, and through
/// their lanes to the others.
pub(super) struct Recipients {
    queue: Arc<Queue>,
    /// The collectors that are called on the worker's thread, with their numbers.
    called_here: Vec<(usize, Recipient)>,
    /// The collectors with their own threads.
    lanes: Vec<OwnLane>,
}

/// The worker's view of a collector that has its own thread.
struct OwnLane {
    /// The number of the collector and of its lane in the queue.
    number: usize,
    /// Reports that the collector missed because its lane was full. Reports that it missed
    /// because of a panic are in its [`Recipient`].
    missed: MissedReports,
    /// The collector, until its thread starts and takes it.
    recipient: Option<Recipient>,
}

impl Recipients {
    /// Makes a list without collectors.
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            called_here: Vec::new(),
            lanes: Vec::new(),
        }
    }

    /// Adds a collector. Its number is its index among the collectors of the tracer, under
    /// which the queue counts its spans.
    pub(super) fn add(
        &mut self,
        number: usize,
        collector: Box<dyn Collector>,
        resource: Arc<Resource>,
        lane: &LaneOptions,
    ) {
        let queue = Arc::clone(&self.queue);
        let recipient = Recipient::new(queue, resource, collector, &lane.name, number);
        if lane.has_thread {
            self.lanes.push(OwnLane {
                number,
                missed: MissedReports::with_max_parts(self.queue.max_missed_parts()),
                recipient: Some(recipient),
            });
        } else {
            self.called_here.push((number, recipient));
        }
    }

    /// Returns how many collectors there are.
    pub(super) fn len(&self) -> usize {
        self.called_here.len() + self.lanes.len()
    }

    /// Returns the tasks for the threads of the lanes. This moves the collectors, so a second
    /// call returns nothing.
    pub(super) fn lane_threads(&mut self) -> Vec<LaneThread> {
        let lanes = self.lanes.iter_mut();
        let threads = lanes.filter_map(|lane| {
            Some(LaneThread {
                queue: Arc::clone(&self.queue),
                lane: lane.number,
                recipient: lane.recipient.take()?,
            })
        });
        threads.collect()
    }

    /// Passes the spans to the collectors, and returns the chunks to the queue. The caller has
    /// counted the spans as read. Leaves `decoded` empty.
    pub(super) fn give_batch(&mut self, decoded: &mut Decoded) {
        if !self.lanes.is_empty() {
            return self.share_batch(decoded);
        }
        let spans = decoded.len() as u64;
        let mut is_lost = false;
        let reports = decoded.reports();
        for (number, recipient) in &mut self.called_here {
            let taken = recipient.give_batch(decoded, reports);
            // Each collector is counted as soon as it has returned, because the next one may
            // block.
            self.queue.count_finished(*number, spans, taken);
            if let Err(loss) = taken {
                self.queue.note_lane_loss(*number, decoded, loss);
                is_lost = true;
            }
        }
        // The chunks are returned only now, because the spans borrow their words.
        self.queue.release_chunks(decoded, is_lost);
    }

    /// Passes the spans to the lanes, and then to the collectors on this thread. The lanes
    /// come first, so that they work while this thread calls a collector.
    fn share_batch(&mut self, decoded: &mut Decoded) {
        let batch = Arc::new(self.take_batch(decoded));
        // Checked for all lanes before any of them gets the batch.
        let is_full = self.queue.full_lanes(&batch);
        // Counted before any lane can release it.
        self.queue.count_shared(&batch);
        let (decoded, spans) = (&batch.decoded, batch.spans());
        for lane in &mut self.lanes {
            if is_full.get(lane.number) == Some(&true) {
                // Only this collector loses the spans. Its next batch reports the loss.
                lane.missed.note_missed(
                    decoded,
                    decoded.reports(),
                    LossReason::Lane(LaneLoss::Full),
                );
                batch.mark_lost();
                self.queue
                    .count_finished(lane.number, spans, Err(LaneLoss::Full));
                self.queue
                    .note_lane_loss(lane.number, decoded, LaneLoss::Full);
            } else {
                lane.give_batch(&self.queue, &batch);
            }
        }
        for (number, recipient) in &mut self.called_here {
            // This may block. The lanes already have the batch and do not wait for it.
            let taken = recipient.give_batch(decoded, decoded.reports());
            self.queue.count_finished(*number, spans, taken);
            if let Err(loss) = taken {
                batch.mark_lost();
                self.queue.note_lane_loss(*number, decoded, loss);
            }
        }
        // The worker's own reference. If all lanes have finished, this is the last one.
        self.queue.release_batch(batch);
    }

    /// Takes the spans out of `decoded`. A small batch is copied, so that it does not keep
    /// large buffers while it waits in a lane. A large batch is swapped for an empty one.
    fn take_batch(&self, decoded: &mut Decoded) -> SharedBatch {
        if let Some(small) = decoded.take_small() {
            self.queue.return_chunks(decoded.end());
            return SharedBatch::copied(small);
        }
        let mut next = self.queue.spare_batch();
        // The rest of this delivery uses the same look at the clock.
        next.begin(decoded.converter().clone());
        SharedBatch::new(std::mem::replace(decoded, next))
    }

    /// Passes all missed reports to the lanes, at the shutdown. Full lanes get them, too,
    /// because there is no later batch.
    pub(super) fn give_missed_reports(&mut self) {
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        for lane in &mut self.lanes {
            // `full_lanes` is not checked, because a batch without spans takes little memory.
            if lane.missed.has_reports() {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Passes missed urgent reports to the collectors, without a batch. A full lane is skipped
    /// until it has room; see [`on_idle`](Self::on_idle).
    pub(super) fn give_urgent_reports(&mut self) {
        for (_, recipient) in &mut self.called_here {
            recipient.give_urgent_reports();
        }
        // The usual case after each delivery: no lane has missed reports.
        if self.lanes.iter().all(|lane| !lane.missed.is_urgent()) {
            return;
        }
        // The reports pass through the lane in a batch without spans, so they keep their
        // order.
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        let is_full = self.queue.full_lanes(&nothing);
        for lane in &mut self.lanes {
            if lane.missed.is_urgent() && is_full.get(lane.number) == Some(&false) {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Calls [`Collector::on_idle`] of the collectors on this thread. Returns after how long
    /// the worker must call this again, even without work; `None` if it need not.
    pub(super) fn on_idle(&self, scheduled_delay: Duration) -> Option<Duration> {
        let times = self.called_here.iter();
        let times = times.filter_map(|(_, recipient)| recipient.on_idle());
        // A full lane does not wake the worker when it has room again, so the worker tries
        // again after a while.
        let has_missed = self.lanes.iter().any(|lane| lane.missed.is_urgent());
        let missed = has_missed.then_some(scheduled_delay.max(RETELL_AFTER));
        times.chain(missed).min()
    }

    /// Flushes the collectors on this thread, one after another, and returns their errors. All
    /// share one deadline, and each gets the remaining time. The lanes flush separately.
    pub(super) fn flush(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let recipients = self.called_here.iter_mut();
        let flushed = recipients.map(|(_, recipient)| recipient.flush(deadline.remaining()));
        flushed.filter_map(Result::err).collect()
    }

    /// Shuts down the collectors on this thread, with one deadline for all, and returns their
    /// errors. They are dropped later, by [`end`](Self::end).
    pub(super) fn shut_down(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let recipients = self.called_here.iter_mut();
        let shut_down = |recipient: &mut Recipient| recipient.shut_down(deadline.remaining());
        let ended = recipients.map(|(_, recipient)| shut_down(recipient));
        ended.filter_map(Result::err).collect()
    }

    /// Drops the collectors on this thread. Their destructors may block without a deadline.
    /// The wait for the end has a deadline.
    pub(super) fn end(&mut self) -> Vec<CollectorError> {
        let recipients = self.called_here.drain(..);
        let ended = recipients.map(|(_, recipient)| recipient.end());
        ended.filter_map(Result::err).collect()
    }
}

impl OwnLane {
    /// Passes a batch and the missed reports to the lane. If the lane's thread has ended,
    /// counts the spans as lost by the shutdown.
    fn give_batch(&mut self, queue: &Queue, batch: &Arc<SharedBatch>) {
        let told = self.missed.take_with(batch.decoded.reports());
        // From now on the lane is responsible for the reports, even if its collector panics.
        self.missed.note_taken(&told);
        // If it had missed nothing, it uses the batch's reports without copying them.
        let reports = match told {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(reports) => Some(reports),
        };
        let given = LaneBatch {
            batch: Arc::clone(batch),
            reports,
        };
        if queue.give_batch(self.number, given).is_err() {
            // Its thread has ended, because its collector is ending the process.
            batch.mark_lost();
            queue.count_finished(self.number, batch.spans(), Err(LaneLoss::Shutdown));
            queue.note_lane_loss(self.number, &batch.decoded, LaneLoss::Shutdown);
        }
    }
}
