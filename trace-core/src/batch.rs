//! Finished spans on their way to a collector.

use std::time::Duration;

use crate::context::TraceFlags;
use crate::id::{SpanId, TraceId};
use crate::resource::Resource;
use crate::span_record::{DroppedItems, Link, Log, Outcome, SpanKind, SpanRecord, Status};
use crate::tag::TagRef;
use crate::timestamp::Timestamp;
use crate::tracestate::TraceState;

/// Finished spans of one service, borrowed for the time of
/// [`Collector::collect`](crate::Collector::collect).
#[derive(Debug)]
pub struct SpanBatch<'a> {
    resource: &'a Resource,
    records: &'a [SpanRecord],
    completed: &'a [TraceId],
}

/// One finished span, borrowed from its batch.
#[derive(Clone, Copy, Debug)]
pub struct SpanView<'a>(&'a SpanRecord);

impl<'a> SpanBatch<'a> {
    /// Makes a batch of records, to feed a collector by hand.
    #[must_use]
    pub fn from_records(resource: &'a Resource, records: &'a [SpanRecord]) -> Self {
        Self {
            resource,
            records,
            completed: &[],
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
        self.records.len()
    }

    /// Returns whether there is no span.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the spans, in no particular order.
    pub fn spans(&self) -> impl Iterator<Item = SpanView<'a>> + use<'a> {
        self.records.iter().map(SpanView)
    }

    /// Copies the spans.
    pub fn records(&self) -> impl Iterator<Item = SpanRecord> + use<'a> {
        self.spans().map(|span| span.to_record())
    }

    /// Returns the traces whose last span *in this process* is in this batch or
    /// was in an earlier one.
    pub fn completed_traces(&self) -> impl Iterator<Item = TraceId> + use<'a> {
        self.completed.iter().copied()
    }
}

impl<'a> SpanView<'a> {
    /// Returns the trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.0.trace_id
    }

    /// Returns the span's id.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.0.span_id
    }

    /// Returns the parent; `None` for the root of a trace.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        self.0.parent_span_id
    }

    /// Returns whether the parent ran in another process.
    #[must_use]
    pub fn parent_is_remote(&self) -> bool {
        self.0.parent_is_remote
    }

    /// Returns the trace's flags.
    #[must_use]
    pub fn flags(&self) -> TraceFlags {
        self.0.flags
    }

    /// Returns the trace's state of other vendors.
    #[must_use]
    pub fn tracestate(&self) -> &'a TraceState {
        &self.0.tracestate
    }

    /// Returns what was done.
    #[must_use]
    pub fn operation_name(&self) -> &'a str {
        &self.0.operation_name
    }

    /// Returns who did it.
    #[must_use]
    pub fn service_name(&self) -> &'a str {
        &self.0.service_name
    }

    /// Returns the span's part in a call.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.0.kind
    }

    /// Returns the start.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.0.start
    }

    /// Returns the end; never before the start.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.0.end
    }

    /// Returns the time from start to end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.0.duration()
    }

    /// Returns the tags.
    pub fn tags(&self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> + use<'a> {
        self.0
            .tags
            .iter()
            .map(|tag| (tag.key.as_ref(), tag.value.as_ref()))
    }

    /// Returns the logs.
    pub fn logs(&self) -> impl Iterator<Item = &'a Log> + use<'a> {
        self.0.logs.iter()
    }

    /// Returns the links.
    pub fn links(&self) -> impl Iterator<Item = &'a Link> + use<'a> {
        self.0.links.iter()
    }

    /// Returns whether the work failed.
    #[must_use]
    pub fn status(&self) -> &'a Status {
        &self.0.status
    }

    /// Returns how the body came to its end.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns where the span was opened: file and line.
    #[must_use]
    pub fn source(&self) -> Option<(&'a str, u32)> {
        self.0
            .source
            .as_ref()
            .map(|source| (source.file.as_ref(), source.line))
    }

    /// Returns what the limits cut off.
    #[must_use]
    pub fn dropped(&self) -> DroppedItems {
        self.0.dropped
    }

    /// Copies the span.
    #[must_use]
    pub fn to_record(&self) -> SpanRecord {
        self.0.clone()
    }
}
