//! Reads chunks and calls the collectors.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::call;
use super::queue::{BATCH_SPANS, EndedPart, Queue, Work};
use crate::batch::{Decoded, Decoder, SpanBatch};
use crate::caught::catch;
use crate::clock::{Clock, Deadline};
use crate::collector::{Collector, CollectorError};
use crate::limits::Limits;
use crate::resource::Resource;
use crate::stats::Counters;

/// Takes chunks from a queue, reads them, and gives the spans to the collectors.
pub(crate) struct Worker {
    queue: Arc<Queue>,
    clock: Clock,
    resource: Resource,
    collectors: Vec<Box<dyn Collector>>,
    decoder: Decoder,
    decoded: Decoded,
}

/// The thread on which a tracer's collectors are called.
#[derive(Debug)]
pub(crate) struct WorkerThread(JoinHandle<()>);

/// What a flush or a shutdown did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FlushReport {
    /// Whether all spans that had ended and been handed over were given to the
    /// collectors before the deadline, and the collectors passed them on.
    pub is_complete: bool,
    /// Spans that are left: they still run, or their scope does, or there was no
    /// time.
    pub left: u64,
    /// What collectors could not do.
    pub errors: Vec<CollectorError>,
}

impl FlushReport {
    /// There was nothing to deliver.
    pub(crate) fn nothing() -> Self {
        Self {
            is_complete: true,
            left: 0,
            errors: Vec::new(),
        }
    }
}

impl Worker {
    pub(crate) fn new(
        queue: Arc<Queue>,
        clock: Clock,
        resource: Resource,
        limits: Limits,
        collectors: Vec<Box<dyn Collector>>,
    ) -> Self {
        Self {
            queue,
            clock,
            decoder: Decoder::new(limits),
            resource,
            collectors,
            decoded: Decoded::default(),
        }
    }

    /// Starts a thread that delivers until the queue is closed.
    pub(crate) fn start(mut self, delay: Duration) -> std::io::Result<WorkerThread> {
        let thread = std::thread::Builder::new()
            .name("trace-worker".to_owned())
            .spawn(move || {
                let queue = Arc::clone(&self.queue);
                let mut errors = catch(|| self.run(delay)).unwrap_or_else(|| {
                    // What comes from here on is counted as dropped.
                    queue.close(Deadline::after(Duration::ZERO));
                    queue.abandon();
                    vec![CollectorError::new("the tracer's thread panicked")]
                });
                // Destructors of collectors may block as well: whoever waits for the
                // end waits for them, and not for longer than the deadline.
                if !call::drop_collectors(self.collectors.drain(..)) {
                    errors.push(CollectorError::new("a collector panicked when dropped"));
                }
                queue.stop(errors);
            })?;
        Ok(WorkerThread(thread))
    }

    /// Delivers until the queue is closed, and shuts down.
    pub(super) fn run(&mut self, delay: Duration) -> Vec<CollectorError> {
        let mut idle = None;
        let mut work = Work::default();
        loop {
            self.queue.wait_and_take(delay, idle, &mut work);
            self.deliver(&mut work);
            idle = self.on_idle();
            if work.is_last {
                return self.shut_down(self.queue.deadline());
            }
        }
    }

    /// Lets the collectors look at the time; returns when to do so again.
    fn on_idle(&self) -> Option<Duration> {
        let times = self.collectors.iter().filter_map(|collector| {
            call::call(|| collector.on_idle()).unwrap_or_else(|| {
                Counters::add(&self.queue.counters.collector_panics, 1);
                None
            })
        });
        times.min()
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
        let lost = self.decoder.abandon();
        let counters = &self.queue.counters;
        self.queue.leave(&counters.dropped_shutdown, lost);
        self.each_collector(|collector| collector.shutdown(deadline.remaining()))
    }

    fn flush_collectors(&self, deadline: Deadline) -> Vec<CollectorError> {
        self.each_collector(|collector| collector.flush(deadline.remaining()))
    }

    fn each_collector(
        &self,
        ask: impl Fn(&dyn Collector) -> Result<(), CollectorError>,
    ) -> Vec<CollectorError> {
        let results = self.collectors.iter().map(|collector| {
            call::call(|| ask(&**collector)).unwrap_or_else(|| {
                Counters::add(&self.queue.counters.collector_panics, 1);
                Err(CollectorError::new("the collector panicked"))
            })
        });
        results.filter_map(Result::err).collect()
    }

    fn deliver(&mut self, work: &mut Work) {
        self.decoder.lose(work.lost.drain());
        self.decoded.begin(self.clock.look());
        for chunk in work.chunks.drain(..) {
            self.decoder.read(chunk, &mut self.decoded);
            if self.decoded.len() as u64 >= BATCH_SPANS {
                self.collect();
            }
        }
        for EndedPart { trace, part } in work.completed.drain(..) {
            self.decoder.end_trace(trace, part);
            self.decoded.push_completed(trace);
        }
        let dropped = self.decoder.take_dropped();
        let counters = &self.queue.counters;
        self.queue.leave(&counters.dropped_queue, dropped.queue);
        self.queue.leave(&counters.dropped_limit, dropped.limit);
        Counters::add(&counters.unattached, dropped.unattached);
        self.collect();
        self.queue.hold(self.decoder.held());
        if let Some((number, deadline)) = work.flush {
            let errors = self.flush_collectors(deadline);
            self.queue.finish_flush(number, errors);
        }
    }

    /// Gives what was read to the collectors, and the chunks back.
    fn collect(&mut self) {
        let spans = self.decoded.len() as u64;
        let counters = &self.queue.counters;
        let batch = SpanBatch::of_decoded(&self.resource, &self.decoded);
        if spans > 0 || !self.decoded.completed().is_empty() {
            let mut panics = 0;
            for collector in &self.collectors {
                panics += u64::from(call::call(|| collector.collect(&batch)).is_none());
            }
            let counter = if panics == 0 {
                &counters.delivered
            } else {
                &counters.dropped_collector
            };
            Counters::add(&counters.collector_panics, panics);
            self.queue.leave(counter, spans);
        }
        self.queue.recycle(self.decoded.end());
    }
}

impl Drop for Worker {
    /// Where there is no thread, whoever drops the tracer does not unwind.
    fn drop(&mut self) {
        call::drop_collectors(self.collectors.drain(..));
    }
}

impl WorkerThread {
    /// Waits for the thread, which has said that it has ended.
    pub(crate) fn join(self) {
        let _ended = self.0.join();
    }

    /// Whether this is the current thread.
    pub(crate) fn is_current(&self) -> bool {
        self.0.thread().id() == std::thread::current().id()
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("resource", &self.resource)
            .field("collectors", &self.collectors.len())
            .finish_non_exhaustive()
    }
}
