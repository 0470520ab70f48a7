//! A span that is spread over several chunks.

use std::borrow::Cow;
use std::sync::Arc;

use super::decoded::Decoded;
use super::index::{OpenSpan, Span};
use super::streamed::{ERROR_TYPE, PANICKED, outcome_tags};
use super::view::SpanView;
use crate::clock::Converter;
use crate::context::TraceFlags;
use crate::id::{SpanId, TraceId};
use crate::limits::Limits;
use crate::resource::Resource;
use crate::span_record::{Link, Log, Outcome, Source, SpanRecord, Status};
use crate::stream::{Entry, FieldKey, FieldValue, SiteTable};
use crate::tag::{Tag, TagArray};

/// A span that was opened in a chunk which is read, and whose end is still to come.
#[derive(Debug)]
pub(crate) struct Pending {
    record: SpanRecord,
    /// The raw reading at the opening.
    start: u64,
    /// The raw reading at the end; set once that was read.
    end: Option<u64>,
    /// The type of the newest error.
    error_type: Option<String>,
    /// Whether the application said that all is well, which is final.
    is_ok: bool,
    /// What the fields that come next belong to.
    fields_of: FieldsOf,
}

/// What fields belong to: to nothing if their log or link was dropped.
#[derive(Clone, Copy, Debug)]
enum FieldsOf {
    Nothing,
    Log,
    Link,
}

impl Pending {
    /// A span that is open at the end of the chunk that opened it.
    pub(crate) fn new(
        decoded: &Decoded,
        span: &Span,
        open: &OpenSpan,
        resource: &Resource,
        limits: &Limits,
    ) -> Self {
        let view = SpanView::of_stream(decoded, span, resource);
        let mut record = view.to_record();
        let error_type = view.own_error_type().map(ToOwned::to_owned);
        if error_type.is_some() {
            // It is a tag only at the end: the application may still say its own.
            record.tags.retain(|tag| tag.key != ERROR_TYPE);
        }
        let newest = decoded
            .entries(span)
            .fold(FieldsOf::Nothing, |of, (entry, _)| match entry {
                Entry::Log { .. } => FieldsOf::Log,
                Entry::Link { .. } => FieldsOf::Link,
                _ => of,
            });
        Self {
            is_ok: record.status == Status::Ok,
            record,
            start: span.start,
            end: None,
            error_type,
            fields_of: if open.takes_fields(limits) {
                newest
            } else {
                FieldsOf::Nothing
            },
        }
    }

    /// Whether the end was read.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Returns the span if its end was read.
    pub(crate) fn into_record(self, converter: Converter) -> Option<SpanRecord> {
        let (start, end) = (self.start, self.end?);
        let mut record = self.record;
        // The start keeps its place; the duration is that of the counter, even if
        // the wall clock was read anew in between.
        let duration = converter.timestamp(end.max(start)) - converter.timestamp(start);
        record.end = record.start + duration;
        // Those of a future that moved and came back lie apart.
        record.logs.sort_by_key(|log| log.time);
        if record.outcome == Outcome::Panicked {
            record.status = Status::Error(PANICKED.into());
        }
        for (key, value) in outcome_tags(record.outcome, self.error_type.as_deref()) {
            if record.tag(key).is_none() {
                record.add_tag(key.to_owned(), value.to_value());
            }
        }
        Some(record)
    }

    /// Adds an entry, within the limits.
    pub(crate) fn apply(
        &mut self,
        entry: Entry<'_>,
        converter: Converter,
        sites: &mut SiteTable,
        limits: &Limits,
    ) {
        let record = &mut self.record;
        match entry {
            Entry::Open(_) | Entry::Moved { .. } | Entry::Piece { .. } | Entry::End => {}
            Entry::StartedAt(_) | Entry::EndedAt(_) | Entry::Dropped(_) => {}
            Entry::Close(close) => {
                self.end = Some(close.time);
                record.outcome = close.outcome;
            }
            Entry::Tag(key, value) => {
                let tag = tag_of(key, value, sites);
                let is_new = record.tag(&tag.key).is_none();
                if is_new && record.tags.len() >= limits.max_tags {
                    record.dropped.tags += 1;
                } else {
                    record.add_tag(tag.key, tag.value);
                }
            }
            Entry::Field(key, value) => {
                let fields = match self.fields_of {
                    FieldsOf::Nothing => None,
                    FieldsOf::Log => record.logs.last_mut().map(|log| &mut log.fields),
                    FieldsOf::Link => record.links.last_mut().map(|link| &mut link.tags),
                };
                if let Some(fields) = fields
                    && fields.len() < limits.max_fields
                {
                    fields.push(tag_of(key, value, sites));
                }
            }
            Entry::Log { time, message } => {
                self.fields_of = FieldsOf::Nothing;
                if record.logs.len() >= limits.max_logs {
                    record.dropped.logs += 1;
                } else {
                    self.fields_of = FieldsOf::Log;
                    record.logs.push(Log {
                        time: converter.timestamp(time),
                        message: Cow::Owned(message.to_owned()),
                        fields: Vec::new(),
                    });
                }
            }
            Entry::Link {
                trace_id,
                span,
                flags,
                tracestate,
            } => {
                self.fields_of = FieldsOf::Nothing;
                if record.links.len() >= limits.max_links {
                    record.dropped.links += 1;
                } else if let (Some(trace_id), Some(span_id)) =
                    (TraceId::new(trace_id), SpanId::new(span))
                {
                    self.fields_of = FieldsOf::Link;
                    record.links.push(Link {
                        trace_id,
                        span_id,
                        flags: TraceFlags::from_byte(flags),
                        tracestate: tracestate.parse().unwrap_or_default(),
                        tags: Vec::new(),
                    });
                }
            }
            Entry::Status { ok: true, .. } => {
                self.is_ok = true;
                record.status = Status::Ok;
            }
            Entry::Status { message, .. } => self.fail(message),
            Entry::Error {
                time,
                log,
                type_name,
                message,
            } => {
                self.error_type = Some(type_name.to_owned());
                if log && record.logs.len() < limits.max_logs {
                    let time = converter.timestamp(time);
                    record.logs.push(Log::exception(time, type_name, message));
                } else if log {
                    record.dropped.logs += 1;
                }
                self.fail(message);
            }
            Entry::Name(name) => record.operation_name = Cow::Owned(name.to_owned()),
            Entry::Service(service) => record.service_name = Arc::from(service),
            Entry::Described {
                name,
                kind,
                file,
                line,
            } => {
                record.operation_name = Cow::Owned(name.to_owned());
                record.kind = kind;
                record.source = Some(Source {
                    file: Cow::Owned(file.to_owned()),
                    line,
                });
            }
            Entry::SpanKind(kind) => record.kind = kind,
            Entry::Sent => record.context_sent = true,
        }
    }

    fn fail(&mut self, message: &str) {
        if !self.is_ok {
            self.record.status = Status::Error(Cow::Owned(message.to_owned()));
        }
    }
}

fn tag_of(key: FieldKey<'_>, value: FieldValue<'_>, sites: &mut SiteTable) -> Tag {
    let key = match key {
        FieldKey::Text(key) => key.to_owned().into(),
        FieldKey::Site { site, index } => Cow::Borrowed(sites.site(site).tag_key(index.into())),
    };
    let array = TagArray::of(value);
    Tag {
        key,
        value: value.as_tag(array.as_ref()).to_value(),
    }
}
