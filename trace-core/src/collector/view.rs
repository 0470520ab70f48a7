//! One finished span, borrowed from its batch.
//!
//! It hides where the span is: in the chunk in which it was written, or in a record.
//! `stream/decode` interprets the entries of a chunk.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::plain_span::PlainSpan;
use crate::stream::Site;
use crate::stream::decode::{Decoded, IndexedSpan, StreamedSpan, StreamedTags};
use crate::value::{
    DroppedItems, Link, Log, Outcome, Resource, Source, SpanId, SpanKind, SpanRecord, StatusRef,
    Tag, TagRef, Timestamp, TraceFlags, TraceId, TraceState,
};

/// One finished span, borrowed from its batch.
///
/// Reading logs and links allocates memory; reading other data does not. Each call reads the
/// span again, so store the values that you need more than once.
#[derive(Clone, Copy, Debug)]
pub struct SpanView<'a>(Form<'a>);

/// Where the span is.
#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    Record(&'a SpanRecord),
    Stream(StreamedSpan<'a>),
}

/// The site of a span, for collectors that keep what they have made of it. `__private` has
/// it for crates that belong to this one.
#[derive(Clone, Copy, Debug)]
pub struct SiteOfSpan {
    /// The site.
    pub site: &'static Site,
    /// Whether name, kind, file and line of the span are those of the site.
    pub is_as_site: bool,
    /// Whether each key of its tags is one of the site's.
    pub has_only_keys_of_site: bool,
}

/// The tags of a span. An enum and not a chain: a collector reads them for each span.
enum Tags<'a> {
    Record(std::slice::Iter<'a, Tag>),
    Stream(StreamedTags<'a>),
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a str, TagRef<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Record(tags) => tags.next().map(|tag| (&*tag.key, tag.value.as_ref())),
            Self::Stream(tags) => tags.next(),
        }
    }
}

/// The logs or links of a span: those of a record, or else those that are read from the
/// stream. Most spans have none, and for these it has nothing to do.
struct Items<'a, T, S> {
    of_record: std::slice::Iter<'a, T>,
    of_stream: Option<S>,
}

impl<'a, T: Clone, S: Iterator<Item = T>> Iterator for Items<'a, T, S> {
    type Item = Cow<'a, T>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(item) = self.of_record.next() {
            return Some(Cow::Borrowed(item));
        }
        self.of_stream.as_mut()?.next().map(Cow::Owned)
    }
}

impl<'a> SpanView<'a> {
    /// Makes the view of a record.
    pub(super) fn from_record(record: &'a SpanRecord) -> Self {
        Self(Form::Record(record))
    }

    /// Makes the view of a span in a tracer's batch.
    pub(super) fn from_stream(
        decoded: &'a Decoded,
        span: &'a IndexedSpan,
        resource: &'a Resource,
    ) -> Self {
        Self(Form::Stream(StreamedSpan {
            decoded,
            piece: decoded.piece(span),
            span,
            resource,
        }))
    }

    /// Returns the id of the trace.
    #[must_use]
    #[inline]
    pub fn trace_id(&self) -> TraceId {
        match self.0 {
            Form::Record(record) => record.trace_id,
            Form::Stream(stream) => stream.piece.trace_id,
        }
    }

    /// Returns the span's id.
    #[must_use]
    #[inline]
    pub fn span_id(&self) -> SpanId {
        match self.0 {
            Form::Record(record) => record.span_id,
            Form::Stream(stream) => SpanId::from_stream(stream.span.id),
        }
    }

    /// Returns the id of the parent; `None` for the root of a trace.
    #[must_use]
    #[inline]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        match self.0 {
            Form::Record(record) => record.parent_span_id,
            Form::Stream(stream) => SpanId::new(stream.span.parent),
        }
    }

    /// Returns whether the parent ran in another process.
    #[must_use]
    #[inline]
    pub fn parent_is_remote(&self) -> bool {
        match self.0 {
            Form::Record(record) => record.parent_is_remote,
            Form::Stream(stream) => stream.parent_is_remote(),
        }
    }

    /// Returns whether the span's context was put into the headers of a request.
    #[must_use]
    #[inline]
    pub fn context_sent(&self) -> bool {
        match self.0 {
            Form::Record(record) => record.context_sent,
            Form::Stream(stream) => stream.context_sent(),
        }
    }

    /// Returns the flags of the trace, as defined by W3C Trace Context.
    #[must_use]
    #[inline]
    pub fn flags(&self) -> TraceFlags {
        match self.0 {
            Form::Record(record) => record.flags,
            Form::Stream(stream) => stream.piece.flags,
        }
    }

    /// Returns the entries of other tracing systems.
    #[must_use]
    #[inline]
    pub fn tracestate(&self) -> &'a TraceState {
        match self.0 {
            Form::Record(record) => &record.tracestate,
            Form::Stream(stream) => &stream.piece.tracestate,
        }
    }

    /// Returns the operation name: what the span did.
    #[must_use]
    #[inline]
    pub fn operation_name(&self) -> &'a str {
        match self.0 {
            Form::Record(record) => &record.operation_name,
            Form::Stream(stream) => stream
                .renamed()
                .unwrap_or(stream.span.site.operation_name()),
        }
    }

    /// Returns the name of the service in which the span ran.
    #[must_use]
    #[inline]
    pub fn service_name(&self) -> &'a str {
        match self.0 {
            Form::Record(record) => &record.service_name,
            Form::Stream(stream) => stream.service().unwrap_or(&stream.resource.service_name),
        }
    }

    /// Returns the kind of the span: its role in a call.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> SpanKind {
        match self.0 {
            Form::Record(record) => record.kind,
            Form::Stream(stream) => stream.kind(),
        }
    }

    /// Returns the start as wall-clock time.
    #[must_use]
    #[inline]
    pub fn start(&self) -> Timestamp {
        match self.0 {
            Form::Record(record) => record.start,
            Form::Stream(stream) => stream.start(),
        }
    }

    /// Returns the end as wall-clock time. In a span from a tracer, it is never before the
    /// start.
    #[must_use]
    #[inline]
    pub fn end(&self) -> Timestamp {
        match self.0 {
            Form::Record(record) => record.end,
            Form::Stream(stream) => stream.end(),
        }
    }

    /// Returns the time from start to end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end() - self.start()
    }

    /// Returns the tags, each key once, in the order in which the keys were first set. Tags
    /// about the end of the body come last.
    #[inline]
    pub fn tags(&self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> + use<'a> {
        match self.0 {
            Form::Record(record) => Tags::Record(record.tags.iter()),
            Form::Stream(stream) => Tags::Stream(stream.tags()),
        }
    }

    /// Returns the value of a tag; `None` if the span has no tag with this key.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<TagRef<'a>> {
        self.tags()
            .find_map(|(other, value)| (other == key).then_some(value))
    }

    /// Returns the logs, in the order in which they were written. Logged errors are included,
    /// with the message `exception`.
    #[inline]
    pub fn logs(&self) -> impl Iterator<Item = Cow<'a, Log>> + use<'a> {
        let (record, stream) = match self.0 {
            Form::Record(record) => (&record.logs[..], None),
            Form::Stream(stream) => (&[][..], Some(stream).filter(|stream| stream.has_logs())),
        };
        Items {
            of_record: record.iter(),
            of_stream: stream.map(StreamedSpan::logs),
        }
    }

    /// Returns the links, in the order in which they were added.
    #[inline]
    pub fn links(&self) -> impl Iterator<Item = Cow<'a, Link>> + use<'a> {
        let (record, stream) = match self.0 {
            Form::Record(record) => (&record.links[..], None),
            Form::Stream(stream) => (&[][..], Some(stream).filter(|stream| stream.has_links())),
        };
        Items {
            of_record: record.iter(),
            of_stream: stream.map(StreamedSpan::links),
        }
    }

    /// Returns the status: whether the span failed, and why.
    #[must_use]
    #[inline]
    pub fn status(&self) -> StatusRef<'a> {
        match self.0 {
            Form::Record(record) => record.status.as_ref(),
            Form::Stream(stream) => stream.status(),
        }
    }

    /// Returns whether the status is an error.
    #[must_use]
    #[inline]
    pub fn is_error(&self) -> bool {
        matches!(self.status(), StatusRef::Error(_))
    }

    /// Returns how the body of the span ended.
    #[must_use]
    #[inline]
    pub fn outcome(&self) -> Outcome {
        match self.0 {
            Form::Record(record) => record.outcome,
            Form::Stream(stream) => stream.span.outcome,
        }
    }

    /// Returns the file and the line where the span was opened; lines begin at 1. `None` if
    /// they are not known.
    #[must_use]
    #[inline]
    pub fn source(&self) -> Option<(&'a str, u32)> {
        match self.0 {
            Form::Record(record) => {
                let source = record.source.as_ref();
                source.map(|source| (source.file.as_ref(), source.line))
            }
            Form::Stream(stream) => stream.source(),
        }
    }

    /// Returns how many tags, logs and links the limits removed.
    #[must_use]
    #[inline]
    pub fn dropped(&self) -> DroppedItems {
        match self.0 {
            Form::Record(record) => record.dropped,
            Form::Stream(stream) => stream.span.dropped,
        }
    }

    /// Returns the site of the span, and what the span shares with it. Not public: see
    /// [`SiteOfSpan`].
    #[inline]
    pub(crate) fn site(&self) -> Option<SiteOfSpan> {
        match self.0 {
            Form::Record(_) => None,
            Form::Stream(stream) => Some(SiteOfSpan {
                site: stream.span.site,
                is_as_site: stream.is_as_its_site(),
                has_only_keys_of_site: stream.has_only_keys_of_site(),
            }),
        }
    }

    /// Returns the span in a form that is read faster; `None` if it has more than most spans
    /// have. Not public: see [`PlainSpan`].
    #[inline]
    pub(crate) fn plain(&self) -> Option<PlainSpan<'a>> {
        match self.0 {
            Form::Record(_) => None,
            Form::Stream(stream) => PlainSpan::from_stream(stream),
        }
    }

    /// Copies the span into a record, which you can keep.
    #[must_use]
    pub fn to_record(&self) -> SpanRecord {
        let stream = match self.0 {
            Form::Record(record) => return record.clone(),
            Form::Stream(stream) => stream,
        };
        // The name of a site is static, and the resource's service name is shared: neither
        // is copied.
        let site = stream.span.site;
        let own = |text: &str| Cow::Owned(text.to_owned());
        let tags = self.tags().map(|(key, value)| Tag {
            key: own(key),
            value: value.to_value(),
        });
        SpanRecord {
            trace_id: self.trace_id(),
            span_id: self.span_id(),
            parent_span_id: self.parent_span_id(),
            parent_is_remote: self.parent_is_remote(),
            context_sent: self.context_sent(),
            flags: self.flags(),
            tracestate: self.tracestate().clone(),
            operation_name: stream
                .renamed()
                .map_or(Cow::Borrowed(site.operation_name()), own),
            service_name: stream
                .service()
                .map_or_else(|| Arc::clone(&stream.resource.service_name), Arc::from),
            kind: self.kind(),
            start: self.start(),
            end: self.end(),
            tags: tags.collect(),
            logs: stream.logs().collect(),
            links: stream.links().collect(),
            status: self.status().to_status(),
            outcome: self.outcome(),
            source: stream.source().map(|(file, line)| Source {
                file: own(file),
                line,
            }),
            dropped: self.dropped(),
        }
    }
}
