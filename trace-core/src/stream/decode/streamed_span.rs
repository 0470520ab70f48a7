//! A finished span, which is read directly from the chunk in which it was written.
//!
//! Each getter reads the span's entries again, but only if the span has an entry of the
//! right kind. So a collector that only needs times does not pay for anything else. Only
//! logs and links are allocated. [`limits`] decides which entry wins.
//! [`SpanView`](crate::SpanView) is the public interface.

use std::borrow::Cow;

use super::decoded::Decoded;
use super::limits;
use super::piece::Piece;
use super::span_index::{Entries, IndexedSpan};
use crate::stream::{Entry, EntryKind};
use crate::value::StatusRef;
use crate::value::conventions::{
    CANCELLED, ERROR_TYPE, EXCEPTION, EXCEPTION_MESSAGE, EXCEPTION_TYPE, PANIC,
};
use crate::value::{
    DroppedItems, Link, Log, Outcome, Resource, SpanId, SpanKind, Tag, TagRef, Timestamp,
    TraceFlags, TraceId,
};

/// A span in the chunk in which it was written.
///
/// It borrows the batch. The chunks of the batch go back to the queue when all collectors
/// have handled it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamedSpan<'a> {
    pub(crate) decoded: &'a Decoded,
    /// The span's piece in `decoded`, looked up once.
    pub(crate) piece: &'a Piece,
    pub(crate) span: &'a IndexedSpan,
    pub(crate) resource: &'a Resource,
}

/// Returns the tags that describe how a body ended, even if the application has set tags
/// with the same keys.
///
/// If the body panicked, the type of an earlier error does not count. These tags are
/// computed from the outcome and the errors of the span. So they need no bytes in the
/// stream, and the limit of tags does not apply. A cancelled span may also have an error.
fn outcome_tags(outcome: Outcome, error_type: Option<&str>) -> [Option<(&str, TagRef<'_>)>; 2] {
    let cancelled = (outcome == Outcome::Cancelled).then_some((CANCELLED, TagRef::Bool(true)));
    let error_type = match outcome {
        Outcome::Panicked => Some(PANIC),
        Outcome::Ok | Outcome::Error | Outcome::Cancelled => error_type,
    };
    let failed = error_type.map(|error_type| (ERROR_TYPE, TagRef::Str(error_type)));
    [cancelled, failed]
}

/// The tags of a span: those of the application, which are the first entries, and then
/// those of the outcome.
#[derive(Clone, Debug)]
pub(crate) struct StreamedTags<'a> {
    span: StreamedSpan<'a>,
    own: Entries<'a>,
    /// Set after the last tag of the application.
    of_outcome: Option<OutcomeTags<'a>>,
}

type OutcomeTags<'a> = std::array::IntoIter<Option<(&'a str, TagRef<'a>)>, 2>;

impl<'a> Iterator for StreamedTags<'a> {
    type Item = (&'a str, TagRef<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(tag) = self.own.next_tag(self.span.span.site) {
            return Some(tag);
        }
        let span = self.span;
        let of_outcome = self.of_outcome.get_or_insert_with(|| span.outcome_tags());
        of_outcome.find_map(|tag| tag)
    }
}

impl<'a> StreamedSpan<'a> {
    /// Returns all entries, tags first.
    #[inline]
    pub(crate) fn entries(self) -> Entries<'a> {
        self.decoded.entries(self.span)
    }

    /// Returns the newest value that `answer` returns for an entry. `kinds` are the kinds
    /// of entries for which `answer` returns a value.
    #[inline]
    fn newest<T, const N: usize>(
        self,
        kinds: [EntryKind; N],
        answer: fn(Entry<'a>) -> Option<T>,
    ) -> Option<T> {
        // Nearly every span has no such entry, and this check only compares bits.
        if !self.span.has_one_of(kinds) {
            return None;
        }
        self.newest_of_all(answer)
    }

    #[inline(never)]
    fn newest_of_all<T>(self, answer: fn(Entry<'a>) -> Option<T>) -> Option<T> {
        let entries = self.entries().map(|(entry, _)| entry);
        entries.filter_map(answer).last()
    }

    /// Turns a raw reading of the clock into wall-clock time. It uses the anchor of the
    /// span's part, so durations are those that the counter measured.
    #[inline]
    fn time(self, raw: u64) -> Timestamp {
        self.piece.times.timestamp(raw)
    }

    /// Returns the start that the application has set, or the one that the clock measured.
    #[inline]
    pub(crate) fn start(self) -> Timestamp {
        self.newest([EntryKind::StartedAt], limits::start)
            .unwrap_or_else(|| self.time(self.span.start))
    }

    /// Returns the end that the application has set, or the one that the clock measured.
    /// It is never before the start.
    #[inline]
    pub(crate) fn end(self) -> Timestamp {
        // The later of the two readings, because a counter that lags behind must not make
        // the duration negative.
        let clock = self.time(self.span.end.max(self.span.start));
        if self
            .span
            .has_one_of([EntryKind::StartedAt, EntryKind::EndedAt])
        {
            // A start that the application has set may be after the measured end.
            let said = self.newest([EntryKind::EndedAt], limits::end);
            return said.unwrap_or(clock).max(self.start());
        }
        clock
    }

    /// Returns the operation name if an entry replaces the site's.
    #[inline]
    pub(crate) fn renamed(self) -> Option<&'a str> {
        self.newest([EntryKind::Name, EntryKind::Described], limits::name)
    }

    /// Returns the service name if an entry replaces the resource's. It applies to the
    /// whole span, even if it was set in the middle of the span.
    #[inline]
    pub(crate) fn service(self) -> Option<&'a str> {
        self.newest([EntryKind::Service], limits::service)
    }

    /// Returns the span kind.
    #[inline]
    pub(crate) fn kind(self) -> SpanKind {
        self.newest([EntryKind::SpanKind, EntryKind::Described], limits::kind)
            .unwrap_or(self.span.site.kind())
    }

    /// Returns the file and line, if they are known.
    #[inline]
    pub(crate) fn source(self) -> Option<(&'a str, u32)> {
        let site = self.span.site;
        // The shared site of spans that are described at run time has no file. The site of
        // a call has one.
        let of_site = (!site.file().is_empty()).then(|| (site.file(), site.line()));
        self.newest([EntryKind::Described], limits::source)
            .or(of_site)
    }

    /// Returns whether the span's context was written into headers. The entry has no other
    /// content, so its kind is enough.
    #[inline]
    pub(crate) fn context_sent(self) -> bool {
        self.span.has(EntryKind::ContextSent)
    }

    /// Returns the status. An error counts even if a child span has logged it, or if its
    /// log was cut off.
    #[inline]
    pub(crate) fn status(self) -> StatusRef<'a> {
        let has_entry = self.span.has_one_of([EntryKind::Status, EntryKind::Error]);
        if !has_entry && self.span.outcome != Outcome::Panicked {
            return StatusRef::Unset;
        }
        self.status_of_entries()
    }

    #[inline(never)]
    fn status_of_entries(self) -> StatusRef<'a> {
        let entries = self.entries().map(|(entry, _)| entry);
        limits::status(self.span.outcome, entries)
    }

    /// Returns all tags, each key once. The tags that the application has set come first,
    /// in the order in which their keys were first set. The tags of the outcome follow.
    #[inline]
    pub(crate) fn tags(self) -> StreamedTags<'a> {
        StreamedTags {
            span: self,
            own: self.entries(),
            of_outcome: None,
        }
    }

    /// Returns the tags that describe how the body ended. If the application has set a tag
    /// with the same key, the application's tag wins.
    #[inline]
    fn outcome_tags(self) -> OutcomeTags<'a> {
        if !self.has_outcome_tags() {
            return [None; 2].into_iter();
        }
        self.written_outcome_tags()
    }

    #[inline(never)]
    fn written_outcome_tags(self) -> OutcomeTags<'a> {
        let is_set = |key| {
            let mut own = StreamedTags {
                span: self,
                own: self.entries(),
                of_outcome: Some([None; 2].into_iter()),
            };
            own.any(|(own, _)| own == key)
        };
        let tags = outcome_tags(self.span.outcome, self.error_type());
        tags.map(|tag| tag.filter(|(key, _)| !is_set(*key)))
            .into_iter()
    }

    /// Returns whether the span may have tags that describe how the body ended.
    #[inline]
    fn has_outcome_tags(self) -> bool {
        let outcome = self.span.outcome;
        matches!(outcome, Outcome::Cancelled | Outcome::Panicked) || self.span.has(EntryKind::Error)
    }

    /// Returns whether all keys of its tags are among those of its site.
    #[inline]
    pub(crate) fn has_only_keys_of_site(self) -> bool {
        !self.span.has_text_keys() && !self.has_outcome_tags()
    }

    /// Returns whether it has nothing but times and tags with keys of its site.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.span.has_only_tags_of_site()
            && self.span.outcome == Outcome::Ok
            && self.span.dropped == DroppedItems::default()
            && self.piece.tracestate.is_empty()
    }

    /// Returns whether the parent ran in another process.
    #[inline]
    pub(crate) fn parent_is_remote(self) -> bool {
        let Self { piece, span, .. } = self;
        piece.remote_parent != 0 && piece.remote_parent == span.parent
    }

    /// Returns start and end as the clock measured them. The end is never before the start.
    #[inline]
    pub(crate) fn measured_times(self) -> (Timestamp, Timestamp) {
        let IndexedSpan { start, end, .. } = *self.span;
        // See `end`.
        (self.time(start), self.time(end.max(start)))
    }

    /// Returns whether its name, its kind and its place are those of its site.
    #[inline]
    pub(crate) fn is_as_its_site(self) -> bool {
        let kinds = [EntryKind::Name, EntryKind::SpanKind, EntryKind::Described];
        !self.span.has_one_of(kinds)
    }

    /// Returns the type of the newest error, even if a later status is ok.
    fn error_type(self) -> Option<&'a str> {
        self.newest([EntryKind::Error], limits::error_type)
    }

    /// Returns whether the span may have logs.
    #[inline]
    pub(crate) fn has_logs(self) -> bool {
        self.span.has_one_of([EntryKind::Log, EntryKind::Error])
    }

    /// Returns whether the span may have links.
    #[inline]
    pub(crate) fn has_links(self) -> bool {
        self.span.has(EntryKind::Link)
    }

    /// Returns the logs and logged errors, in the order in which they were written.
    pub(crate) fn logs(self) -> impl Iterator<Item = Log> {
        // Two threads may have written the logs of a span that moved, and their counters
        // may differ slightly. So the logs are sorted by time, and not in the order of the
        // entries. The sort is stable: logs with equal times keep their order.
        let mut sorted = Vec::new();
        if self.piece.is_joined {
            sorted.extend(self.written_logs());
            sorted.sort_by_key(|log| log.time);
        }
        // The logs of other spans are read one by one, without a list.
        let written = (!self.piece.is_joined).then(|| self.written_logs());
        sorted.into_iter().chain(written.into_iter().flatten())
    }

    /// Returns the logs and logged errors, in the order of the entries. Logs that the
    /// limits cut off are not in the index.
    fn written_logs(self) -> impl Iterator<Item = Log> {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            loop {
                match entries.next()?.0 {
                    Entry::Log { time, message } => {
                        return Some(Log {
                            time: self.time(time),
                            message: Cow::Owned(message.to_owned()),
                            // The iterator is at the entry after the log, where the fields
                            // begin. A clone is cheap: two references and an index.
                            fields: self.fields(entries.clone()),
                        });
                    }
                    // An error whose log was cut off has `log: false` here.
                    Entry::Error {
                        time,
                        log: true,
                        type_name,
                        message,
                    } => return Some(Log::exception(self.time(time), type_name, message)),
                    _ => {}
                }
            }
        })
    }

    /// Returns the links, in the order in which they were written. A link to nothing is left
    /// out.
    pub(crate) fn links(self) -> impl Iterator<Item = Link> {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            loop {
                // Only a rewrite writes a link to nothing, as a placeholder for a link
                // that was cut off. The limits cut the placeholder off again, so it does
                // not get here.
                if let Entry::Link {
                    trace_id,
                    span,
                    flags,
                    tracestate,
                } = entries.next()?.0
                    && let (Some(trace_id), Some(span_id)) =
                        (TraceId::new(trace_id), SpanId::new(span))
                {
                    return Some(Link {
                        trace_id,
                        span_id,
                        flags: TraceFlags::from_byte(flags),
                        tracestate: tracestate.parse().unwrap_or_default(),
                        tags: self.fields(entries.clone()),
                    });
                }
            }
        })
    }

    /// Returns the fields of a log or link: those that follow it, up to the next log or
    /// link. A logged error in between does not end them, because it has no fields of its
    /// own.
    fn fields(self, entries: Entries<'a>) -> Vec<Tag> {
        let site = self.span.site;
        entries
            .take_while(|(entry, _)| !matches!(entry, Entry::Log { .. } | Entry::Link { .. }))
            .filter_map(|(entry, array)| match entry {
                Entry::Field(key, value) => {
                    let key = key.text(site).to_owned();
                    Some(Tag::new(key, value.as_tag(array).to_value()))
                }
                _ => None,
            })
            .collect()
    }
}

impl Log {
    /// Makes the log of an error with its type and message, but without a stack trace.
    /// Source: OpenTelemetry semantic conventions, *Exceptions on spans*.
    fn exception(time: Timestamp, type_name: &str, message: &str) -> Self {
        Self {
            time,
            message: Cow::Borrowed(EXCEPTION),
            fields: vec![
                Tag::new(EXCEPTION_TYPE, type_name.to_owned()),
                Tag::new(EXCEPTION_MESSAGE, message.to_owned()),
            ],
        }
    }
}
