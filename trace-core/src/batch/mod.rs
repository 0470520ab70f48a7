//! Finished spans on their way to a collector.

mod decode;
mod decoded;
mod index;
mod limits;
mod lost;
mod piece;
mod rewrite;
mod spread;
mod spread_spans;
mod streamed;
mod values;
mod view;

pub(crate) use decode::Decoder;
pub(crate) use decoded::Decoded;
pub use view::{SpanView, StatusRef};

use crate::id::TraceId;
use crate::resource::Resource;
use crate::span_record::SpanRecord;

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
    resource: &'a Resource,
    decoded: Option<&'a Decoded>,
    records: &'a [SpanRecord],
    completed: &'a [TraceId],
}

impl<'a> SpanBatch<'a> {
    /// Makes a batch of records, to feed a collector by hand.
    #[must_use]
    pub fn from_records(resource: &'a Resource, records: &'a [SpanRecord]) -> Self {
        Self {
            resource,
            decoded: None,
            records,
            completed: &[],
        }
    }

    /// Adds the traces that [`completed_traces`](Self::completed_traces) names.
    #[must_use]
    pub fn with_completed_traces(mut self, completed: &'a [TraceId]) -> Self {
        self.completed = completed;
        self
    }

    pub(crate) fn of_decoded(resource: &'a Resource, decoded: &'a Decoded) -> Self {
        Self {
            resource,
            decoded: Some(decoded),
            records: &[],
            completed: decoded.completed(),
        }
    }

    /// Returns who recorded the spans.
    #[must_use]
    pub fn resource(&self) -> &'a Resource {
        self.resource
    }

    /// Returns how many spans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.decoded.map_or(self.records.len(), Decoded::len)
    }

    /// Returns whether there is no span; the batch may still complete traces.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the spans, in no particular order.
    pub fn spans(&self) -> impl Iterator<Item = SpanView<'a>> + use<'a> {
        let resource = self.resource;
        let streamed = self.decoded.into_iter().flat_map(move |decoded| {
            let spans = decoded.spans().iter();
            spans.map(move |span| SpanView::of_stream(decoded, span, resource))
        });
        streamed.chain(self.records.iter().map(SpanView::of_record))
    }

    /// Copies the spans.
    pub fn records(&self) -> impl Iterator<Item = SpanRecord> + use<'a> {
        self.spans().map(|span| span.to_record())
    }

    /// Returns whether the batch comes from a tracer, which reports the end of every
    /// trace, and not from records alone.
    pub(crate) fn reports_completion(&self) -> bool {
        self.decoded.is_some() || !self.completed.is_empty()
    }

    /// Returns the traces of which, with this batch, the last span *in this
    /// process* was delivered; a trace once for each of its parts here, which begin
    /// with a root or a remote parent.
    pub fn completed_traces(&self) -> impl Iterator<Item = TraceId> + use<'a> {
        self.completed.iter().copied()
    }
}
