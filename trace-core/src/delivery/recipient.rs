//! A collector as its thread sees it: each call is guarded against panics, and what a panic
//! made it miss is kept. Does not wait; that is for the worker and the lanes.

use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::queue::Queue;
use super::untold::Untold;
use crate::collector::{Collector, CollectorError, SpanBatch};
use crate::diagnostics::stats::Counters;
use crate::stream::decode::{Decoded, LaneLoss, LossReason, PartReport};
use crate::value::Resource;

/// A collector, and the reports that it missed because it panicked.
pub(super) struct Recipient {
    queue: Arc<Queue>,
    resource: Arc<Resource>,
    collector: Box<dyn Collector>,
    name: String,
    untold: Untold,
}

impl Recipient {
    pub(super) fn new(
        queue: Arc<Queue>,
        resource: Arc<Resource>,
        collector: Box<dyn Collector>,
        name: &str,
    ) -> Self {
        let untold = Untold::bounded(queue.max_untold());
        Self {
            queue,
            resource,
            collector,
            name: name.to_owned(),
            untold,
        }
    }

    /// Gives the collector a batch, with the reports that it missed.
    ///
    /// # Errors
    ///
    /// The collector panicked: the spans are lost to it, and the reports are kept for the
    /// next batch.
    pub(super) fn collect(
        &mut self,
        decoded: &Decoded,
        reports: &[PartReport],
    ) -> Result<(), LaneLoss> {
        let told = self.untold.tell(reports);
        let batch = SpanBatch::from_decoded(&self.resource, decoded, &told);
        if batch.is_empty() && told.is_empty() {
            return Ok(());
        }
        let collector = &self.collector;
        if call::call(|| collector.collect(&batch)).is_some() {
            self.untold.took(&told);
            return Ok(());
        }
        self.count_panic();
        self.untold
            .miss(decoded, &told, LossReason::Lane(LaneLoss::Panic));
        Err(LaneLoss::Panic)
    }

    /// Whether it missed the end of a part that it knows to be open.
    pub(super) fn is_urgent(&self) -> bool {
        self.untold.is_urgent()
    }

    /// Gives it the reports that it missed, if one of them is urgent.
    pub(super) fn catch_up(&mut self) {
        if self.untold.is_urgent() {
            // If it panics once more, `untold` keeps the reports.
            let _panicked = self.collect(&Decoded::default(), &[]);
        }
    }

    /// Calls [`Collector::on_idle`]; returns after how long to call it again.
    pub(super) fn on_idle(&self) -> Option<Duration> {
        let collector = &self.collector;
        call::call(|| collector.on_idle()).unwrap_or_else(|| {
            self.count_panic();
            None
        })
    }

    pub(super) fn flush(&mut self, timeout: Duration) -> Result<(), CollectorError> {
        self.catch_up();
        self.ask(|collector| collector.flush(timeout))
    }

    pub(super) fn shut_down(&mut self, timeout: Duration) -> Result<(), CollectorError> {
        self.catch_up();
        self.ask(|collector| collector.shutdown(timeout))
    }

    fn ask(
        &self,
        ask: impl FnOnce(&dyn Collector) -> Result<(), CollectorError>,
    ) -> Result<(), CollectorError> {
        let answer = call::call(|| ask(&*self.collector)).unwrap_or_else(|| {
            self.count_panic();
            Err(CollectorError::new("the collector panicked"))
        });
        answer.map_err(|error| error.with_collector(&self.name))
    }

    fn count_panic(&self) {
        Counters::add(&self.queue.counters.collector_panics, 1);
    }

    /// Drops the collector, whose destructor may block or panic.
    pub(super) fn end(mut self) -> Result<(), CollectorError> {
        if self.drop_collector() {
            return Ok(());
        }
        let error = CollectorError::new("the collector panicked when it was dropped");
        Err(error.with_collector(&self.name))
    }

    /// Drops the collector; returns whether it did not panic.
    fn drop_collector(&mut self) -> bool {
        let collector = std::mem::replace(&mut self.collector, Box::new(()));
        call::drop_collectors([collector])
    }
}

impl Drop for Recipient {
    /// Catches panics: without threads, the application drops the tracer and must not unwind.
    fn drop(&mut self) {
        self.drop_collector();
    }
}
