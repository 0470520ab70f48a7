//! A span with nothing but what most spans have: times, and tags with keys of its site.
//!
//! Collectors that write a great many spans read it faster than a
//! [`SpanView`](super::SpanView): it has one form, and its keys have numbers. It says nothing
//! that the view does not say.

use crate::stream::Site;
use crate::stream::decode::{Entries, StreamedSpan};
use crate::value::{SpanId, TagRef, Timestamp, TraceFlags, TraceId};

/// A span whose body returned without an error, of its site's name, kind and place, in the
/// resource's service. It has no logs, links and status, its context was not sent, its trace
/// has no state, and no limit has removed anything. Each key of its tags is one of its site's.
#[derive(Clone, Copy, Debug)]
pub struct PlainSpan<'a>(StreamedSpan<'a>);

/// The tags of a [`PlainSpan`].
#[derive(Debug)]
pub struct PlainTags<'a>(Entries<'a>);

impl<'a> PlainSpan<'a> {
    #[inline]
    pub(super) fn from_stream(stream: StreamedSpan<'a>) -> Option<Self> {
        stream.is_plain().then_some(Self(stream))
    }

    /// Returns the place where it was opened.
    #[inline]
    #[must_use]
    pub fn site(&self) -> &'static Site {
        self.0.span.site
    }

    /// See [`SpanView::trace_id`](super::SpanView::trace_id).
    #[inline]
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.0.piece.trace_id
    }

    /// See [`SpanView::span_id`](super::SpanView::span_id).
    #[inline]
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        SpanId::from_stream(self.0.span.id)
    }

    /// See [`SpanView::parent_span_id`](super::SpanView::parent_span_id).
    #[inline]
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        SpanId::new(self.0.span.parent)
    }

    /// See [`SpanView::parent_is_remote`](super::SpanView::parent_is_remote).
    #[inline]
    #[must_use]
    pub fn parent_is_remote(&self) -> bool {
        self.0.parent_is_remote()
    }

    /// See [`SpanView::flags`](super::SpanView::flags).
    #[inline]
    #[must_use]
    pub fn flags(&self) -> TraceFlags {
        self.0.piece.flags
    }

    /// Returns start and end. The end is never before the start.
    #[inline]
    #[must_use]
    pub fn times(&self) -> (Timestamp, Timestamp) {
        self.0.measured_times()
    }

    /// Returns the tags, in the order in which the keys were first set.
    #[inline]
    #[must_use]
    pub fn tags(&self) -> PlainTags<'a> {
        PlainTags(self.0.entries())
    }
}

impl<'a> Iterator for PlainTags<'a> {
    /// The index of the key among [those of the site](Site::tag_keys), and the value; `None`
    /// for an array, which only the [view](super::SpanView) has.
    type Item = Option<(u16, TagRef<'a>)>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_plain_tag()
    }
}
