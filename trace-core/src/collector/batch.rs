//! Finished spans on their way to a collector.

use super::resource::BatchResource;
use super::view::SpanView;
use crate::stream::decode::{Decoded, PartReport, TraceLosses};
use crate::value::{Resource, SpanRecord, TraceId};

/// Finished spans of one service, borrowed for the time of
/// [`Collector::collect`](crate::Collector::collect).
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
    /// Those of a tracer; only some of them, if that is said.
    Decoded(&'a Decoded, Option<Vec<usize>>),
    Records(&'a [SpanRecord]),
    /// Some of them.
    Selected(Vec<&'a SpanRecord>),
}

impl<'a> SpanBatch<'a> {
    /// Makes a batch of records, to feed a collector by hand.
    ///
    /// The [resource of a batch](Self::resource) that came from a tracer has the ends of
    /// traces with it, and what was lost of them: so a collector may change the spans, and
    /// pass them on, once to each other one.
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

    /// Sets the traces that [`completed_traces`](Self::completed_traces) names; those that
    /// the tracer of the [resource](Self::resource) has said stay.
    #[must_use]
    pub fn with_completed_traces(mut self, completed: &'a [TraceId]) -> Self {
        self.resource = self.resource.with_completed_traces(completed);
        self
    }

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

    /// Returns a batch of some of the spans, with the same resource, and with all that the
    /// tracer said of their traces: which have ended, and what was lost of them. For
    /// collectors that filter and pass on.
    ///
    /// ```
    /// use trace_core::{Collector, SpanBatch};
    ///
    /// /// Passes on what failed.
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

    /// Returns who recorded the spans.
    #[must_use]
    pub fn resource(&self) -> BatchResource<'a> {
        self.resource
    }

    /// Returns how many spans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.spans {
            Spans::Decoded(_, Some(positions)) => positions.len(),
            Spans::Decoded(decoded, None) => decoded.len(),
            Spans::Records(records) => records.len(),
            Spans::Selected(records) => records.len(),
        }
    }

    /// Returns whether there is no span; the batch may still complete traces.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the spans, in no particular order.
    pub fn spans(&self) -> impl Iterator<Item = SpanView<'a>> {
        let resource = self.resource.get();
        let decoded = match &self.spans {
            Spans::Decoded(decoded, _) => Some(*decoded),
            Spans::Records(_) | Spans::Selected(_) => None,
        };
        let streamed = decoded.into_iter().flat_map(move |decoded| {
            let spans = self
                .positions()
                .filter_map(|position| decoded.spans().get(position));
            spans.map(move |span| SpanView::from_stream(decoded, span, resource))
        });
        streamed.chain(self.borrowed().map(SpanView::from_record))
    }

    /// The spans that are records.
    fn borrowed(&self) -> impl Iterator<Item = &'a SpanRecord> {
        let (all, some) = match &self.spans {
            Spans::Decoded(..) => (&[][..], &[][..]),
            Spans::Records(records) => (*records, &[][..]),
            Spans::Selected(selected) => (&[][..], &selected[..]),
        };
        all.iter().chain(some.iter().copied())
    }

    /// The positions of the spans of a tracer.
    fn positions(&self) -> impl Iterator<Item = usize> {
        let (all, some) = match &self.spans {
            Spans::Decoded(_, Some(positions)) => (0, &positions[..]),
            Spans::Decoded(decoded, None) => (decoded.len(), &[][..]),
            Spans::Records(_) | Spans::Selected(_) => (0, &[][..]),
        };
        (0..all).chain(some.iter().copied())
    }

    /// Copies the spans.
    pub fn records(&self) -> impl Iterator<Item = SpanRecord> {
        self.spans().map(|span| span.to_record())
    }

    /// Returns the traces of which, with this batch, the last span *in this
    /// process* was delivered; a trace once for each of its parts here, which begin
    /// with a root or a remote parent.
    pub fn completed_traces(&self) -> impl Iterator<Item = TraceId> + use<'a> {
        self.resource.completed_traces()
    }

    /// Returns of which traces spans were lost between the code that recorded them and this
    /// collector, and how many: mostly together with the end of the trace.
    pub fn losses(&self) -> impl Iterator<Item = (TraceId, TraceLosses)> + use<'a> {
        self.resource.losses()
    }
}
