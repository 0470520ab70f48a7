//! A collector, and what it has not been told.

use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::queue::Queue;
use super::untold::Untold;
use crate::collector::{Collector, CollectorError, SpanBatch};
use crate::diagnostics::stats::{Counters, Fate};
use crate::stream::decode::{Decoded, LossReason, PartReport};
use crate::value::Resource;

/// A collector, and what it has not been told, as it panicked.
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

    /// Gives it a batch; returns what became of the spans.
    pub(super) fn collect(&mut self, decoded: &Decoded, reports: &[PartReport]) -> Fate {
        let told = self.untold.tell(reports);
        let batch = SpanBatch::of_decoded(&self.resource, decoded, &told);
        if batch.is_empty() && told.is_empty() {
            return Fate::Delivered;
        }
        let collector = &self.collector;
        if call::call(|| collector.collect(&batch)).is_some() {
            self.untold.took(&told);
            return Fate::Delivered;
        }
        self.count_panic();
        self.untold.miss(decoded, &told, LossReason::Panic);
        Fate::Panic
    }

    /// Whether it waits for something that it was not told.
    pub(super) fn is_urgent(&self) -> bool {
        self.untold.is_urgent()
    }

    /// Tells it what it was not told when it panicked, and waits for.
    pub(super) fn catch_up(&mut self) {
        if self.untold.is_urgent() {
            self.collect(&Decoded::default(), &[]);
        }
    }

    /// Lets it look at the time; returns when to do so again.
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
        answer.map_err(|error| error.of_collector(&self.name))
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
        Err(error.of_collector(&self.name))
    }

    /// Drops the collector; returns whether that went well.
    fn drop_collector(&mut self) -> bool {
        let collector = std::mem::replace(&mut self.collector, Box::new(()));
        call::drop_collectors([collector])
    }
}

impl Drop for Recipient {
    /// Where there is no thread, whoever drops the tracer does not unwind.
    fn drop(&mut self) {
        self.drop_collector();
    }
}
