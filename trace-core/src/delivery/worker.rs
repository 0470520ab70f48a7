//! Reads chunks and turns them into batches of spans.
//!
//! The worker owns the decoder, the batch that is being filled, and the order of the steps of
//! a delivery. The queue decides when it wakes and counts the spans, [`Recipients`] decides
//! which collector gets a batch, and [`threads`](super::threads) runs it. Without threads it
//! runs on the thread that flushes, under a lock of the tracer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::lost_pieces::LostPieces;
use super::queue::{BATCH_SPANS, LaneOptions, Queue, Work};
use super::recipients::Recipients;
use super::redaction::Redaction;
use crate::collector::{Collector, CollectorError};
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::clock::{Clock, Deadline};
use crate::stream::decode::{Decoded, Decoder, Part, PartReport};
use crate::value::redaction::Redactor;
use crate::value::{Limits, Resource};

/// Takes chunks from a queue, reads them, and passes the spans to the collectors.
pub(crate) struct Worker {
    queue: Arc<Queue>,
    clock: Clock,
    resource: Arc<Resource>,
    /// How long finished spans wait for further spans before they are read.
    scheduled_delay: Duration,
    /// The number of bytes at which a batch is full: a quarter of a lane's share. Unlimited
    /// without lanes.
    max_batch_bytes: usize,
    pub(super) recipients: Recipients,
    /// Removes secrets from each batch, if the application has asked for it.
    redaction: Option<Redaction>,
    /// Keeps incomplete spans between deliveries.
    decoder: Decoder,
    /// The batch that is being filled. Empty between deliveries.
    decoded: Decoded,
}

/// The options of a worker, from the tracer's builder.
pub(crate) struct WorkerOptions {
    pub(crate) clock: Clock,
    pub(crate) resource: Resource,
    /// How many tags, logs and links of a span are kept when it is read.
    pub(crate) limits: Limits,
    pub(crate) scheduled_delay: Duration,
    /// Bounds of the queue; see [`Queue::new`].
    pub(crate) max_queue_spans: usize,
    pub(crate) max_queue_bytes: usize,
    /// Removes secrets from the resource and from each batch.
    pub(crate) redactor: Option<Box<dyn Redactor>>,
    /// Whether the tracer has threads. If not, the thread that flushes calls the collectors.
    pub(crate) has_threads: bool,
}

impl Worker {
    /// Makes the worker and its queue. Starts no thread.
    pub(crate) fn new(options: WorkerOptions, collectors: Vec<Box<dyn Collector>>) -> Self {
        // A single collector runs on the worker's thread, because it cannot delay another
        // collector.
        let are_several = options.has_threads && collectors.len() > 1;
        // Called once, and panics are caught, because this is the application's code.
        let lane_of = |collector: &dyn Collector| LaneOptions {
            name: call::call_collector(|| collector.name().to_owned()).unwrap_or_default(),
            has_thread: are_several
                && !call::call_collector(|| collector.is_quick()).unwrap_or(false),
        };
        let lanes: Vec<LaneOptions> = collectors.iter().map(|one| lane_of(&**one)).collect();
        let queue = Queue::new(options.max_queue_spans, options.max_queue_bytes, &lanes);
        let mut worker = Self::without_collectors(Arc::new(queue), options);
        worker.max_batch_bytes = worker.queue.max_batch_bytes();
        for (number, (collector, lane)) in collectors.into_iter().zip(lanes).enumerate() {
            let resource = Arc::clone(&worker.resource);
            worker.recipients.add(number, collector, resource, &lane);
        }
        worker
    }

    /// Makes a worker for an existing queue. [`new`](Self::new) and loom's models add the
    /// collectors.
    pub(super) fn without_collectors(queue: Arc<Queue>, mut options: WorkerOptions) -> Self {
        let decoder = Decoder::new(options.limits, queue.max_parts());
        let redaction = options.redactor.map(Redaction::new);
        if let Some(redaction) = &redaction {
            redaction.apply_to_resource(&mut options.resource);
        }
        Self {
            recipients: Recipients::new(Arc::clone(&queue)),
            queue,
            clock: options.clock,
            resource: Arc::new(options.resource),
            scheduled_delay: options.scheduled_delay,
            max_batch_bytes: usize::MAX,
            redaction,
            decoder,
            decoded: Decoded::default(),
        }
    }

    /// The queue, for the tracer's core and the threads.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Delivers until the queue is closed, then shuts the collectors down and returns their
    /// errors. The body of the worker's thread.
    pub(super) fn run(&mut self) -> Vec<CollectorError> {
        let mut idle = None;
        let mut work = Work::default();
        loop {
            self.queue
                .wait_and_take(self.scheduled_delay, idle, &mut work);
            self.deliver_work(&mut work);
            // Called after each delivery, because every batch may change the collectors'
            // answers.
            idle = self.recipients.on_idle(self.scheduled_delay);
            // `is_last` was read under the lock that took the work, so nothing was added after
            // it.
            if work.is_last {
                return self.shut_down(self.queue.deadline());
            }
        }
    }

    /// Delivers the content of the queue and flushes the collectors, on this thread. For
    /// tracers without threads; other tracers request a flush from the worker's thread through
    /// the queue.
    pub(crate) fn flush(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let mut work = Work::default();
        self.queue.take_work(&mut work);
        self.deliver_work(&mut work);
        // A worker's thread does this before it waits. Here there is no such thread.
        self.queue.free_idle_chunks();
        self.recipients.flush(deadline)
    }

    /// Gives up incomplete spans and parts, reports this to the collectors, and shuts them
    /// down. Nothing is read after this. Returns the errors of the collectors on this thread.
    pub(crate) fn shut_down(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        // Pieces that came after the last work are part of the losses that are reported now.
        let lost = self.queue.take_lost();
        self.note_lost(lost);
        // Spans whose end was not read, and the parts that are still open.
        let open = self.decoder.give_up_open(&mut self.decoded);
        let counter = &self.queue.counters.dropped_shutdown;
        self.queue.count_dropped(counter, &open, SiteLoss::Open);
        self.give_batch();
        self.recipients.give_missed_reports();
        // This comes before the shutdown of this thread's collectors, so that the lanes end
        // meanwhile.
        self.queue.close_lanes();
        self.recipients.shut_down(deadline)
    }

    /// Drops the redactor and the collectors of this thread. Separate from `shut_down`, because it may block.
    pub(crate) fn end(&mut self) -> Vec<CollectorError> {
        if let Some(redaction) = self.redaction.take() {
            redaction.end();
        }
        self.recipients.end()
    }

    /// Reads the work from the queue, and passes the spans to the collectors. Leaves `work`
    /// empty.
    fn deliver_work(&mut self, work: &mut Work) {
        // Losses come first, because the next piece may contain the other half of a lost span.
        if let Some(lost) = work.lost.take() {
            self.note_lost(lost);
        }
        // There is one look at the clock for each delivery. It may make another anchor.
        self.decoded.begin(self.clock.look());
        // This comes before the chunks, which may contain the end of such a part.
        for part in work.opened.drain(..) {
            self.report_open(part);
        }
        for chunk in work.chunks.drain(..) {
            self.decoder.read(chunk, &mut self.decoded);
            // A batch ends at the end of a chunk, so it may exceed these limits by the content
            // of one chunk.
            let is_full = self.decoded.len() as u64 >= BATCH_SPANS
                || self.decoded.entry_bytes() >= self.max_batch_bytes;
            if is_full {
                self.give_batch();
            }
        }
        // Ends come last, because all pieces of these parts were taken with them or earlier.
        for part in work.ended.drain(..) {
            self.decoder.end_part(part, &mut self.decoded);
        }
        // Counted before the rest is passed to collectors, so that a collector that reads the
        // statistics finds the spans that it did not get.
        let dropped = self.decoder.take_dropped();
        let counters = &self.queue.counters;
        let (of_queue, of_limit) = (&counters.dropped_queue, &counters.dropped_limit);
        self.queue
            .count_dropped(of_queue, &dropped.queue, SiteLoss::Queue);
        self.queue
            .count_dropped(of_limit, &dropped.limit, SiteLoss::Limit);
        Counters::add(&counters.unattached, dropped.unattached);
        self.finish_batch();
        // This comes before the collectors, which may block: what was taken is read, and a
        // shutdown that waits for open traces need not wait for a collector.
        self.queue
            .note_held(self.decoder.kept_spans(), self.decoder.open_parts());
        self.pass_batch();
        self.recipients.give_urgent_reports();
        // This is the last step, because the flush covers everything above. The lanes flush
        // while this thread flushes its own collectors.
        if let Some((number, deadline)) = work.flush {
            self.queue.flush_lanes(number, deadline);
            let errors = self.recipients.flush(deadline);
            self.queue.finish_flush(number, errors);
        }
    }

    /// Tells the decoder about dropped pieces.
    fn note_lost(&mut self, mut lost: LostPieces) {
        self.decoder
            .forget_lost(lost.half_spans.drain(), &mut lost.parts);
    }

    /// Reports a part as open, unless it was reported before.
    fn report_open(&mut self, part: Part) {
        if self.decoder.note_open_part(part) {
            self.decoded.report(PartReport::opened(part));
        }
    }

    /// Before the end of a part, reports the open parts of the same trace in this process that
    /// called it or were called by it. So a collector knows that the trace continues, even if
    /// these parts have handed over nothing.
    fn report_callers(&mut self) {
        // The reports are taken out and added again after the others. The order matters,
        // because a collector may complete a trace at the first end.
        let reports = self.decoded.take_reports();
        let ended = reports.iter().filter(|report| !report.is_open());
        let ended: Vec<Part> = ended.map(|report| report.part).collect();
        for other in self.queue.callers.remove(&ended) {
            self.report_open(other);
        }
        for report in reports {
            self.decoded.report(report);
        }
    }

    /// Passes the decoded spans to the collectors, and returns the chunks to the queue.
    fn give_batch(&mut self) {
        self.finish_batch();
        self.pass_batch();
    }

    /// Completes the batch and counts its spans as read. This comes before any collector gets
    /// the spans, which must be counted as read before they are finished.
    fn finish_batch(&mut self) {
        if !self.queue.callers.is_empty() {
            self.report_callers();
        }
        if self.has_batch() {
            self.queue.count_read(self.decoded.len() as u64);
            if self.queue.chart.is_counting() {
                self.queue.chart.read(self.decoded.sites());
            }
            self.redact();
        }
    }

    fn has_batch(&self) -> bool {
        self.decoded.len() > 0 || !self.decoded.reports().is_empty()
    }

    fn pass_batch(&mut self) {
        if self.has_batch() {
            self.recipients.give_batch(&mut self.decoded);
        } else {
            // There are no spans. There may be chunks without a complete span. The decoder has
            // copied the entries that it needs later.
            self.queue.release_chunks(&mut self.decoded, false);
        }
    }

    /// Removes secrets from the batch. A step of its own, after all that decides by the
    /// original values, and before the first collector.
    fn redact(&mut self) {
        if let Some(redaction) = &mut self.redaction {
            redaction.apply(&mut self.decoded);
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("resource", &self.resource)
            .field("collectors", &self.recipients.len())
            .finish_non_exhaustive()
    }
}
