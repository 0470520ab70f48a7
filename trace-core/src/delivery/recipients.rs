//! All collectors of a tracer, as the worker reaches them: directly, or through their lanes.
//! What was read, and when, is the worker's.

use std::sync::Arc;
use std::time::Duration;

use super::lane_thread::{LaneThread, RETELL_AFTER};
use super::queue::{LaneOptions, Queue};
use super::recipient::Recipient;
use super::shared_batch::SharedBatch;
use super::untold::{Given, Untold};
use crate::collector::{Collector, CollectorError};
use crate::process::clock::Deadline;
use crate::stream::decode::{Decoded, LaneLoss, LossReason};
use crate::value::Resource;

/// Gives what was read to the collectors: directly to those without a thread of their own,
/// through their lanes to the others.
pub(super) struct Recipients {
    queue: Arc<Queue>,
    /// The collectors that are called on this thread, with their numbers.
    called_here: Vec<(usize, Recipient)>,
    /// The collectors with threads of their own.
    lanes: Vec<OwnLane>,
}

/// A collector that has a thread of its own.
struct OwnLane {
    number: usize,
    /// Reports that it missed because its lane was full.
    untold: Untold,
    /// Until the threads are started.
    recipient: Option<Recipient>,
}

impl Recipients {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            called_here: Vec::new(),
            lanes: Vec::new(),
        }
    }

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
                untold: Untold::bounded(self.queue.max_untold()),
                recipient: Some(recipient),
            });
        } else {
            self.called_here.push((number, recipient));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.called_here.len() + self.lanes.len()
    }

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

    /// Gives the spans that were read to the collectors, and returns the chunks.
    pub(super) fn give(&mut self, decoded: &mut Decoded) {
        if !self.lanes.is_empty() {
            return self.share(decoded);
        }
        let spans = decoded.len() as u64;
        let mut is_lost = false;
        let reports = decoded.reports();
        for (number, recipient) in &mut self.called_here {
            let taken = recipient.collect(decoded, reports);
            self.queue.finish(*number, spans, taken);
            if let Err(loss) = taken {
                self.queue.note_lane_loss(*number, decoded, loss);
                is_lost = true;
            }
        }
        self.queue.release(decoded, is_lost);
    }

    /// Gives the spans that were read to the lanes, and to the collectors on this thread.
    fn share(&mut self, decoded: &mut Decoded) {
        let batch = Arc::new(self.take_batch(decoded));
        let is_full = self.queue.full_lanes(&batch);
        self.queue.count_shared(&batch);
        let (decoded, spans) = (&batch.decoded, batch.spans());
        for lane in &mut self.lanes {
            if is_full.get(lane.number) == Some(&true) {
                lane.untold
                    .miss(decoded, decoded.reports(), LossReason::Lane(LaneLoss::Full));
                batch.lose();
                self.queue.finish(lane.number, spans, Err(LaneLoss::Full));
                self.queue
                    .note_lane_loss(lane.number, decoded, LaneLoss::Full);
            } else {
                lane.give_batch(&self.queue, &batch);
            }
        }
        for (number, recipient) in &mut self.called_here {
            let taken = recipient.collect(decoded, decoded.reports());
            self.queue.finish(*number, spans, taken);
            if let Err(loss) = taken {
                batch.lose();
                self.queue.note_lane_loss(*number, decoded, loss);
            }
        }
        self.queue.release_batch(batch);
    }

    /// Takes the spans that were read. A small batch is copied, so that it does not hold
    /// large buffers while it waits in a lane.
    fn take_batch(&self, decoded: &mut Decoded) -> SharedBatch {
        if let Some(small) = decoded.take_small() {
            self.queue.return_chunks(decoded.end());
            return SharedBatch::copied(small);
        }
        let mut next = self.queue.spare_batch();
        next.begin(decoded.converter().clone());
        SharedBatch::new(std::mem::replace(decoded, next))
    }

    /// Gives the lanes all reports that they missed, even if they are full: these are the last.
    pub(super) fn tell_all(&mut self) {
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        for lane in &mut self.lanes {
            if lane.untold.is_any() {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Gives the collectors the urgent reports that they missed, where there is room.
    pub(super) fn catch_up(&mut self) {
        for (_, recipient) in &mut self.called_here {
            recipient.catch_up();
        }
        if self.lanes.iter().all(|lane| !lane.untold.is_urgent()) {
            return;
        }
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        let is_full = self.queue.full_lanes(&nothing);
        for lane in &mut self.lanes {
            if lane.untold.is_urgent() && is_full.get(lane.number) == Some(&false) {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Calls the collectors' `on_idle`; returns after how long to call them again.
    pub(super) fn on_idle(&self, scheduled_delay: Duration) -> Option<Duration> {
        let times = self.called_here.iter();
        let times = times.filter_map(|(_, recipient)| recipient.on_idle());
        // By then a lane may have room for the reports that it missed.
        let has_untold = self.lanes.iter().any(|lane| lane.untold.is_urgent());
        let untold = has_untold.then_some(scheduled_delay.max(RETELL_AFTER));
        times.chain(untold).min()
    }

    pub(super) fn flush(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let recipients = self.called_here.iter_mut();
        let flushed = recipients.map(|(_, recipient)| recipient.flush(deadline.remaining()));
        flushed.filter_map(Result::err).collect()
    }

    pub(super) fn shut_down(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let recipients = self.called_here.iter_mut();
        let shut_down = |recipient: &mut Recipient| recipient.shut_down(deadline.remaining());
        let ended = recipients.map(|(_, recipient)| shut_down(recipient));
        ended.filter_map(Result::err).collect()
    }

    /// Drops the collectors.
    pub(super) fn end(&mut self) -> Vec<CollectorError> {
        let recipients = self.called_here.drain(..);
        let ended = recipients.map(|(_, recipient)| recipient.end());
        ended.filter_map(Result::err).collect()
    }
}

impl OwnLane {
    /// Gives the lane a batch, with the reports that it missed.
    fn give_batch(&mut self, queue: &Queue, batch: &Arc<SharedBatch>) {
        let told = self.untold.tell(batch.decoded.reports());
        self.untold.took(&told);
        let reports = match told {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(reports) => Some(reports),
        };
        let given = Given {
            batch: Arc::clone(batch),
            reports,
        };
        if queue.give_batch(self.number, given).is_err() {
            // Its thread has ended during a shutdown.
            batch.lose();
            queue.finish(self.number, batch.spans(), Err(LaneLoss::Shutdown));
            queue.note_lane_loss(self.number, &batch.decoded, LaneLoss::Shutdown);
        }
    }
}
