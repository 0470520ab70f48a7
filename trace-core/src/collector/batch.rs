//! A batch of finished spans, as a collector receives it.
//!
//! A batch owns no spans. Spans from a tracer are still in the chunks in which they were
//! written. Spans from a collector that passes them on are records.

use super::resource::BatchResource;
use super::span_views::{SpanViews, Tracers};
use super::view::SpanView;
use crate::stream::decode::{Decoded, PartReport, TraceLosses};
use crate::value::{Resource, SpanRecord, TraceId};

/// Finished spans of one service, borrowed for a call of
/// [`Collector::collect`](crate::Collector::collect).
///
/// A tracer gathers spans for the [scheduled delay](crate::TracerBuilder::scheduled_delay),
/// and delivers at most about 4,096 spans at once. The spans of one trace may be in several
/// batches. A batch may have no spans and only report which traces have ended.
///
/// ```
/// use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};
///
/// let shop = Resource::new("shop");
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let spans = [span];
/// let batch = SpanBatch::from_records(&shop, &spans);
/// assert_eq!(batch.spans().next().unwrap().operation_name(), "charge");
/// ```
#[derive(Debug)]
pub struct SpanBatch<'a> {
    resource: BatchResource<'a>,
    spans: Spans<'a>,
}

/// The spans of a batch.
#[derive(Debug)]
enum Spans<'a> {
    /// Spans of a tracer: all of them, or those at these positions.
    Decoded(&'a Decoded, Option<Vec<usize>>),
    /// All of these records.
    Records(&'a [SpanRecord]),
    /// Some of the records of another batch.
    Selected(Vec<&'a SpanRecord>),
}

impl<'a> SpanBatch<'a> {
    /// Makes a batch of records, so that code other than a tracer can call a collector.
    ///
    /// `resource` is a [`Resource`], or the [resource of another batch](Self::resource). The
    /// latter also reports which traces have ended and which have lost spans. So a collector
    /// can change spans and pass them on. Pass the resource of a batch to each collector only
    /// once. Otherwise the collector counts ends and losses twice.
    ///
    /// ```
    /// use trace_core::{Collector, SpanBatch};
    ///
    /// /// Passes spans on without their tags.
    /// struct WithoutTags<C>(C);
    ///
    /// impl<C: Collector> Collector for WithoutTags<C> {
    ///     fn collect(&self, batch: &SpanBatch<'_>) {
    ///         let mut spans: Vec<_> = batch.records().collect();
    ///         spans.iter_mut().for_each(|span| span.tags.clear());
    ///         self.0.collect(&SpanBatch::from_records(batch.resource(), &spans));
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn from_records(resource: impl Into<BatchResource<'a>>, records: &'a [SpanRecord]) -> Self {
        Self {
            resource: resource.into(),
            spans: Spans::Records(records),
        }
    }

    /// Sets the traces that [`completed_traces`](Self::completed_traces) returns. If the
    /// [resource](Self::resource) comes from a tracer, this has no effect: the tracer has
    /// reported which traces have ended.
    #[must_use]
    pub fn with_completed_traces(mut self, completed: &'a [TraceId]) -> Self {
        self.resource = self.resource.with_completed_traces(completed);
        self
    }

    /// Sets what [`losses`](Self::losses) returns: spans that were lost elsewhere, for example
    /// in the process that sent the batch. If the [resource](Self::resource) comes from a
    /// tracer, this has no effect.
    ///
    /// ```
    /// use trace_core::{Resource, SpanBatch, TraceId, TraceLosses};
    ///
    /// let mut lost = TraceLosses::default();
    /// lost.queue = 3;
    /// let (shop, losses) = (Resource::new("shop"), [(TraceId::new(1).unwrap(), lost)]);
    /// let batch = SpanBatch::from_records(&shop, &[]).with_losses(&losses);
    /// assert_eq!(batch.losses().map(|(_, lost)| lost.total()).sum::<u64>(), 3);
    /// ```
    #[must_use]
    pub fn with_losses(mut self, losses: &'a [(TraceId, TraceLosses)]) -> Self {
        self.resource = self.resource.with_losses(losses);
        self
    }

    /// Says that the source of the spans reports the ends of its parts of traces, even if
    /// it reports none in this batch. Then a [`TraceCollector`](crate::TraceCollector) knows
    /// that a trace without a report still runs there. A tracer does that; code that passes
    /// on what a tracer has sent has to say so.
    #[must_use]
    pub fn with_reported_ends(mut self) -> Self {
        self.resource = self.resource.with_reported_ends();
        self
    }

    /// Makes the batch that a tracer delivers. `reports` may contain more than the reports of
    /// `decoded`: a collector also gets reports that it missed.
    pub(crate) fn from_decoded(
        resource: &'a Resource,
        decoded: &'a Decoded,
        reports: &'a [PartReport],
    ) -> Self {
        Self {
            resource: BatchResource::from_tracer(resource, reports),
            spans: Spans::Decoded(decoded, None),
        }
    }

    /// Returns a batch of the spans for which `keep` returns true. Use it in a collector that
    /// filters spans and passes them on.
    ///
    /// The new batch has the same resource, which also reports which traces have ended and
    /// which have lost spans. No span is copied.
    ///
    /// ```
    /// use trace_core::{Collector, SpanBatch};
    ///
    /// /// Passes on spans that failed.
    /// struct Failures<C>(C);
    ///
    /// impl<C: Collector> Collector for Failures<C> {
    ///     fn collect(&self, batch: &SpanBatch<'_>) {
    ///         self.0.collect(&batch.filter(|span| span.is_error()));
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&SpanView<'a>) -> bool) -> Self {
        let resource = self.resource;
        let spans = match &self.spans {
            Spans::Decoded(decoded, _) => {
                let kept = self.positions().filter(|position| {
                    let span = decoded.spans().get(*position);
                    span.is_some_and(|span| {
                        keep(&SpanView::from_stream(decoded, span, resource.get()))
                    })
                });
                Spans::Decoded(decoded, Some(kept.collect()))
            }
            Spans::Records(_) | Spans::Selected(_) => {
                let kept = self.borrowed();
                let kept = kept.filter(|span| keep(&SpanView::from_record(span)));
                Spans::Selected(kept.collect())
            }
        };
        Self { resource, spans }
    }

    /// Returns the service that recorded the spans, and what is known about their traces.
    #[must_use]
    pub fn resource(&self) -> BatchResource<'a> {
        self.resource
    }

    /// Returns the number of spans.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.spans {
            Spans::Decoded(_, Some(positions)) => positions.len(),
            Spans::Decoded(decoded, None) => decoded.len(),
            Spans::Records(records) => records.len(),
            Spans::Selected(records) => records.len(),
        }
    }

    /// Returns whether there are no spans. The batch may still report that traces have ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the spans, in no particular order.
    #[inline]
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = SpanView<'a>> {
        let tracers = |decoded| Tracers {
            decoded,
            resource: self.resource.get(),
        };
        match &self.spans {
            Spans::Decoded(decoded, None) => {
                SpanViews::Decoded(tracers(decoded), decoded.spans().iter())
            }
            Spans::Decoded(decoded, Some(positions)) => {
                SpanViews::Positions(tracers(decoded), positions.iter())
            }
            Spans::Records(records) => SpanViews::Records(records.iter()),
            Spans::Selected(records) => SpanViews::Selected(records.iter()),
        }
    }

    /// Returns the spans that are records.
    fn borrowed(&self) -> impl Iterator<Item = &'a SpanRecord> {
        let (all, some) = match &self.spans {
            Spans::Decoded(..) => (&[][..], &[][..]),
            Spans::Records(records) => (*records, &[][..]),
            Spans::Selected(selected) => (&[][..], &selected[..]),
        };
        all.iter().chain(some.iter().copied())
    }

    /// Returns the positions of the spans of a tracer.
    fn positions(&self) -> impl Iterator<Item = usize> {
        let (all, some) = match &self.spans {
            Spans::Decoded(_, Some(positions)) => (0, &positions[..]),
            Spans::Decoded(decoded, None) => (decoded.len(), &[][..]),
            Spans::Records(_) | Spans::Selected(_) => (0, &[][..]),
        };
        (0..all).chain(some.iter().copied())
    }

    /// Returns copies of the spans, in no particular order.
    pub fn records(&self) -> impl Iterator<Item = SpanRecord> {
        self.spans().map(|span| span.to_record())
    }

    /// Returns the traces that have ended *in this process*.
    ///
    /// Each root begins a part of a trace, and so does each trace that is continued from
    /// another process. A trace is returned once for each part that has ended. No later batch
    /// has spans of that part.
    pub fn completed_traces(&self) -> impl Iterator<Item = TraceId> + use<'a> {
        self.resource.completed_traces()
    }

    /// Returns the traces that lost spans before they reached this collector, with the number
    /// of lost spans. Usually a loss is reported together with the end of its trace. A trace
    /// may be returned more than once, but each lost span is counted once.
    pub fn losses(&self) -> impl Iterator<Item = (TraceId, TraceLosses)> + use<'a> {
        self.resource.losses()
    }
}
