//! A span that is spread over several chunks.

use std::borrow::Cow;
use std::sync::Arc;

use super::decoded::{Decoded, Span};
use super::view::{PANICKED, SpanView};
use crate::clock::Converter;
use crate::context::TraceFlags;
use crate::id::{SpanId, TraceId};
use crate::limits::Limits;
use crate::resource::Resource;
use crate::span_record::{Link, Log, Outcome, Source, SpanRecord, Status};
use crate::stream::{Entry, FieldKey, FieldValue, SiteTable};
use crate::tag::{Tag, TagArray};

/// A span of which something is still to come: its end, or even its opening.
#[derive(Debug)]
pub(crate) struct Pending {
    /// What is known; only of use when `start` is set.
    record: SpanRecord,
    /// The raw reading at the opening; set once that was read.
    start: Option<u64>,
    /// The raw reading at the end; set once that was read.
    end: Option<u64>,
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
    /// A span of which something is read before its opening.
    pub(crate) fn before_opening(id: u64) -> Self {
        Self::of_record(SpanRecord::new(
            TraceId::PLACEHOLDER,
            SpanId::from_stream(id),
            "",
        ))
    }

    /// A span that is open at the end of the chunk that opened it.
    pub(crate) fn of_open_span(decoded: &Decoded, span: &Span, resource: &Resource) -> Self {
        let record = SpanView::of_stream(decoded, span, resource).to_record();
        Self {
            is_ok: record.status == Status::Ok,
            start: Some(span.start),
            ..Self::of_record(record)
        }
    }

    fn of_record(record: SpanRecord) -> Self {
        Self {
            record,
            start: None,
            end: None,
            is_ok: false,
            fields_of: FieldsOf::Nothing,
        }
    }

    /// Whether the opening was read.
    pub(crate) fn is_open(&self) -> bool {
        self.start.is_some()
    }

    /// Whether the end was read.
    pub(crate) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Adds the opening to what was read before it.
    pub(crate) fn open(&mut self, decoded: &Decoded, span: &Span, resource: &Resource) {
        let opened = SpanView::of_stream(decoded, span, resource).to_record();
        let early = std::mem::replace(&mut self.record, opened);
        let record = &mut self.record;
        self.start = Some(span.start);
        if !early.operation_name.is_empty() {
            record.operation_name = early.operation_name;
        }
        for tag in early.tags {
            record.add_tag(tag.key, tag.value);
        }
        record.logs = early.logs;
        record.links = early.links;
        record.status = early.status;
        record.outcome = early.outcome;
        record.dropped = early.dropped;
    }

    /// Returns the finished span; `None` if it never was opened.
    pub(crate) fn into_record(mut self, converter: Converter) -> Option<SpanRecord> {
        let (start, end) = (self.start?, self.end?);
        // The start keeps its place; the duration is that of the counter, even if
        // the wall clock was read anew in between.
        let duration = converter.timestamp(end.max(start)) - converter.timestamp(start);
        self.record.end = self.record.start + duration;
        match self.record.outcome {
            Outcome::Cancelled => self.record.add_tag("cancelled", true),
            Outcome::Panicked => {
                self.record.status = Status::Error(PANICKED.into());
                self.record.add_tag("error.type", "panic");
            }
            Outcome::Ok | Outcome::Error => {}
        }
        Some(self.record)
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
            Entry::Open(_) | Entry::Piece { .. } | Entry::End => {}
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
                record.add_tag("error.type", type_name.to_owned());
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
            Entry::Source { file, line } => {
                record.source = Some(Source {
                    file: Cow::Owned(file.to_owned()),
                    line,
                });
            }
            Entry::SpanKind(kind) => record.kind = kind,
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
