//! Traces as Jaeger's UI and its HTTP API give them. The docs of `decode` have what
//! becomes of them.
//!
//! Source: jaegertracing/jaeger, `model/json`; OpenTelemetry specification, *OpenTelemetry
//! to Jaeger Transformation*.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use trace_core::{
    Link, Log, SpanId, SpanKind, SpanRecord, Tag, TagValue, TraceFlags, TraceId, TraceState,
};

use super::ResourceSpans;
use super::enums::{Enum, Named};
use super::error::{DecodeError, Position};
use super::number;
use super::older::{Micros, Padded, take, take_status, text_of};
use super::record::{resource, take_outcome, take_source, tracestate};
use super::request::{Reader, explain, join};
use super::scalar::{Scalar, optional, or_default, required};
use super::value::unique;
use crate::facts::key;

#[derive(Deserialize)]
#[serde(expecting = "an object with `data`")]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<Trace<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `spans` and `processes`")]
struct Trace<'a> {
    #[serde(borrow)]
    spans: Vec<&'a RawValue>,
    #[serde(default, deserialize_with = "or_default")]
    processes: HashMap<String, Process>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `serviceName`"
)]
struct Process {
    #[serde(deserialize_with = "or_default")]
    service_name: String,
    #[serde(deserialize_with = "or_default")]
    tags: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceID` and `spanID`"
)]
struct Span {
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
    process_id: String,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceID` and `spanID`"
)]
struct Reference {
    #[serde(default, deserialize_with = "or_default")]
    ref_type: String,
    #[serde(rename = "traceID", deserialize_with = "required")]
    trace_id: Padded<TraceId>,
    #[serde(rename = "spanID", deserialize_with = "required")]
    span_id: Padded<SpanId>,
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
struct KeyValue {
    #[serde(deserialize_with = "or_default")]
    key: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    value_type: String,
    value: Value,
}

#[derive(Default)]
struct Kind(SpanKind);

/// Reads the answer with traces that `text` is.
pub(super) fn read_answer(
    reader: &mut Reader<'_>,
    text: &[u8],
    start: Position,
    path: &str,
) -> Result<(), DecodeError> {
    let answer: Answer<'_> = serde_json::from_slice(text)
        .map_err(|error| explain::<Answer<'_>>(text, &error, start, path))?;
    for (index, trace) in answer.data.into_iter().enumerate() {
        read_spans(reader, &trace, &join(path, &format!("data[{index}]")))?;
    }
    Ok(())
}

/// Reads the trace that `text` is.
pub(super) fn read_trace(
    reader: &mut Reader<'_>,
    text: &[u8],
    start: Position,
    path: &str,
) -> Result<(), DecodeError> {
    let trace: Trace<'_> = serde_json::from_slice(text)
        .map_err(|error| explain::<Trace<'_>>(text, &error, start, path))?;
    read_spans(reader, &trace, path)
}

fn read_spans(reader: &mut Reader<'_>, trace: &Trace<'_>, path: &str) -> Result<(), DecodeError> {
    let mut groups: Vec<ResourceSpans> = Vec::new();
    let mut places = HashMap::new();
    for (index, text) in trace.spans.iter().enumerate() {
        let Some(mut span) = reader.span::<Span>(path, index, text)? else {
            continue;
        };
        let process_id = std::mem::take(&mut span.process_id);
        let place = *places.entry(process_id).or_insert_with_key(|process_id| {
            let process = trace.processes.get(process_id).cloned();
            groups.push(ResourceSpans {
                resource: resource(process.unwrap_or_default().tags()),
                spans: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            let service_name = Arc::clone(&group.resource.service_name);
            group.spans.push(record(reader, span, service_name));
        }
    }
    groups.into_iter().for_each(|group| reader.push(group));
    Ok(())
}

fn record(reader: &mut Reader<'_>, span: Span, service_name: Arc<str>) -> SpanRecord {
    let mut tags = tags(span.tags);
    let kind = take(&mut tags, "span.kind");
    let kind = kind.map_or_else(Named::default, |kind| Named::new(Kind::from_name(&kind)));
    reader.count(kind.is_unknown);
    let state = take(&mut tags, "w3c.tracestate").unwrap_or_default();
    let status = take_status(&mut tags);

    let mut references = span.references;
    let mut parent_of = |wanted: &str| {
        let is_parent = |reference: &Reference| {
            reference.ref_type == wanted && reference.trace_id.0 == span.trace_id.0
        };
        let place = references.iter().position(is_parent)?;
        Some(references.remove(place).span_id.0)
    };
    let parent = parent_of("CHILD_OF")
        .or(span.parent_span_id.0)
        .or_else(|| parent_of("FOLLOWS_FROM"));

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
    record.links = references.iter().map(link).collect();
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

fn link(reference: &Reference) -> Link {
    let ref_type = reference.ref_type.to_ascii_lowercase();
    Link {
        trace_id: reference.trace_id.0,
        span_id: reference.span_id.0,
        flags: TraceFlags::NONE,
        tracestate: TraceState::default(),
        tags: vec![Tag::new("opentracing.ref_type", ref_type)],
    }
}

fn tags(pairs: Vec<KeyValue>) -> Vec<Tag> {
    let pairs = pairs.into_iter();
    unique(pairs.map(|pair| (pair.key, tag_value(&pair.value_type, pair.value))))
}

/// Returns a value of its type, or as text where it is not of it.
fn tag_value(value_type: &str, value: Value) -> TagValue {
    let untyped = match &value {
        Value::Bool(value) => Some((*value).into()),
        Value::Number(number) => {
            let float = || number.as_f64().map(TagValue::from);
            number.as_i64().map(TagValue::from).or_else(float)
        }
        _ => None,
    };
    let text = text_of(value);
    let integer = || number::integer(&text)?.try_into().ok().map(i64::into);
    let typed = match value_type {
        "" => untyped,
        "bool" => text.parse::<bool>().ok().map(TagValue::from),
        "int64" => integer(),
        "float64" => f64::from_text(&text).map(TagValue::from),
        _ => None,
    };
    typed.unwrap_or_else(|| text.into())
}

impl Process {
    /// Returns its tags, and its name as one of them.
    fn tags(mut self) -> Vec<Tag> {
        if !self.service_name.is_empty() {
            self.tags.push(KeyValue {
                key: key::SERVICE_NAME.to_owned(),
                value_type: "string".to_owned(),
                value: self.service_name.into(),
            });
        }
        tags(self.tags)
    }
}

impl Enum for Kind {
    const EXPECTED: &'static str = "a name such as `server`";

    fn from_name(name: &str) -> Option<Self> {
        Some(Self(match name.to_ascii_lowercase().as_str() {
            "internal" => SpanKind::Internal,
            "client" => SpanKind::Client,
            "server" => SpanKind::Server,
            "producer" => SpanKind::Producer,
            "consumer" => SpanKind::Consumer,
            _ => return None,
        }))
    }

    fn from_value(_: i32) -> Option<Self> {
        None
    }
}
