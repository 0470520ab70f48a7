//! Reads chunks and gives the spans to the collectors. When to wake, and what is counted,
//! is the queue's.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::lane_thread::{LaneThread, RETELL_AFTER};
use super::lost_pieces::LostPieces;
use super::queue::{BATCH_SPANS, LaneOptions, Queue, Work};
use super::recipient::Recipient;
use super::shared_batch::SharedBatch;
use super::untold::{Given, Untold};
use crate::collector::{Collector, CollectorError};
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::caught::catch;
use crate::process::clock::{Clock, Deadline};
use crate::stream::decode::{Decoded, Decoder, LaneLoss, LossReason, Part, PartReport};
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
    /// The collectors that are called on this thread, with their numbers.
    recipients: Vec<(usize, Recipient)>,
    /// The collectors with threads of their own.
    lanes: Vec<OwnLane>,
    decoder: Decoder,
    decoded: Decoded,
}

/// A collector that has a thread of its own.
struct OwnLane {
    number: usize,
    /// Reports that it missed because its lane was full.
    untold: Untold,
    /// Until the threads are started.
    recipient: Option<Recipient>,
}

/// The threads of a tracer.
#[derive(Debug)]
pub(crate) struct Threads(Vec<JoinHandle<()>>);

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
            worker.add(number, collector, &lane);
        }
        worker
    }

    pub(super) fn without_collectors(queue: Arc<Queue>, options: WorkerOptions) -> Self {
        let decoder = Decoder::new(options.limits, queue.max_parts());
        Self {
            queue,
            clock: options.clock,
            resource: Arc::new(options.resource),
            scheduled_delay: options.scheduled_delay,
            max_batch_bytes: usize::MAX,
            recipients: Vec::new(),
            lanes: Vec::new(),
            decoder,
            decoded: Decoded::default(),
        }
    }

    pub(super) fn add(&mut self, number: usize, collector: Box<dyn Collector>, lane: &LaneOptions) {
        let recipient = Recipient::new(
            Arc::clone(&self.queue),
            Arc::clone(&self.resource),
            collector,
            &lane.name,
        );
        if lane.has_thread {
            self.lanes.push(OwnLane {
                number,
                untold: Untold::bounded(self.queue.max_untold()),
                recipient: Some(recipient),
            });
        } else {
            self.recipients.push((number, recipient));
        }
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Starts the threads, which deliver until the queue is closed.
    pub(crate) fn start(mut self) -> std::io::Result<Threads> {
        let queue = Arc::clone(&self.queue);
        let started = self.start_lanes().and_then(|mut threads| {
            threads.push(self.start_worker()?);
            Ok(Threads(threads))
        });
        if started.is_err() {
            // The threads that did start must end.
            queue.close_lanes();
        }
        started
    }

    /// Starts the threads of the lanes.
    fn start_lanes(&mut self) -> std::io::Result<Vec<JoinHandle<()>>> {
        let threads = self.lane_threads().into_iter();
        threads.map(LaneThread::start).collect()
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

    fn start_worker(mut self) -> std::io::Result<JoinHandle<()>> {
        let thread = std::thread::Builder::new().name("trace-worker".to_owned());
        thread.spawn(move || {
            let queue = Arc::clone(&self.queue);
            call::serve(Arc::as_ptr(&queue), None);
            let mut errors = catch(|| self.run()).unwrap_or_else(|| {
                // From here on every span is counted as dropped.
                queue.close(Deadline::after(Duration::ZERO));
                queue.abandon();
                vec![CollectorError::new("the tracer's thread panicked")]
            });
            queue.close_lanes();
            // Destructors of collectors may block, too: `stop` comes after them, so that
            // the wait for the end includes them, up to its deadline.
            errors.extend(self.end());
            queue.stop(errors);
        })
    }

    /// Delivers until the queue is closed, and shuts down.
    pub(super) fn run(&mut self) -> Vec<CollectorError> {
        let mut idle = None;
        let mut work = Work::default();
        loop {
            self.queue
                .wait_and_take(self.scheduled_delay, idle, &mut work);
            self.deliver(&mut work);
            idle = self.on_idle();
            if work.is_last {
                return self.shut_down(self.queue.deadline());
            }
        }
    }

    /// Calls the collectors' `on_idle`; returns after how long to call them again.
    fn on_idle(&self) -> Option<Duration> {
        let times = self.recipients.iter();
        let times = times.filter_map(|(_, recipient)| recipient.on_idle());
        // By then a lane may have room for the reports that it missed.
        let has_untold = self.lanes.iter().any(|lane| lane.untold.is_urgent());
        let untold = has_untold.then_some(self.scheduled_delay.max(RETELL_AFTER));
        times.chain(untold).min()
    }

    /// Delivers what is in the queue, and flushes the collectors, on this thread.
    pub(crate) fn flush(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let mut work = Work::default();
        self.queue.take(&mut work);
        self.deliver(&mut work);
        self.queue.trim();
        self.flush_collectors(deadline)
    }

    /// Shuts the collectors down; what is read later is lost.
    pub(crate) fn shut_down(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let lost = self.queue.take_lost();
        self.lose(lost);
        let open = self.decoder.give_up_open(&mut self.decoded);
        let counter = &self.queue.counters.dropped_shutdown;
        self.queue.leave(counter, &open, SiteLoss::Open);
        self.collect();
        self.tell_all();
        // The lanes end beside the collectors of this thread.
        self.queue.close_lanes();
        let recipients = self.recipients.iter_mut();
        let shut_down = |recipient: &mut Recipient| recipient.shut_down(deadline.remaining());
        let ended = recipients.map(|(_, recipient)| shut_down(recipient));
        ended.filter_map(Result::err).collect()
    }

    /// Drops the collectors.
    pub(crate) fn end(&mut self) -> Vec<CollectorError> {
        let recipients = self.recipients.drain(..);
        let ended = recipients.map(|(_, recipient)| recipient.end());
        ended.filter_map(Result::err).collect()
    }

    fn flush_collectors(&mut self, deadline: Deadline) -> Vec<CollectorError> {
        let recipients = self.recipients.iter_mut();
        let flushed = recipients.map(|(_, recipient)| recipient.flush(deadline.remaining()));
        flushed.filter_map(Result::err).collect()
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
        self.catch_up();
        self.queue
            .hold(self.decoder.kept_spans(), self.decoder.open_parts());
        if let Some((number, deadline)) = work.flush {
            self.queue.flush_lanes(number, deadline);
            let errors = self.flush_collectors(deadline);
            self.queue.finish_flush(number, errors);
        }
    }

    fn lose(&mut self, mut lost: LostPieces) {
        self.decoder
            .forget_lost(lost.half_spans.drain(), &mut lost.parts);
    }

    /// Reports a part as open, unless that was reported before.
    fn report_open(&mut self, part: Part) {
        if self.decoder.note_open_part(part) {
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
            if !self.lanes.is_empty() {
                return self.share();
            }
            let mut is_lost = false;
            let reports = self.decoded.reports();
            for (number, recipient) in &mut self.recipients {
                let taken = recipient.collect(&self.decoded, reports);
                self.queue.finish(*number, spans, taken);
                if let Err(loss) = taken {
                    self.queue.note_lane_loss(*number, &self.decoded, loss);
                    is_lost = true;
                }
            }
            return self.queue.release(&mut self.decoded, is_lost);
        }
        self.queue.release(&mut self.decoded, false);
    }

    /// Gives the spans that were read to the lanes, and to the collectors on this thread.
    fn share(&mut self) {
        let batch = Arc::new(self.take_batch());
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
        for (number, recipient) in &mut self.recipients {
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
    fn take_batch(&mut self) -> SharedBatch {
        if let Some(small) = self.decoded.take_small() {
            self.queue.return_chunks(self.decoded.end());
            return SharedBatch::copied(small);
        }
        let mut next = self.queue.spare_batch();
        next.begin(self.decoded.converter().clone());
        SharedBatch::new(std::mem::replace(&mut self.decoded, next))
    }

    /// Gives the lanes all reports that they missed, even if they are full: these are the last.
    fn tell_all(&mut self) {
        let nothing = Arc::new(SharedBatch::copied(Decoded::default()));
        for lane in &mut self.lanes {
            if lane.untold.is_any() {
                lane.give_batch(&self.queue, &nothing);
            }
        }
    }

    /// Gives the collectors the urgent reports that they missed, where there is room.
    fn catch_up(&mut self) {
        for (_, recipient) in &mut self.recipients {
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

impl Threads {
    /// Waits, until the deadline at most, for the threads, which have already called `stop`.
    /// Thread-locals of collectors may block when they are dropped; after the deadline they
    /// finish on their own.
    pub(crate) fn join(self, deadline: Deadline) {
        let (sender, all_joined) = mpsc::channel::<()>();
        let joiner = std::thread::Builder::new().name("trace-join".to_owned());
        let joiner = joiner.spawn(move || {
            for thread in self.0 {
                // No thread ends by a panic: all panics of the application are caught.
                let _ended = thread.join();
            }
            drop(sender);
        });
        if joiner.is_ok() {
            let _disconnected = all_joined.recv_timeout(deadline.remaining());
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("resource", &self.resource)
            .field("collectors", &(self.recipients.len() + self.lanes.len()))
            .finish_non_exhaustive()
    }
}
