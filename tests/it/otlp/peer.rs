//! Tests with the `opentelemetry-proto` crate as an independent reader and writer.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource as PeerResource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status as PeerStatus,
};
use prost::Message;
use trace_core::{
    Outcome, Resource, SpanBatch, SpanKind, SpanRecord, Status, Tag, TagArray, TagRef, TagValue,
};
use trace_otlp::decode;

use super::generator::Generator;
use super::json;

#[test]
fn the_peer_reads_what_we_write() {
    for seed in 0..300 {
        let (resource, record) = example(seed);
        let text = json(&resource, std::slice::from_ref(&record), false);
        let read: ExportTraceServiceRequest = serde_json::from_str(&text).unwrap();
        assert_eq!(read, request(&resource, &record), "seed {seed}: {text}");
    }
}

#[test]
fn our_protobuf_is_byte_for_byte_the_peers() {
    for seed in 0..1_000 {
        let (resource, record) = example(seed);
        let batch = SpanBatch::from_records(&resource, std::slice::from_ref(&record));
        let bytes = trace_otlp::to_protobuf(&batch);
        let expected = request(&resource, &record);
        let read = ExportTraceServiceRequest::decode(&bytes[..]).unwrap();
        assert_eq!(read, expected, "seed {seed}");
        assert_eq!(bytes, expected.encode_to_vec(), "seed {seed}");
    }
}

#[test]
fn we_read_what_the_peer_writes() {
    for seed in 0..300 {
        let (resource, record) = example(seed);
        let text = serde_json::to_string(&request(&resource, &record)).unwrap();
        let read = decode::requests(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(read.groups[0].resource, resource, "seed {seed}: {text}");
        assert_eq!(read.groups[0].spans, [record], "seed {seed}: {text}");
    }
}

#[test]
fn values_that_only_the_peer_has_become_text() {
    let (resource, record) = example(0);
    let mut request = request(&resource, &record);
    let list = Value::KvlistValue(KeyValueList {
        values: vec![
            key_value("a \"b\"", Value::IntValue(7)),
            key_value(
                "c",
                array(vec![Value::BoolValue(true), Value::DoubleValue(0.5)]),
            ),
        ],
    });
    request.resource_spans[0].scope_spans[0].spans[0].attributes = vec![
        key_value("bytes", Value::BytesValue(b"bytes".to_vec())),
        key_value("mixed", array(vec![Value::IntValue(1), list.clone()])),
        key_value("list", list),
    ];
    let text = serde_json::to_string(&request).unwrap();
    let read = decode::requests(text.as_bytes()).next().unwrap().unwrap();
    let tags = &read.groups[0].spans[0].tags;
    let list = r#"{"a \"b\"":7,"c":[true,0.5]}"#;
    let mixed = TagArray::String(vec!["1".into(), list.into()]);
    assert_eq!(
        tags,
        &[
            Tag::new("bytes", "Ynl0ZXM="),
            Tag::new("mixed", TagValue::Array(mixed)),
            Tag::new("list", list),
        ]
    );
}

/// Returns a record that the peer can represent. JSON has no number for an infinite float, and
/// the peer does not accept a text for it.
fn example(seed: u64) -> (Resource, SpanRecord) {
    let mut generator = Generator::new(seed);
    let mut resource = generator.resource();
    let mut record = generator.record();
    let is_scope = |tag: &Tag| tag.key.starts_with("otel.scope");
    record
        .tags
        .retain(|tag| !is_scope(tag) && tag.key != "cancelled" && tag.key != "error.type");
    record.outcome = if record.is_error() {
        Outcome::Error
    } else {
        Outcome::Ok
    };
    record.service_name = resource.service_name.clone();
    let logs = record.logs.iter_mut().map(|log| &mut log.fields);
    let links = record.links.iter_mut().map(|link| &mut link.tags);
    let lists = [&mut resource.tags, &mut record.tags];
    for tags in logs.chain(links).chain(lists) {
        tags.retain(|tag| !tag.value.to_string().contains("inf"));
    }
    (resource, record)
}

fn request(resource: &Resource, record: &SpanRecord) -> ExportTraceServiceRequest {
    let name = key_value("service.name", text(&resource.service_name));
    let attributes = std::iter::once(name).chain(key_values(&resource.tags));
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(PeerResource {
                attributes: attributes.collect(),
                ..PeerResource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "trace-core".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans: vec![span(record)],
                ..ScopeSpans::default()
            }],
            schema_url: "https://opentelemetry.io/schemas/1.44.0".to_owned(),
        }],
    }
}

fn span(record: &SpanRecord) -> Span {
    let mut attributes = key_values(&record.tags);
    if let Some(source) = &record.source {
        attributes.push(key_value("code.file.path", text(&source.file)));
        attributes.push(key_value(
            "code.line.number",
            Value::IntValue(source.line.into()),
        ));
    }
    if record.context_sent {
        attributes.push(key_value("trace_core.context_sent", Value::BoolValue(true)));
    }
    Span {
        trace_id: record.trace_id.to_bytes().to_vec(),
        span_id: record.span_id.to_bytes().to_vec(),
        trace_state: record.tracestate.to_string(),
        parent_span_id: record
            .parent_span_id
            .map_or_else(Vec::new, |id| id.to_bytes().to_vec()),
        flags: u32::from(record.flags.as_byte()) | 0x100 | u32::from(record.parent_is_remote) << 9,
        name: record.operation_name.to_string(),
        kind: match record.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
        start_time_unix_nano: record.start.as_unix_nanos(),
        end_time_unix_nano: record.end.as_unix_nanos(),
        attributes,
        dropped_attributes_count: record.dropped.tags,
        events: record.logs.iter().map(event).collect(),
        dropped_events_count: record.dropped.logs,
        links: record.links.iter().map(link).collect(),
        dropped_links_count: record.dropped.links,
        status: match &record.status {
            Status::Unset => None,
            Status::Ok => Some(status(1, "")),
            Status::Error(message) => Some(status(2, message)),
        },
    }
}

fn event(log: &trace_core::Log) -> Event {
    Event {
        time_unix_nano: log.time.as_unix_nanos(),
        name: log.message.to_string(),
        attributes: key_values(&log.fields),
        dropped_attributes_count: 0,
    }
}

fn link(link: &trace_core::Link) -> Link {
    Link {
        trace_id: link.trace_id.to_bytes().to_vec(),
        span_id: link.span_id.to_bytes().to_vec(),
        trace_state: link.tracestate.to_string(),
        attributes: key_values(&link.tags),
        dropped_attributes_count: 0,
        flags: link.flags.as_byte().into(),
    }
}

fn status(code: i32, message: &str) -> PeerStatus {
    PeerStatus {
        message: message.to_owned(),
        code,
    }
}

fn key_values(tags: &[Tag]) -> Vec<KeyValue> {
    let pairs = tags
        .iter()
        .map(|tag| key_value(&tag.key, value(tag.value.as_ref())));
    pairs.collect()
}

fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn value(tag: TagRef<'_>) -> Value {
    match tag {
        TagRef::Bool(value) => Value::BoolValue(value),
        TagRef::I64(value) => Value::IntValue(value),
        TagRef::F64(value) => Value::DoubleValue(value),
        TagRef::Str(value) => text(value),
        TagRef::Array(TagArray::Bool(values)) => {
            array(values.iter().copied().map(Value::BoolValue).collect())
        }
        TagRef::Array(TagArray::I64(values)) => {
            array(values.iter().copied().map(Value::IntValue).collect())
        }
        TagRef::Array(TagArray::F64(values)) => {
            array(values.iter().copied().map(Value::DoubleValue).collect())
        }
        TagRef::Array(TagArray::String(values)) => {
            array(values.iter().map(|value| text(value)).collect())
        }
    }
}

fn text(value: &str) -> Value {
    Value::StringValue(value.to_owned())
}

fn array(values: Vec<Value>) -> Value {
    Value::ArrayValue(ArrayValue {
        values: values
            .into_iter()
            .map(|value| AnyValue { value: Some(value) })
            .collect(),
    })
}
