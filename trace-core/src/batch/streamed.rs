//! A finished span in the chunk in which it was written.

use std::borrow::Cow;

use super::decoded::Decoded;
use super::index::{Entries, Piece, Span};
use super::view::StatusRef;
use crate::context::TraceFlags;
use crate::id::{SpanId, TraceId};
use crate::resource::Resource;
use crate::span_record::{Link, Log, Outcome, SpanKind};
use crate::stream::{Entry, FieldValue, Kind};
use crate::tag::{Tag, TagArray, TagRef};
use crate::timestamp::Timestamp;

/// A span in the chunk in which it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streamed<'a> {
    pub(super) decoded: &'a Decoded,
    pub(super) piece: &'a Piece,
    pub(super) span: &'a Span,
    pub(super) resource: &'a Resource,
}

/// The message of a span whose body panicked.
pub(super) const PANICKED: &str = "panicked";

/// The tag of a failed span's type of error.
pub(super) const ERROR_TYPE: &str = "error.type";

/// The tags that say how a body ended, unless the application said them.
pub(super) fn outcome_tags<'a>(
    outcome: Outcome,
    error_type: Option<&'a str>,
) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
    let cancelled = (outcome == Outcome::Cancelled).then_some(("cancelled", TagRef::Bool(true)));
    let error_type = match outcome {
        Outcome::Panicked => Some("panic"),
        Outcome::Ok | Outcome::Error | Outcome::Cancelled => error_type,
    };
    let failed = error_type.map(|error_type| (ERROR_TYPE, TagRef::Str(error_type)));
    cancelled.into_iter().chain(failed)
}

impl<'a> Streamed<'a> {
    pub(super) fn entries(self) -> Entries<'a> {
        self.decoded.entries(self.span)
    }

    /// The entries, if there is one of these kinds.
    fn entries_with<const N: usize>(self, kinds: [Kind; N]) -> impl Iterator<Item = Entry<'a>> {
        let entries = kinds
            .iter()
            .any(|kind| self.span.has(*kind))
            .then(|| self.entries());
        entries.into_iter().flatten().map(|(entry, _)| entry)
    }

    pub(super) fn time(self, raw: u64) -> Timestamp {
        self.decoded.converter().timestamp(raw)
    }

    pub(super) fn renamed(self) -> Option<&'a str> {
        let entries = self.entries_with([Kind::Name, Kind::Described]);
        let names = entries.filter_map(|entry| match entry {
            Entry::Name(name) | Entry::Described { name, .. } => Some(name),
            _ => None,
        });
        names.last()
    }

    pub(super) fn service(self) -> Option<&'a str> {
        let entries = self.entries_with([Kind::Service]);
        let services = entries.filter_map(|entry| match entry {
            Entry::Service(service) => Some(service),
            _ => None,
        });
        services.last()
    }

    pub(super) fn kind(self) -> SpanKind {
        let entries = self.entries_with([Kind::Role, Kind::Described]);
        let kinds = entries.filter_map(|entry| match entry {
            Entry::SpanKind(kind) | Entry::Described { kind, .. } => Some(kind),
            _ => None,
        });
        kinds.last().unwrap_or(self.span.site.kind())
    }

    pub(super) fn source(self) -> Option<(&'a str, u32)> {
        let entries = self.entries_with([Kind::Described]);
        let sources = entries.filter_map(|entry| match entry {
            Entry::Described { file, line, .. } => Some((file, line)),
            _ => None,
        });
        let site = self.span.site;
        let of_site = (!site.file().is_empty()).then(|| (site.file(), site.line()));
        sources.last().or(of_site)
    }

    pub(super) fn context_sent(self) -> bool {
        self.span.has(Kind::Sent)
    }

    pub(super) fn status(self) -> StatusRef<'a> {
        if self.span.outcome == Outcome::Panicked {
            return StatusRef::Error(PANICKED);
        }
        let mut status = StatusRef::Unset;
        for entry in self.entries_with([Kind::Status, Kind::Error]) {
            status = match entry {
                Entry::Status { ok: true, .. } => return StatusRef::Ok,
                Entry::Status { message, .. } | Entry::Error { message, .. } => {
                    StatusRef::Error(message)
                }
                _ => status,
            };
        }
        status
    }

    pub(super) fn tags(self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
        let site = self.span.site;
        let tags = self
            .entries()
            .filter_map(move |(entry, array)| match entry {
                Entry::Tag(key, value) => Some((key.text(site), value.as_tag(array))),
                _ => None,
            });
        tags.chain(self.outcome_tags())
    }

    /// The tags that say how the body ended, unless the application said them.
    pub(super) fn outcome_tags(self) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
        outcome_tags(self.span.outcome, self.error_type()).filter(move |(key, _)| !self.says(key))
    }

    /// Whether the application has set this tag.
    pub(super) fn says(self, key: &str) -> bool {
        let site = self.span.site;
        self.entries()
            .any(|(entry, _)| matches!(entry, Entry::Tag(other, _) if other.text(site) == key))
    }

    pub(super) fn error_type(self) -> Option<&'a str> {
        let entries = self.entries_with([Kind::Error]);
        let types = entries.filter_map(|entry| match entry {
            Entry::Error { type_name, .. } => Some(type_name),
            _ => None,
        });
        types.last()
    }

    pub(super) fn logs(self) -> impl Iterator<Item = Log> {
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

    pub(super) fn links(self) -> impl Iterator<Item = Link> {
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
    pub(super) fn fields(self, entries: Entries<'a>) -> Vec<Tag> {
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
    pub(super) fn exception(time: Timestamp, type_name: &str, message: &str) -> Self {
        Self {
            time,
            message: Cow::Borrowed("exception"),
            fields: vec![
                Tag::new("exception.type", type_name.to_owned()),
                Tag::new("exception.message", message.to_owned()),
            ],
        }
    }
}

impl<'a> FieldValue<'a> {
    /// Returns the value; `array` is it, if it is one.
    pub(super) fn as_tag(self, array: Option<&'a TagArray>) -> TagRef<'a> {
        static EMPTY: TagArray = TagArray::Bool(Vec::new());
        match self {
            Self::Bool(value) => TagRef::Bool(value),
            Self::I64(value) => TagRef::I64(value),
            Self::F64(value) => TagRef::F64(value),
            Self::Str(value) => TagRef::Str(value),
            Self::Bools(_) | Self::I64s(_) | Self::F64s(_) | Self::Texts(..) => {
                TagRef::Array(array.unwrap_or(&EMPTY))
            }
        }
    }
}
