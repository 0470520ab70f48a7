//! One collector, as the thread that calls it sees it.
//!
//! Each call is guarded against panics, and the reports that a panic made the collector miss
//! are kept for its next call. This file does not wait, and does not count spans: the worker
//! and the lanes do that. A collector is called by one thread at a time, because this value is
//! owned by one thread.

use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::missed_reports::MissedReports;
use super::queue::Queue;
use crate::collector::{Collector, CollectorError, SpanBatch};
use crate::diagnostics::stats::Counters;
use crate::stream::decode::{Decoded, LaneLoss, LossReason, PartReport};
use crate::value::Resource;

/// A collector, and the reports that it missed because it panicked.
pub(super) struct Recipient {
    queue: Arc<Queue>,
    resource: Arc<Resource>,
    collector: Box<dyn Collector>,
    /// The collector's name, asked for once: it is the application's code.
    name: String,
    /// Reports that it missed, and the parts that it knows to be open.
    missed: MissedReports,
}

impl Recipient {
    pub(super) fn new(
        queue: Arc<Queue>,
        resource: Arc<Resource>,
        collector: Box<dyn Collector>,
        name: &str,
    ) -> Self {
        let missed = MissedReports::with_max_parts(queue.max_missed_parts());
        Self {
            queue,
            resource,
            collector,
            name: name.to_owned(),
            missed,
        }
    }

    /// Gives the collector a batch, with the reports that it missed. Does not call it if there
    /// is neither.
    ///
    /// # Errors
    ///
    /// The collector panicked: it has lost the spans, and the reports are kept for the next
    /// batch.
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
            // Only now: a part that it never heard of must not be taken for known.
            self.missed.note_taken(&told);
            return Ok(());
        }
        self.count_panic();
        self.missed
            .note_missed(decoded, &told, LossReason::Lane(LaneLoss::Panic));
        Err(LaneLoss::Panic)
    }

    /// Whether the collector missed the end of a part that it knows to be open. It may be
    /// waiting for that end.
    pub(super) fn is_urgent(&self) -> bool {
        self.missed.is_urgent()
    }

    /// Gives the collector the reports that it missed, if one of them is urgent.
    pub(super) fn give_urgent_reports(&mut self) {
        if self.missed.is_urgent() {
            // If it panics again, `missed` keeps the reports.
            let _panicked = self.give_batch(&Decoded::default(), &[]);
        }
    }

    /// Calls [`Collector::on_idle`]. Returns after how long to call it again; `None` if only
    /// after the next batch, or if it panicked.
    pub(super) fn on_idle(&self) -> Option<Duration> {
        let collector = &self.collector;
        call::call_collector(|| collector.on_idle()).unwrap_or_else(|| {
            self.count_panic();
            None
        })
    }

    /// Flushes the collector, after the urgent reports that it missed.
    ///
    /// # Errors
    ///
    /// The collector's own, with its name; or that it panicked.
    pub(super) fn flush(&mut self, timeout: Duration) -> Result<(), CollectorError> {
        self.give_urgent_reports();
        self.call_method(|collector| collector.flush(timeout))
    }

    /// Shuts the collector down. It is dropped later, by [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// As of [`flush`](Self::flush).
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
    /// The destructor panicked.
    pub(super) fn end(mut self) -> Result<(), CollectorError> {
        if self.drop_collector() {
            return Ok(());
        }
        let error = CollectorError::new("the collector panicked when it was dropped");
        Err(error.with_collector(&self.name))
    }

    /// Drops the collector, and leaves one that does nothing. Returns whether the destructor
    /// did not panic.
    fn drop_collector(&mut self) -> bool {
        let collector = std::mem::replace(&mut self.collector, Box::new(()));
        call::drop_collectors([collector])
    }
}

impl Drop for Recipient {
    /// Catches panics of the destructor: without threads, the tracer is dropped in the
    /// application's code, which must not unwind because of a collector.
    fn drop(&mut self) {
        self.drop_collector();
    }
}
