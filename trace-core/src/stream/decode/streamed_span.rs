//! A finished span in the chunk in which it was written.

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
    Link, Log, Outcome, Resource, SpanId, SpanKind, Tag, TagRef, Timestamp, TraceFlags, TraceId,
};

/// A span in the chunk in which it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamedSpan<'a> {
    pub(crate) decoded: &'a Decoded,
    pub(crate) piece: &'a Piece,
    pub(crate) span: &'a IndexedSpan,
    pub(crate) resource: &'a Resource,
}

/// The tags that say how a body ended, unless the application said them.
fn outcome_tags<'a>(
    outcome: Outcome,
    error_type: Option<&'a str>,
) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
    let cancelled = (outcome == Outcome::Cancelled).then_some((CANCELLED, TagRef::Bool(true)));
    let error_type = match outcome {
        Outcome::Panicked => Some(PANIC),
        Outcome::Ok | Outcome::Error | Outcome::Cancelled => error_type,
    };
    let failed = error_type.map(|error_type| (ERROR_TYPE, TagRef::Str(error_type)));
    cancelled.into_iter().chain(failed)
}

impl<'a> StreamedSpan<'a> {
    fn entries(self) -> Entries<'a> {
        self.decoded.entries(self.span)
    }

    /// The entries, if there is one of these kinds.
    fn entries_with<const N: usize>(
        self,
        kinds: [EntryKind; N],
    ) -> impl Iterator<Item = Entry<'a>> {
        let entries = self.span.has_one_of(kinds).then(|| self.entries());
        entries.into_iter().flatten().map(|(entry, _)| entry)
    }

    /// The newest of what entries of these kinds say.
    fn newest<T, const N: usize>(
        self,
        kinds: [EntryKind; N],
        said: impl Fn(Entry<'a>) -> Option<T>,
    ) -> Option<T> {
        self.entries_with(kinds).filter_map(said).last()
    }

    #[inline]
    fn time(self, raw: u64) -> Timestamp {
        self.piece.times.timestamp(raw)
    }

    pub(crate) fn start(self) -> Timestamp {
        let clock = self.time(self.span.start);
        if self.span.has(EntryKind::StartedAt) {
            return self
                .newest([EntryKind::StartedAt], limits::start)
                .unwrap_or(clock);
        }
        clock
    }

    pub(crate) fn end(self) -> Timestamp {
        let clock = self.time(self.span.end.max(self.span.start));
        if self
            .span
            .has_one_of([EntryKind::StartedAt, EntryKind::EndedAt])
        {
            let said = self.newest([EntryKind::EndedAt], limits::end);
            return said.unwrap_or(clock).max(self.start());
        }
        clock
    }

    pub(crate) fn renamed(self) -> Option<&'a str> {
        self.newest([EntryKind::Name, EntryKind::Described], limits::name)
    }

    pub(crate) fn service(self) -> Option<&'a str> {
        self.newest([EntryKind::Service], limits::service)
    }

    pub(crate) fn kind(self) -> SpanKind {
        self.newest([EntryKind::SpanKind, EntryKind::Described], limits::kind)
            .unwrap_or(self.span.site.kind())
    }

    pub(crate) fn source(self) -> Option<(&'a str, u32)> {
        let site = self.span.site;
        let of_site = (!site.file().is_empty()).then(|| (site.file(), site.line()));
        self.newest([EntryKind::Described], limits::source)
            .or(of_site)
    }

    pub(crate) fn context_sent(self) -> bool {
        self.span.has(EntryKind::ContextSent)
    }

    pub(crate) fn status(self) -> StatusRef<'a> {
        let entries = self.entries_with([EntryKind::Status, EntryKind::Error]);
        limits::status(self.span.outcome, entries)
    }

    pub(crate) fn tags(self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
        self.own_tags().chain(self.outcome_tags())
    }

    /// The tags that the application has set: they come before all else.
    fn own_tags(self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
        let site = self.span.site;
        let entries = self.entries();
        entries.map_while(move |(entry, array)| match entry {
            Entry::Tag(key, value) => Some((key.text(site), value.as_tag(array))),
            _ => None,
        })
    }

    /// The tags that say how the body ended, unless the application said them.
    fn outcome_tags(self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
        outcome_tags(self.span.outcome, self.error_type())
            .filter(move |(key, _)| self.own_tags().all(|(own, _)| own != *key))
    }

    fn error_type(self) -> Option<&'a str> {
        self.newest([EntryKind::Error], limits::error_type)
    }

    pub(crate) fn logs(self) -> impl Iterator<Item = Log> {
        // Those of a future that moved may have been written by two threads, whose clocks
        // differ by a little.
        let mut sorted = Vec::new();
        if self.piece.is_joined {
            sorted.extend(self.written_logs());
            sorted.sort_by_key(|log| log.time);
        }
        let written = (!self.piece.is_joined).then(|| self.written_logs());
        sorted.into_iter().chain(written.into_iter().flatten())
    }

    fn written_logs(self) -> impl Iterator<Item = Log> {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            loop {
                match entries.next()?.0 {
                    Entry::Log { time, message } => {
                        return Some(Log {
                            time: self.time(time),
                            message: Cow::Owned(message.to_owned()),
                            fields: self.fields(entries.clone()),
                        });
                    }
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

    pub(crate) fn links(self) -> impl Iterator<Item = Link> {
        let mut entries = self.entries();
        std::iter::from_fn(move || {
            loop {
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

    /// The fields that follow a log or link: those before the next one.
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
    /// The log of an error. Source: OpenTelemetry semantic conventions,
    /// *Exceptions on spans*.
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
