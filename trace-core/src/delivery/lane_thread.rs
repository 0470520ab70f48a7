//! The thread of a collector. Its waiting work is in [`lane`](super::lane).
//!
//! It runs one loop: take the next item of the lane, call the collector, report back to the
//! queue. It holds no lock while the collector runs. It decodes nothing and drops no batch.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::lane::LaneWork;
use super::queue::Queue;
use super::recipient::Recipient;
use crate::collector::CollectorError;
use crate::stream::decode::Decoded;

/// How long to wait after a collector's panic before missed urgent reports are repeated. They
/// tell the collector that a part has ended. Otherwise it would wait for that part until the
/// next batch, which may never come.
pub(super) const RETELL_AFTER: Duration = Duration::from_millis(100);

/// Passes batches to one collector, on the collector's own thread. The thread owns the
/// collector, and drops it at the end.
pub(super) struct LaneThread {
    pub(super) queue: Arc<Queue>,
    /// The number of the collector, which is also that of its lane.
    pub(super) lane: usize,
    pub(super) recipient: Recipient,
}

impl LaneThread {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the operating system cannot start a thread. The collector is then dropped.
    pub(super) fn start(self) -> std::io::Result<JoinHandle<()>> {
        // Linux shows only 15 bytes of a name, so the name is short.
        let name = format!("trace-lane-{}", self.lane + 1);
        std::thread::Builder::new().name(name).spawn(move || {
            call::mark_serving(Arc::as_ptr(&self.queue), Some(self.lane));
            self.run();
        })
    }

    /// Works until the lane is closed. Does not panic, because each call of the collector
    /// catches panics.
    pub(super) fn run(mut self) {
        // After how long without work to call `on_idle`. At first only work wakes the thread.
        let mut idle = None;
        let errors: Vec<CollectorError> = loop {
            match self.queue.wait_lane(self.lane, idle) {
                LaneWork::Batch(given) => {
                    // `return_batch` counts the batch and may be the last to release it, so
                    // it comes after the call.
                    let decoded = &given.batch.decoded;
                    let taken = self.recipient.give_batch(decoded, given.reports());
                    self.queue.return_batch(self.lane, given.batch, taken);
                }
                LaneWork::Flush(number, deadline) => {
                    let flushed = self.recipient.flush(deadline.remaining());
                    self.queue
                        .finish_lane_flush(self.lane, number, flushed.err());
                }
                LaneWork::Idle => self.recipient.give_urgent_reports(),
                LaneWork::End => {
                    let given_up = self.queue.take_given_up(self.lane);
                    // The last reports. A panic here is counted, but the reports are not
                    // repeated.
                    let _panicked = self.recipient.give_batch(&Decoded::default(), &given_up);
                    let timeout = self.queue.deadline().remaining();
                    let ended = [self.recipient.shut_down(timeout), self.recipient.end()];
                    break ended.into_iter().filter_map(Result::err).collect();
                }
            }
            // Called after each step, because each batch may change the collector's answer.
            idle = self.recipient.on_idle();
            if self.recipient.is_urgent() {
                idle = Some(idle.map_or(RETELL_AFTER, |idle| idle.min(RETELL_AFTER)));
            }
        };
        // The last step. After it, callers no longer wait for this lane.
        self.queue.stop_lane(self.lane, errors);
    }
}
