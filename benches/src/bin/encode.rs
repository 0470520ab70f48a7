//! What it costs to write spans as OTLP: by hand as protobuf, as JSON, and by the messages of
//! `opentelemetry-proto` with prost, all from the same batch, in one run.

use std::hint::black_box;
use std::sync::Mutex;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use trace_benches::stopwatch::{median, nanos, now};
use trace_core::{SpanBatch, TagRef, Tracer, collector_fn, span};

/// Rounds; each way is measured once in each.
const ROUNDS: usize = 51;
/// Roots of the batch, each with this many spans below it.
const ROOTS: usize = 40;
const CHILDREN: usize = 99;

/// Writes a batch; returns the bytes of the body.
type Way = fn(&SpanBatch<'_>) -> usize;

/// All ways to write a batch.
const WAYS: [(&str, Way); 4] = [
    ("protobuf by hand", |batch| {
        trace_otlp::to_protobuf(batch).len()
    }),
    ("JSON", |batch| trace_otlp::to_json(batch).len()),
    ("opentelemetry-proto and prost", |batch| {
        messages(batch).encode_to_vec().len()
    }),
    ("— its messages alone", |batch| {
        black_box(messages(batch)).resource_spans.len()
    }),
];

fn main() {
    let times: Mutex<[Vec<f64>; WAYS.len()]> = Mutex::default();
    let tracer = Tracer::builder("bench").on_demand();
    let tracer = tracer.collector(collector_fn(move |batch| measure(batch, &times)));
    let tracer = tracer.build().expect("a tracer is built");
    for number in 0..ROOTS {
        tracer.root("request").run_sync(|| {
            for child in 0..CHILDREN {
                span::in_span("get_account", || {
                    span::add_tag("account.id", i64::try_from(number * child).unwrap_or(0));
                    span::add_tag("http.route", "/accounts/{id}");
                });
            }
        });
    }
    drop(tracer.flush(Duration::from_secs(600)));
}

fn measure(batch: &SpanBatch<'_>, times: &Mutex<[Vec<f64>; WAYS.len()]>) {
    let mut times = times.lock().expect("no way panics");
    let spans = batch.len();
    let mut bytes = [0; WAYS.len()];
    // The first round warms the caches and is not counted.
    for round in 0..=ROUNDS {
        for (index, (_, write)) in WAYS.iter().enumerate() {
            let start = now();
            bytes[index] = black_box(write(black_box(batch)));
            let time = nanos(start.elapsed()) / spans as f64;
            if round > 0 {
                times[index].push(time);
            }
        }
    }
    println!("{spans} spans with two tags; median of {ROUNDS} interleaved rounds.\n");
    println!("| | ns a span | of prost | bytes a span |\n|---|---:|---:|---:|");
    let [_, _, peer, _] = times.clone().map(median);
    for (index, (name, _)) in WAYS.iter().enumerate() {
        let time = median(times[index].clone());
        let size = bytes[index] / spans;
        println!("| {name} | {time:.0} | {:.2} | {size} |", time / peer);
    }
}

fn messages(batch: &SpanBatch<'_>) -> ExportTraceServiceRequest {
    let resource = batch.resource().get();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", &resource.service_name)],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "trace-core".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans: batch.spans().map(|view| message(&view)).collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn message(view: &trace_core::SpanView<'_>) -> Span {
    let mut attributes: Vec<_> = view
        .tags()
        .filter_map(|(key, value)| match value {
            TagRef::Str(value) => Some(text(key, value)),
            TagRef::I64(value) => Some(attribute(key, Value::IntValue(value))),
            _ => None,
        })
        .collect();
    if let Some((file, line)) = view.source() {
        attributes.push(text("code.file.path", file));
        attributes.push(attribute("code.line.number", Value::IntValue(line.into())));
    }
    let parent = view.parent_span_id();
    Span {
        trace_id: view.trace_id().to_bytes().to_vec(),
        span_id: view.span_id().to_bytes().to_vec(),
        parent_span_id: parent.map_or_else(Vec::new, |id| id.to_bytes().to_vec()),
        flags: u32::from(view.flags().as_byte()) | 0x100,
        name: view.operation_name().to_owned(),
        kind: i32::from(view.kind().as_number()),
        start_time_unix_nano: view.start().as_unix_nanos(),
        end_time_unix_nano: view.end().as_unix_nanos(),
        attributes,
        ..Span::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
