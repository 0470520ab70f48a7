//! Reads spans of Jaeger. The docs of `decode` describe what each field becomes.
//!
//! Source: jaegertracing/jaeger, `model/json`; OpenTelemetry specification, *OpenTelemetry
//! to Jaeger Transformation*.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use trace_core::{
    Link, Log, SpanId, SpanKind, SpanRecord, Tag, TagValue, TraceFlags, TraceId, TraceState,
};

use super::any_value::unique;
use super::enums::{Enum, Named};
use super::older::{Loose, Micros, Padded, take, take_status};
use super::reader::Reader;
use super::record::{take_outcome, take_source, tracestate};
use super::scalar::{Scalar, optional, or_default, required};

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceID` and `spanID`"
)]
pub(super) struct Span<'a> {
    #[serde(rename = "traceID", deserialize_with = "required")]
    trace_id: Padded<TraceId>,
    #[serde(rename = "spanID", deserialize_with = "required")]
    span_id: Padded<SpanId>,
    #[serde(default, rename = "parentSpanID", deserialize_with = "optional")]
    parent_span_id: Padded<Option<SpanId>>,
    #[serde(default, deserialize_with = "or_default")]
    operation_name: String,
    #[serde(default, deserialize_with = "or_default")]
    references: Vec<Reference>,
    #[serde(default, deserialize_with = "optional")]
    start_time: Micros,
    #[serde(default, deserialize_with = "optional")]
    duration: Micros,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<KeyValue>,
    #[serde(default, deserialize_with = "or_default")]
    logs: Vec<Entry>,
    #[serde(default, rename = "processID", deserialize_with = "or_default")]
    pub(super) process_id: String,
    /// The process itself, which Jaeger's storage backends write instead of its id.
    #[serde(borrow, default)]
    pub(super) process: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceID` and `spanID`"
)]
struct Reference {
    #[serde(default, deserialize_with = "or_default")]
    ref_type: String,
    #[serde(default, rename = "traceID", deserialize_with = "optional")]
    trace_id: Padded<Option<TraceId>>,
    #[serde(default, rename = "spanID", deserialize_with = "optional")]
    span_id: Padded<Option<SpanId>>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `timestamp` and `fields`")]
struct Entry {
    #[serde(deserialize_with = "optional")]
    timestamp: Micros,
    #[serde(deserialize_with = "or_default")]
    fields: Vec<KeyValue>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, expecting = "an object with `key` and `value`")]
pub(super) struct KeyValue {
    #[serde(deserialize_with = "or_default")]
    pub(super) key: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub(super) value_type: String,
    pub(super) value: Loose,
}

#[derive(Default)]
struct Kind(SpanKind);

/// Makes the record of a span.
pub(super) fn record(
    reader: &mut Reader<'_>,
    span: Span<'_>,
    service_name: Arc<str>,
) -> SpanRecord {
    let mut tags = tags(span.tags);
    let kind = tags.iter().find(|tag| tag.key == "span.kind");
    let kind = kind.map(|tag| tag.value.to_string());
    let kind = kind.map_or_else(Named::default, |kind| Named::new(Kind::from_name(&kind)));
    reader.count(kind.is_unknown);
    if !kind.is_unknown {
        take(&mut tags, "span.kind");
    }
    let state = take(&mut tags, "w3c.tracestate").unwrap_or_default();
    let (status, is_unknown) = take_status(&mut tags);
    reader.count(is_unknown);

    let mut references = span.references;
    let mut parent_of = |wanted: &str| {
        let is_parent = |reference: &Reference| {
            reference.name() == wanted
                && reference.trace_id.0 == Some(span.trace_id.0)
                && reference.span_id.0.is_some()
        };
        let index = references.iter().position(is_parent)?;
        references.remove(index).span_id.0
    };
    let parent = parent_of("child_of")
        .or(span.parent_span_id.0)
        .or_else(|| parent_of("follows_from"));

    let mut record = SpanRecord::new(span.trace_id.0, span.span_id.0, span.operation_name);
    record.parent_span_id = parent;
    record.service_name = service_name;
    record.kind = kind.value.0;
    record.tracestate = tracestate(&state);
    record.start = span.start_time.time();
    record.end = span.start_time.end(span.duration);
    record.outcome = take_outcome(&mut tags, &status);
    record.source = take_source(&mut tags);
    record.status = status;
    record.tags = tags;
    record.logs = span.logs.into_iter().map(log).collect();
    record.links = references.iter().filter_map(link).collect();
    let without_ids = references.len() - record.links.len();
    record.dropped.links = u32::try_from(without_ids).unwrap_or(u32::MAX);
    record
}

fn log(entry: Entry) -> Log {
    let mut fields = tags(entry.fields);
    let message = take(&mut fields, "event").or_else(|| take(&mut fields, "message"));
    Log {
        time: entry.timestamp.time(),
        message: message.unwrap_or_default().into(),
        fields,
    }
}

/// Makes a link; `None` without ids.
fn link(reference: &Reference) -> Option<Link> {
    Some(Link {
        trace_id: reference.trace_id.0?,
        span_id: reference.span_id.0?,
        flags: TraceFlags::NONE,
        tracestate: TraceState::default(),
        tags: vec![Tag::new("opentracing.ref_type", reference.name())],
    })
}

impl Reference {
    /// Returns the type in lower case. The default is `child_of`.
    fn name(&self) -> String {
        match self.ref_type.as_str() {
            "" => "child_of".to_owned(),
            name => name.to_ascii_lowercase(),
        }
    }
}

/// Makes tags. If several have the same key, the last one counts.
pub(super) fn tags(pairs: Vec<KeyValue>) -> Vec<Tag> {
    let pairs = pairs.into_iter();
    unique(pairs.map(|pair| (pair.key, tag_value(&pair.value_type, pair.value))))
}

/// Returns a value with the type `value_type`, or as text if it does not have this type.
fn tag_value(value_type: &str, value: Loose) -> TagValue {
    let untyped = match &value {
        Loose::Bool(value) => Some((*value).into()),
        Loose::Number(text) if text.contains(['.', 'e', 'E']) => f64_of(text),
        Loose::Number(text) => integer(text).or_else(|| f64_of(text)),
        _ => None,
    };
    let text = value.into_text();
    let typed = match value_type {
        "" => untyped,
        "bool" => text.parse::<bool>().ok().map(TagValue::from),
        "int64" => integer(&text),
        "float64" => f64_of(&text),
        _ => None,
    };
    typed.unwrap_or_else(|| text.into())
}

fn integer(text: &str) -> Option<TagValue> {
    i64::from_text(text).map(TagValue::from)
}

fn f64_of(text: &str) -> Option<TagValue> {
    f64::from_text(text).map(TagValue::from)
}

impl Enum for Kind {
    const EXPECTED: &'static str = "a name such as `server`";

    fn from_name(name: &str) -> Option<Self> {
        let named = |kind: &SpanKind| kind.as_str().eq_ignore_ascii_case(name);
        SpanKind::ALL.into_iter().find(named).map(Self)
    }

    fn from_value(_: i32) -> Option<Self> {
        None
    }
}
