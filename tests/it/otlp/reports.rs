//! Tests of what OTLP has no field for: what a tracer knows of its traces reaches a collector
//! behind the decoder, as JSON and as protobuf.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use trace_core::{
    Completion, ManualClock, Resource, SpanBatch, SpanId, SpanRecord, Timestamp, TraceCollector,
    TraceCollectorOptions, TraceId, TraceLosses, Tracer, collector_fn, span,
};
use trace_otlp::decode::{self, DecodedRequest, ProtobufOptions};
use trace_otlp::{to_json, to_protobuf};

/// A way from a batch to the decoder.
type Way = fn(&SpanBatch<'_>) -> DecodedRequest;

const WAYS: [Way; 2] = [
    |batch| {
        let json = to_json(batch);
        decode::requests(json.as_bytes()).next().unwrap().unwrap()
    },
    |batch| decode::protobuf(&to_protobuf(batch), &ProtobufOptions::default()).unwrap(),
];

fn trace(number: u128) -> TraceId {
    TraceId::new(number).unwrap()
}

fn span(trace_number: u128, number: u64) -> SpanRecord {
    let mut span = SpanRecord::new(trace(trace_number), SpanId::new(number).unwrap(), "charge");
    span.service_name = "shop".into();
    span
}

/// A collector that other processes also send to, with a clock that does not move.
fn assembler() -> TraceCollector {
    TraceCollector::with_options(TraceCollectorOptions {
        tracers: 2,
        clock: (&ManualClock::starting_at(Timestamp::default())).into(),
        ..TraceCollectorOptions::default()
    })
}

fn completions(collector: &TraceCollector) -> Vec<Completion> {
    let completed = collector.completed_traces();
    completed.iter().map(|trace| trace.completion).collect()
}

#[test]
fn the_end_of_a_part_is_on_the_last_span_of_its_trace() {
    let (shop, spans) = (Resource::new("shop"), [span(1, 1), span(2, 2), span(1, 3)]);
    let ended = [trace(1), trace(1)];
    let batch = SpanBatch::from_records(&shop, &spans).with_completed_traces(&ended);
    let json = to_json(&batch);
    let third = json.split("\"name\":\"charge\"").nth(3).unwrap();
    assert_eq!(json.matches("trace_core.ended_parts").count(), 1, "{json}");
    assert!(third.contains("trace_core.ended_parts"), "{json}");
    for way in WAYS {
        let request = way(&batch);
        let [group] = &request.groups[..] else {
            panic!("{request:?}")
        };
        assert_eq!(group.reports.ended, ended);
        assert!(group.reports.reports_ends);
        assert_eq!(group.spans, spans);
    }
}

#[test]
fn the_end_of_a_part_whose_spans_have_left_is_on_a_scope() {
    let (shop, spans) = (Resource::new("shop"), [span(1, 1)]);
    let ended = [trace(7), trace(5), trace(7)];
    for spans in [&spans[..], &[]] {
        let batch = SpanBatch::from_records(&shop, spans).with_completed_traces(&ended);
        for way in WAYS {
            let request = way(&batch);
            let groups = request.groups.iter();
            let read: Vec<_> = groups.flat_map(|group| &group.reports.ended).collect();
            assert_eq!(read, [&trace(5), &trace(7), &trace(7)]);
            assert_eq!(request.len(), spans.len());
        }
    }
}

#[test]
fn losses_are_read_back_with_their_reasons() {
    let mut lost = TraceLosses::default();
    (lost.queue, lost.limit, lost.lane, lost.panic, lost.shutdown) = (1, 2, 3, 4, u32::MAX);
    let mut at_least = TraceLosses::default();
    at_least.is_at_least = true;
    let losses = [(trace(1), lost), (trace(9), at_least), (trace(8), lost)];
    let (shop, spans) = (Resource::new("shop"), [span(1, 1)]);
    let batch = SpanBatch::from_records(&shop, &spans).with_losses(&losses);
    for way in WAYS {
        let request = way(&batch);
        let groups = request.groups.iter();
        let mut read: Vec<_> = groups
            .flat_map(|group| group.reports.losses.clone())
            .collect();
        read.sort_by_key(|(trace, _)| *trace);
        assert_eq!(read, [losses[0], losses[2], losses[1]]);
        assert_eq!(request.groups[0].spans, spans);
    }
}

#[test]
fn a_sender_cannot_claim_more_ends_than_memory() {
    let (shop, mut spans) = (Resource::new("shop"), vec![span(1, 1); 3]);
    for span in &mut spans {
        span.add_tag("trace_core.ended_parts", i64::MAX);
    }
    for way in WAYS {
        let request = way(&SpanBatch::from_records(&shop, &spans));
        let ended = request.groups[0].reports.ended.len();
        assert_eq!(ended, 4_096 + 2);
    }
}

#[test]
fn tags_that_only_look_like_reports_stay() {
    let (shop, mut spans) = (Resource::new("shop"), [span(1, 1)]);
    spans[0].add_tag("trace_core.ended_parts", "two");
    spans[0].add_tag("trace_core.lost_spans", "none");
    spans[0].add_tag("trace_core.context_sent", false);
    for way in WAYS {
        let request = way(&SpanBatch::from_records(&shop, &spans));
        assert_eq!(request.groups[0].spans, spans);
        assert_eq!(request.groups[0].reports, Default::default());
    }
}

#[test]
fn a_collector_behind_the_decoder_completes_what_the_tracer_has_ended() {
    for way in WAYS {
        let collector = assembler();
        let behind = collector.clone();
        let tracer = Tracer::builder("shop")
            .collector(collector_fn(move |batch| way(batch).feed(&behind)))
            .on_demand()
            .build()
            .unwrap();
        tracer
            .root("checkout")
            .run_sync(|| span::in_span("charge", || {}));
        drop(tracer.flush(Duration::from_secs(1)));
        assert_eq!(completions(&collector), [Completion::Complete]);
    }
}

#[test]
fn a_collector_behind_the_decoder_waits_for_a_part_that_runs() {
    for way in WAYS {
        let collector = assembler();
        let (shop, spans) = (Resource::new("shop"), [span(1, 1)]);
        let batch = SpanBatch::from_records(&shop, &spans).with_reported_ends();
        way(&batch).feed(&collector);
        assert_eq!(completions(&collector), []);
        let ended = [trace(1)];
        let batch = SpanBatch::from_records(&shop, &[]).with_completed_traces(&ended);
        way(&batch).feed(&collector);
        assert_eq!(completions(&collector), [Completion::Complete]);
    }
}

#[test]
fn a_collector_behind_the_decoder_knows_what_was_lost() {
    let mut lost = TraceLosses::default();
    lost.queue = 2;
    for way in WAYS {
        let collector = assembler();
        let (shop, spans) = (Resource::new("shop"), [span(1, 1)]);
        let (ended, losses) = ([trace(1)], [(trace(1), lost)]);
        let batch = SpanBatch::from_records(&shop, &spans)
            .with_completed_traces(&ended)
            .with_losses(&losses);
        way(&batch).feed(&collector);
        assert_eq!(completions(&collector), [Completion::SpansLost]);
        let trace = &collector.completed_traces()[0].trace;
        assert_eq!(trace.losses().total(), 2);
    }
}

#[test]
fn a_context_that_was_sent_is_read_back() {
    for way in WAYS {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sent);
        let tracer = Tracer::builder("shop")
            .collector(collector_fn(move |batch| {
                for group in way(batch).groups {
                    let names = group.spans.into_iter();
                    let mut seen = seen.lock().unwrap();
                    seen.extend(names.map(|span| (span.operation_name, span.context_sent)));
                }
            }))
            .on_demand()
            .build()
            .unwrap();
        tracer.root("checkout").run_sync(|| {
            span::in_span("call", || {
                span::inject(&mut std::collections::HashMap::new())
            });
        });
        drop(tracer.flush(Duration::from_secs(1)));
        let mut sent = sent.lock().unwrap().clone();
        sent.sort();
        assert_eq!(sent, [("call".into(), true), ("checkout".into(), false)]);
    }
}

/// An OpenTelemetry Collector that splits a request between spans copies their scope into each
/// piece.
#[test]
fn a_report_is_read_only_from_a_scope_that_is_in_one_piece() {
    let (shop, spans) = (Resource::new("shop"), [span(1, 1), span(1, 2)]);
    let mut lost = TraceLosses::default();
    lost.queue = 3;
    let (ended, losses) = ([trace(7)], [(trace(7), lost)]);
    let batch = SpanBatch::from_records(&shop, &spans);
    let batch = batch.with_completed_traces(&ended).with_losses(&losses);
    let whole = ExportTraceServiceRequest::decode(&to_protobuf(&batch)[..]).unwrap();
    let read = |request: &ExportTraceServiceRequest| {
        let json = serde_json::to_string(request).unwrap();
        let json = decode::requests(json.as_bytes()).next().unwrap().unwrap();
        let options = ProtobufOptions::default();
        let protobuf = decode::protobuf(&request.encode_to_vec(), &options).unwrap();
        [json, protobuf].map(|request| {
            let groups = request.groups.iter();
            groups.fold((0, 0, 0), |(spans, ended, losses), group| {
                let reports = &group.reports;
                (
                    spans + group.spans.len(),
                    ended + reports.ended.len(),
                    losses + reports.losses.len(),
                )
            })
        })
    };
    assert_eq!(read(&whole), [(2, 1, 1); 2]);

    // As no writer of ours does it: the reports are on the scope of the spans.
    let mut piece = whole.clone();
    let [with_spans, reports] = &mut piece.resource_spans[0].scope_spans[..] else {
        panic!("{piece:?}")
    };
    with_spans.scope = reports.scope.take();
    with_spans.spans.truncate(1);
    piece.resource_spans[0].scope_spans.truncate(1);
    assert_eq!(read(&piece), [(1, 0, 0); 2]);
}
