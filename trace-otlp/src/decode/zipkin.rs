//! Reads spans of Zipkin's version 2. The docs of `decode` describe what each field becomes.
//!
//! Source: zipkin-api, *zipkin2-api.yaml*; OpenTelemetry specification, *OpenTelemetry to
//! Zipkin Transformation*; semantic conventions, *Network*.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use trace_core::{Log, SpanId, SpanKind, SpanRecord, Tag, TagValue, TraceId};

use super::any_value::unique;
use super::decoded::ResourceSpans;
use super::enums::{Enum, Named};
use super::error::{DecodeError, Position};
use super::explain::explain;
use super::older::{Loose, Micros, Padded, take, take_status};
use super::reader::Reader;
use super::record::{resource, take_outcome, take_source, tracestate};
use super::scalar::{optional, or_default, required};
use crate::conventions::{self, key};

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceId` and `id`"
)]
struct Span {
    #[serde(deserialize_with = "required")]
    trace_id: Padded<TraceId>,
    #[serde(deserialize_with = "required")]
    id: Padded<SpanId>,
    #[serde(default, deserialize_with = "optional")]
    parent_id: Padded<Option<SpanId>>,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "optional")]
    kind: Named<Kind>,
    #[serde(default, deserialize_with = "optional")]
    timestamp: Micros,
    #[serde(default, deserialize_with = "optional")]
    duration: Micros,
    #[serde(default, deserialize_with = "or_default")]
    local_endpoint: Endpoint,
    #[serde(default, deserialize_with = "or_default")]
    remote_endpoint: Endpoint,
    #[serde(default, deserialize_with = "or_default")]
    annotations: Vec<Annotation>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Tags,
    #[serde(default, deserialize_with = "or_default")]
    shared: bool,
}

#[derive(Default)]
struct Kind(SpanKind);

#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `serviceName`"
)]
struct Endpoint {
    #[serde(deserialize_with = "or_default")]
    service_name: String,
    #[serde(deserialize_with = "or_default")]
    ipv4: String,
    #[serde(deserialize_with = "or_default")]
    ipv6: String,
    #[serde(deserialize_with = "optional")]
    port: u32,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `timestamp` and `value`")]
struct Annotation {
    #[serde(deserialize_with = "optional")]
    timestamp: Micros,
    #[serde(deserialize_with = "or_default")]
    value: String,
}

/// An object of texts, in the order of the input.
#[derive(Default)]
struct Tags(Vec<(String, TagValue)>);

/// Reads `text` as a span.
pub(super) fn read(
    reader: &mut Reader<'_>,
    text: &[u8],
    start: Position,
    path: &str,
) -> Result<(), DecodeError> {
    let span: Span =
        serde_json::from_slice(text).map_err(|error| explain::<Span>(text, &error, start, path))?;
    reader.count(span.kind.is_unknown);
    let service = match span.local_endpoint.service_name.as_str() {
        "" => conventions::UNKNOWN_SERVICE,
        name => name,
    };
    let resource = resource(vec![Tag::new(key::SERVICE_NAME, service.to_owned())]);
    let spans = vec![record(reader, span, Arc::clone(&resource.service_name))];
    reader.push(ResourceSpans::new(resource, spans));
    Ok(())
}

fn record(reader: &mut Reader<'_>, span: Span, service_name: Arc<str>) -> SpanRecord {
    let mut tags = span.tags.0;
    let remote_service = span.remote_endpoint.service_name.clone();
    if !remote_service.is_empty() && !tags.iter().any(|(key, _)| key == "peer.service") {
        tags.push(("peer.service".to_owned(), remote_service.into()));
    }
    span.local_endpoint.add_to(&mut tags, "local");
    span.remote_endpoint.add_to(&mut tags, "peer");
    let mut tags = unique(tags.into_iter());
    let (status, is_unknown) = take_status(&mut tags);
    reader.count(is_unknown);
    let state = take(&mut tags, "w3c.tracestate").unwrap_or_default();
    let kind = match span.kind.value.0 {
        SpanKind::Internal if span.shared => SpanKind::Server,
        kind => kind,
    };
    let log = |annotation: Annotation| Log {
        time: annotation.timestamp.time(),
        message: annotation.value.into(),
        fields: Vec::new(),
    };
    let mut record = SpanRecord::new(span.trace_id.0, span.id.0, span.name);
    record.parent_span_id = span.parent_id.0.filter(|parent| *parent != span.id.0);
    record.service_name = service_name;
    record.kind = kind;
    record.tracestate = tracestate(&state);
    record.start = span.timestamp.time();
    record.end = span.timestamp.end(span.duration);
    record.outcome = take_outcome(&mut tags, &status);
    record.source = take_source(&mut tags);
    record.status = status;
    record.tags = tags;
    record.logs = span.annotations.into_iter().map(log).collect();
    record
}

impl Endpoint {
    fn add_to(self, tags: &mut Vec<(String, TagValue)>, side: &str) {
        let addresses = [self.ipv4, self.ipv6].into_iter();
        if let Some(address) = addresses.into_iter().find(|address| !address.is_empty()) {
            tags.push((format!("network.{side}.address"), address.into()));
        }
        if self.port > 0 {
            let port = i64::from(self.port);
            tags.push((format!("network.{side}.port"), port.into()));
        }
    }
}

impl Enum for Kind {
    const EXPECTED: &'static str = "a name such as `SERVER`";

    fn from_name(name: &str) -> Option<Self> {
        Some(Self(match name {
            "CLIENT" => SpanKind::Client,
            "SERVER" => SpanKind::Server,
            "PRODUCER" => SpanKind::Producer,
            "CONSUMER" => SpanKind::Consumer,
            _ => return None,
        }))
    }

    fn from_value(_: i32) -> Option<Self> {
        None
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tags, A::Error> {
        let mut tags = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Loose>()? {
            tags.push((key, value.into_text().into()));
        }
        Ok(Tags(tags))
    }
}
