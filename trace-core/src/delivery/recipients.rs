//! All collectors of a tracer, as the worker reaches them: directly, or through their lanes.
//!
//! This file decides which collector gets a batch and what a full lane misses, and counts that
//! with the queue. It does not read chunks or decide when to deliver; the worker does that.
//! Only the worker's thread uses it, or the thread that flushes a tracer without threads.

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

/// Gives what was read to the collectors: directly to those without a thread of their own, and
/// through their lanes to the others.
pub(super) struct Recipients {
    queue: Arc<Queue>,
    /// The collectors that are called on the worker's thread, with their numbers.
    called_here: Vec<(usize, Recipient)>,
    /// The collectors with threads of their own.
    lanes: Vec<OwnLane>,
}

/// A collector that has a thread of its own, as the worker knows it.
struct OwnLane {
    /// The number of the collector and of its lane in the queue.
    number: usize,
    /// Reports that the collector missed because its lane was full. What it missed because it
    /// panicked is in its [`Recipient`].
    missed: MissedReports,
    /// The collector, until its thread is started and takes it.
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

    /// Adds a collector. Its number is its place among the collectors of the tracer, by which
    /// the queue counts its spans.
    pub(super) fn add(
        &mut self,
        number: usize,
        collector: Box<dyn Collector>,
        resource: Arc<Resource>,
        lane: &LaneOptions,
    ) {
        let recipient = Recipient::new(Arc::clone(&self.queue), resource, collector, &lane.name);
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

    /// Returns what the threads of the lanes run. The collectors move there, so a second call
    /// returns nothing.
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

    /// Gives the spans that were read to the collectors, and returns the chunks to the queue.
    /// The caller has counted the spans as read. Leaves `decoded` empty.
    pub(super) fn give_batch(&mut self, decoded: &mut Decoded) {
        if !self.lanes.is_empty() {
            return self.share_batch(decoded);
        }
        let spans = decoded.len() as u64;
        let mut is_lost = false;
        let reports = decoded.reports();
        for (number, recipient) in &mut self.called_here {
            let taken = recipient.give_batch(decoded, reports);
            // Each collector is counted as soon as it is done: the next one may block.
            self.queue.count_finished(*number, spans, taken);
            if let Err(loss) = taken {
                self.queue.note_lane_loss(*number, decoded, loss);
                is_lost = true;
            }
        }
        // The chunks come back only now: until here the spans borrow their words.
        self.queue.release_chunks(decoded, is_lost);
    }

    /// Gives the spans that were read to the lanes, and then to the collectors on this thread.
    /// The lanes come first, so that they work while this thread is in a collector.
    fn share_batch(&mut self, decoded: &mut Decoded) {
        let batch = Arc::new(self.take_batch(decoded));
        // Asked for all lanes before any of them gets the batch.
        let is_full = self.queue.full_lanes(&batch);
        // Counted before any lane can release it.
        self.queue.count_shared(&batch);
        let (decoded, spans) = (&batch.decoded, batch.spans());
        for lane in &mut self.lanes {
            if is_full.get(lane.number) == Some(&true) {
                // This collector loses the spans, and no other one does. It is told with the
                // next batch that it gets.
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
            // May block. The lanes have the batch and do not wait for this.
            let taken = recipient.give_batch(decoded, decoded.reports());
            self.queue.count_finished(*number, spans, taken);
            if let Err(loss) = taken {
                batch.mark_lost();
                self.queue.note_lane_loss(*number, decoded, loss);
            }
        }
        // The worker's own reference. If all lanes were faster, this is the last one.
        self.queue.release_batch(batch);
    }

    /// Takes the spans that were read out of `decoded`. A small batch is copied, so that it
    /// does not keep large buffers while it waits in a lane; a large one is swapped for an
    /// empty batch.
    fn take_batch(&self, decoded: &mut Decoded) -> SharedBatch {
        if let Some(small) = decoded.take_small() {
            self.queue.return_chunks(decoded.end());
            return SharedBatch::copied(small);
        }
        let mut next = self.queue.spare_batch();
        // The rest of this delivery is read with the same look at the clock.
        next.begin(decoded.converter().clone());
        SharedBatch::new(std::mem::replace(decoded, next))
    }

    /// Gives the lanes all reports that they missed, at the shutdown. Full lanes get them, too:
    /// no later batch could bring them.
    pub(super) fn give_missed_reports(&mut self) {
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        for lane in &mut self.lanes {
            // `full_lanes` is not asked: a batch without spans takes little memory.
            if lane.missed.has_reports() {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Gives the collectors the urgent reports that they missed, without a batch. A full lane
    /// is left out until it has room; see [`on_idle`](Self::on_idle).
    pub(super) fn give_urgent_reports(&mut self) {
        for (_, recipient) in &mut self.called_here {
            recipient.give_urgent_reports();
        }
        // The usual case, after each delivery: nobody has missed anything.
        if self.lanes.iter().all(|lane| !lane.missed.is_urgent()) {
            return;
        }
        // A batch without spans carries the reports through the lane, so they keep their order.
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        let is_full = self.queue.full_lanes(&nothing);
        for lane in &mut self.lanes {
            if lane.missed.is_urgent() && is_full.get(lane.number) == Some(&false) {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Calls [`Collector::on_idle`] of the collectors on this thread. Returns after how long
    /// the worker has to come back even if nothing arrives; `None` if it need not.
    pub(super) fn on_idle(&self, scheduled_delay: Duration) -> Option<Duration> {
        let times = self.called_here.iter();
        let times = times.filter_map(|(_, recipient)| recipient.on_idle());
        // A full lane does not wake the worker when it has room again, so the worker tries
        // once more after a while.
        let has_missed = self.lanes.iter().any(|lane| lane.missed.is_urgent());
        let missed = has_missed.then_some(scheduled_delay.max(RETELL_AFTER));
        times.chain(missed).min()
    }

    /// Flushes the collectors on this thread, one after another, and returns their errors. All
    /// share one deadline: each gets the time that is left. The lanes flush on their own.
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

    /// Drops the collectors on this thread. Their destructors may block, so there is no
    /// deadline here: the wait for the end has one.
    pub(super) fn end(&mut self) -> Vec<CollectorError> {
        let recipients = self.called_here.drain(..);
        let ended = recipients.map(|(_, recipient)| recipient.end());
        ended.filter_map(Result::err).collect()
    }
}

impl OwnLane {
    /// Gives the lane a batch, with the reports that it missed. If the lane's thread has ended,
    /// counts the spans as lost by the shutdown.
    fn give_batch(&mut self, queue: &Queue, batch: &Arc<SharedBatch>) {
        let told = self.missed.take_with(batch.decoded.reports());
        // From here on the lane answers for the reports, also if its collector panics.
        self.missed.note_taken(&told);
        // If it had missed nothing, it uses the batch's reports and nothing is copied.
        let reports = match told {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(reports) => Some(reports),
        };
        let given = LaneBatch {
            batch: Arc::clone(batch),
            reports,
        };
        if queue.give_batch(self.number, given).is_err() {
            // Its thread has ended: its collector is ending the process.
            batch.mark_lost();
            queue.count_finished(self.number, batch.spans(), Err(LaneLoss::Shutdown));
            queue.note_lane_loss(self.number, &batch.decoded, LaneLoss::Shutdown);
        }
    }
}
