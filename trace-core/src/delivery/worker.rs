//! Reads chunks and gives the spans to the collectors. When to wake, and what is counted,
//! is the queue's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::lost_pieces::LostPieces;
use super::queue::{BATCH_SPANS, LaneOptions, Queue, Work};
use super::recipients::Recipients;
use crate::collector::{Collector, CollectorError};
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::clock::{Clock, Deadline};
use crate::stream::decode::{Decoded, Decoder, Part, PartReport};
use crate::value::{Limits, Resource};

/// Takes chunks from a queue, reads them, and gives the spans to the collectors: directly to
/// those without a thread of their own, through their lanes to the others.
pub(crate) struct Worker {
    queue: Arc<Queue>,
    clock: Clock,
    resource: Arc<Resource>,
    scheduled_delay: Duration,
    /// Bytes at which a batch is full: a quarter of a lane's share.
    max_batch_bytes: usize,
    pub(super) recipients: Recipients,
    decoder: Decoder,
    decoded: Decoded,
}

/// What a worker needs.
pub(crate) struct WorkerOptions {
    pub(crate) clock: Clock,
    pub(crate) resource: Resource,
    pub(crate) limits: Limits,
    pub(crate) scheduled_delay: Duration,
    pub(crate) max_queue_spans: usize,
    pub(crate) max_queue_bytes: usize,
    /// Whether there are to be threads.
    pub(crate) has_threads: bool,
}

impl Worker {
    pub(crate) fn new(options: WorkerOptions, collectors: Vec<Box<dyn Collector>>) -> Self {
        // A single collector runs on the worker's thread.
        let are_several = options.has_threads && collectors.len() > 1;
        // Called once, and guarded: this is the application's code, which may panic.
        let lane_of = |collector: &dyn Collector| LaneOptions {
            name: call::call(|| collector.name().to_owned()).unwrap_or_default(),
            has_thread: are_several && !call::call(|| collector.is_quick()).unwrap_or(false),
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

    pub(super) fn without_collectors(queue: Arc<Queue>, options: WorkerOptions) -> Self {
        let decoder = Decoder::new(options.limits, queue.max_parts());
        Self {
            recipients: Recipients::new(Arc::clone(&queue)),
            queue,
            clock: options.clock,
            resource: Arc::new(options.resource),
            scheduled_delay: options.scheduled_delay,
            max_batch_bytes: usize::MAX,
            decoder,
            decoded: Decoded::default(),
        }
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Delivers until the queue is closed, and shuts down.
    pub(super) fn run(&mut self) -> Vec<CollectorError> {
        let mut idle = None;
        let mut work = Work::default();
        loop {
            self.queue
                .wait_and_take(self.scheduled_delay, idle, &mut work);
            self.deliver(&mut work);
            idle = self.recipients.on_idle(self.scheduled_delay);
            if work.is_last {
                return self.shut_down(self.queue.deadline());
            }
        }
    }

    /// Delivers what is in the queue, and flushes the collectors, on this thread.
    pub(crate) fn flush(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let mut work = Work::default();
        self.queue.take(&mut work);
        self.deliver(&mut work);
        self.queue.trim();
        self.recipients.flush(deadline)
    }

    /// Shuts the collectors down; what is read later is lost.
    pub(crate) fn shut_down(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let lost = self.queue.take_lost();
        self.lose(lost);
        let open = self.decoder.abandon(&mut self.decoded);
        let counter = &self.queue.counters.dropped_shutdown;
        self.queue.leave(counter, &open, SiteLoss::Open);
        self.collect();
        self.recipients.tell_all();
        // The lanes end beside the collectors of this thread.
        self.queue.close_lanes();
        self.recipients.shut_down(deadline)
    }

    /// Drops the collectors.
    pub(crate) fn end(&mut self) -> Vec<CollectorError> {
        self.recipients.end()
    }

    fn deliver(&mut self, work: &mut Work) {
        if let Some(lost) = work.lost.take() {
            self.lose(lost);
        }
        self.decoded.begin(self.clock.look());
        for part in work.opened.drain(..) {
            self.report_open(part);
        }
        for chunk in work.chunks.drain(..) {
            self.decoder.read(chunk, &mut self.decoded);
            let is_full = self.decoded.len() as u64 >= BATCH_SPANS
                || self.decoded.entry_bytes() >= self.max_batch_bytes;
            if is_full {
                self.collect();
            }
        }
        for part in work.ended.drain(..) {
            self.decoder.end_part(part, &mut self.decoded);
        }
        let dropped = self.decoder.take_dropped();
        let counters = &self.queue.counters;
        let (of_queue, of_limit) = (&counters.dropped_queue, &counters.dropped_limit);
        self.queue.leave(of_queue, &dropped.queue, SiteLoss::Queue);
        self.queue.leave(of_limit, &dropped.limit, SiteLoss::Limit);
        Counters::add(&counters.unattached, dropped.unattached);
        self.collect();
        self.recipients.catch_up();
        self.queue
            .hold(self.decoder.held(), self.decoder.open_parts());
        if let Some((number, deadline)) = work.flush {
            self.queue.flush_lanes(number, deadline);
            let errors = self.recipients.flush(deadline);
            self.queue.finish_flush(number, errors);
        }
    }

    fn lose(&mut self, mut lost: LostPieces) {
        self.decoder.lose(lost.half_spans.drain(), &mut lost.parts);
    }

    /// Reports a part as open, unless that was reported before.
    fn report_open(&mut self, part: Part) {
        if self.decoder.goes_on(part) {
            self.decoded.report(PartReport::opened(part));
        }
    }

    /// Reports, before the end of a part, the other parts of its trace that are open in this
    /// process: they called it, or were called. A collector then knows that the trace goes on.
    fn note_callers(&mut self) {
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

    /// Gives the spans that were read to the collectors, and returns the chunks.
    fn collect(&mut self) {
        if !self.queue.callers.is_empty() {
            self.note_callers();
        }
        let spans = self.decoded.len() as u64;
        if spans > 0 || !self.decoded.reports().is_empty() {
            self.queue.read(spans);
            if self.queue.chart.is_counting() {
                self.queue.chart.read(self.decoded.sites());
            }
            self.recipients.give(&mut self.decoded);
        } else {
            self.queue.release(&mut self.decoded, false);
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
