//! The thread of a collector. What waits for it is in [`lane`](super::lane).

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::lane::LaneWork;
use super::queue::Queue;
use super::recipient::Recipient;
use crate::collector::CollectorError;
use crate::stream::decode::Decoded;

/// How long to wait after a collector's panic before it gets the urgent reports that it
/// missed.
pub(super) const RETELL_AFTER: Duration = Duration::from_millis(100);

/// Gives batches to one collector, on a thread of its own.
pub(super) struct LaneThread {
    pub(super) queue: Arc<Queue>,
    /// The number of the collector.
    pub(super) lane: usize,
    pub(super) recipient: Recipient,
}

impl LaneThread {
    pub(super) fn start(self) -> std::io::Result<JoinHandle<()>> {
        // Systems show 15 bytes of a name.
        let name = format!("trace-lane-{}", self.lane + 1);
        std::thread::Builder::new().name(name).spawn(move || {
            call::serve(Arc::as_ptr(&self.queue), Some(self.lane));
            self.run();
        })
    }

    /// Works until the lane is closed.
    pub(super) fn run(mut self) {
        let mut idle = None;
        let errors: Vec<CollectorError> = loop {
            match self.queue.wait_lane(self.lane, idle) {
                LaneWork::Batch(given) => {
                    let decoded = &given.batch.decoded;
                    let taken = self.recipient.collect(decoded, given.reports());
                    self.queue.return_batch(self.lane, given.batch, taken);
                }
                LaneWork::Flush(number, deadline) => {
                    let flushed = self.recipient.flush(deadline.remaining());
                    self.queue
                        .finish_lane_flush(self.lane, number, flushed.err());
                }
                LaneWork::Idle => self.recipient.catch_up(),
                LaneWork::End => {
                    let given_up = self.queue.take_given_up(self.lane);
                    // The last reports: if the collector panics, nothing is left to do.
                    let _panicked = self.recipient.collect(&Decoded::default(), &given_up);
                    let timeout = self.queue.deadline().remaining();
                    let ended = [self.recipient.shut_down(timeout), self.recipient.end()];
                    break ended.into_iter().filter_map(Result::err).collect();
                }
            }
            idle = self.recipient.on_idle();
            if self.recipient.is_urgent() {
                idle = Some(idle.map_or(RETELL_AFTER, |idle| idle.min(RETELL_AFTER)));
            }
        };
        self.queue.stop_lane(self.lane, errors);
    }
}
