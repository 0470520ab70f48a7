//! One collector, for the thread that calls it.
//!
//! Each call catches panics. If a collector misses reports because of a panic, they are kept
//! for its next call. The worker and the lanes wait and count spans. A collector is called by
//! one thread at a time, because one thread owns this value.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::call;
use super::missed_reports::MissedReports;
use super::queue::Queue;
use crate::collector::{Collector, CollectorError, SpanBatch, TracerCounts};
use crate::diagnostics::stats::Counters;
use crate::stream::decode::{Decoded, LaneLoss, LossReason, PartReport};
use crate::value::Resource;

/// A collector, and the reports that it missed because it panicked.
pub(super) struct Recipient {
    queue: Arc<Queue>,
    resource: Arc<Resource>,
    collector: Box<dyn Collector>,
    /// The collector's name. It is read once, because that calls the application's code.
    name: String,
    /// Its number among the collectors of the tracer.
    number: usize,
    /// How many spans it held when it was last asked.
    held: Cell<u64>,
    /// Reports that it missed, and the parts that it knows to be open.
    missed: MissedReports,
}

impl Recipient {
    pub(super) fn new(
        queue: Arc<Queue>,
        resource: Arc<Resource>,
        collector: Box<dyn Collector>,
        name: &str,
        number: usize,
    ) -> Self {
        let missed = MissedReports::with_max_parts(queue.max_missed_parts());
        let source: Weak<Queue> = Arc::downgrade(&queue);
        let counts = TracerCounts::new(source, Arc::clone(&resource));
        let this = Self {
            queue,
            resource,
            collector,
            name: name.to_owned(),
            number,
            held: Cell::new(0),
            missed,
        };
        let collector = &this.collector;
        if call::call_collector(|| collector.begin(&counts)).is_none() {
            this.count_panic();
        }
        this
    }

    /// Passes a batch and the missed reports to the collector. Does not call it if there is
    /// neither.
    ///
    /// # Errors
    ///
    /// If the collector panicked. It has then lost the spans, and the reports are kept for the
    /// next batch.
    pub(super) fn give_batch(
        &mut self,
        decoded: &Decoded,
        reports: &[PartReport],
    ) -> Result<(), LaneLoss> {
        let told = self.missed.take_with(reports);
        let batch = SpanBatch::from_decoded(&self.resource, decoded, &told);
        if batch.is_empty() && told.is_empty() {
            return Ok(());
        }
        let collector = &self.collector;
        if call::call_collector(|| collector.collect(&batch)).is_some() {
            // Noted only now, because a part must not count as known before the collector has
            // its report.
            self.missed.note_taken(&told);
            return Ok(());
        }
        self.count_panic();
        self.missed
            .note_missed(decoded, &told, LossReason::Lane(LaneLoss::Panic));
        Err(LaneLoss::Panic)
    }

    /// Whether the collector missed the end of a part that it knows to be open, and may be
    /// waiting for it.
    pub(super) fn is_urgent(&self) -> bool {
        self.missed.is_urgent()
    }

    /// Passes the missed reports to the collector, if one of them is urgent.
    pub(super) fn give_urgent_reports(&mut self) {
        if self.missed.is_urgent() {
            // If it panics again, `missed` keeps the reports.
            let _panicked = self.give_batch(&Decoded::default(), &[]);
        }
    }

    /// Calls [`Collector::on_idle`]. Returns after how long to call it again; `None` if not
    /// before the next batch, or if it panicked.
    pub(super) fn on_idle(&self) -> Option<Duration> {
        let collector = &self.collector;
        // Also before the call, which may block.
        self.note_held();
        let idle = call::call_collector(|| collector.on_idle()).unwrap_or_else(|| {
            self.count_panic();
            None
        });
        self.note_held();
        idle
    }

    /// Notes how many spans the collector holds, for the report of a call that is late.
    fn note_held(&self) {
        let collector = &self.collector;
        let Some(held) = call::call_collector(|| collector.waiting_spans()) else {
            return self.count_panic();
        };
        if self.held.replace(held) != held {
            self.queue.note_held_by(self.number, held);
        }
    }

    /// Flushes the collector, after the urgent reports that it missed.
    ///
    /// # Errors
    ///
    /// The collector's error, with its name, or an error if it panicked.
    pub(super) fn flush(&mut self, timeout: Duration) -> Result<(), CollectorError> {
        self.give_urgent_reports();
        self.call_method(|collector| collector.flush(timeout))
    }

    /// Shuts the collector down. It is dropped later, by [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub(super) fn shut_down(&mut self, timeout: Duration) -> Result<(), CollectorError> {
        self.give_urgent_reports();
        self.call_method(|collector| collector.shutdown(timeout))
    }

    /// Calls a method that may fail, and adds the collector's name to its error.
    fn call_method(
        &self,
        method: impl FnOnce(&dyn Collector) -> Result<(), CollectorError>,
    ) -> Result<(), CollectorError> {
        let answer = call::call_collector(|| method(&*self.collector)).unwrap_or_else(|| {
            self.count_panic();
            Err(CollectorError::new("the collector panicked"))
        });
        answer.map_err(|error| error.with_collector(&self.name))
    }

    fn count_panic(&self) {
        Counters::add(&self.queue.counters.collector_panics, 1);
    }

    /// Drops the collector, whose destructor may block.
    ///
    /// # Errors
    ///
    /// If the destructor panicked.
    pub(super) fn end(mut self) -> Result<(), CollectorError> {
        if self.drop_collector() {
            return Ok(());
        }
        let error = CollectorError::new("the collector panicked when it was dropped");
        Err(error.with_collector(&self.name))
    }

    /// Drops the collector, and replaces it by one that does nothing. Returns false if the
    /// destructor panicked.
    fn drop_collector(&mut self) -> bool {
        let collector = std::mem::replace(&mut self.collector, Box::new(()));
        call::drop_collectors([collector])
    }
}

impl Drop for Recipient {
    /// Catches panics of the destructor. Without threads, the tracer is dropped in the
    /// application's code, which must not unwind because of a collector.
    fn drop(&mut self) {
        self.drop_collector();
    }
}
