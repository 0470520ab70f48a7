//! The counts of a tracer and of the collector as metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message;
use trace_core::{Collector, HeadSampler, Tracer, collector_fn};
use trace_otlp::{Logs, OtlpCollector, OtlpState, Protocol};

use super::server::{Seen, Server, Step, header, status};
use super::spans::{LONG, check, collect, settle, to, wait_until};

const HOUR: Duration = Duration::from_secs(3600);

fn requests(server: &Server) -> Vec<Seen> {
    let seen = server.seen().into_iter();
    seen.filter(|seen| seen.head.starts_with("POST /v1/metrics "))
        .collect()
}

fn read(seen: &Seen) -> ExportMetricsServiceRequest {
    match header(&seen.head, "content-type") {
        Some("application/json") => serde_json::from_slice(&seen.body).unwrap(),
        _ => {
            let read = ExportMetricsServiceRequest::decode(&seen.body[..]).unwrap();
            assert_eq!(read.encode_to_vec(), seen.body, "byte for byte");
            read
        }
    }
}

/// Returns the values of a request, by name and attributes without `otel.component.name`.
fn values(request: &ExportMetricsServiceRequest) -> BTreeMap<String, i64> {
    let groups = request.resource_metrics.iter();
    let metrics = groups.flat_map(|group| &group.scope_metrics);
    let mut values = BTreeMap::new();
    for metric in metrics.flat_map(|scope| &scope.metrics) {
        let Some(Data::Sum(sum)) = &metric.data else {
            panic!("{metric:?}");
        };
        assert_eq!(sum.aggregation_temporality, 2);
        let grows = !metric.name.ends_with("inflight") && !metric.name.ends_with("size");
        assert_eq!(sum.is_monotonic, grows, "{}", metric.name);
        for point in &sum.data_points {
            assert!(point.start_time_unix_nano > 0);
            assert!(point.time_unix_nano >= point.start_time_unix_nano);
            let mut name = metric.name.clone();
            for attribute in &point.attributes {
                let value = attribute.value.as_ref().and_then(|any| any.value.as_ref());
                let Some(Value::StringValue(value)) = value else {
                    panic!("{attribute:?}");
                };
                if attribute.key != "otel.component.name" {
                    name.push_str(&format!(" {value}"));
                }
            }
            let Some(Number::AsInt(value)) = point.value else {
                panic!("{point:?}");
            };
            *values.entry(name).or_default() += value;
        }
    }
    values
}

fn record(tracer: &Tracer, count: usize) {
    for _ in 0..count {
        tracer.root("order").run_sync(|| {
            trace_core::span::add_log("paid");
        });
    }
}

fn shut_down(server: &Server, collector: &OtlpCollector, protocol_is_json: bool) {
    let tracer = Tracer::builder("shop")
        .tag("host.name", "a")
        .collector(collector.clone())
        .collector(collector_fn(|_| ()))
        .build()
        .unwrap();
    record(&tracer, 5);
    assert!(tracer.shutdown(LONG).is_complete);
    let seen = requests(server);
    let request = read(seen.last().unwrap());
    let resource = request.resource_metrics[0].resource.as_ref().unwrap();
    let keys: Vec<_> = resource.attributes.iter().map(|one| &*one.key).collect();
    assert_eq!(keys, ["service.name", "host.name"]);
    let values = values(&request);
    let json = if protocol_is_json { "json_" } else { "" };
    for (name, value) in [
        ("otel.sdk.span.started RECORD_AND_SAMPLE", 5),
        ("otel.sdk.span.started DROP", 0),
        (
            "otel.sdk.processor.span.processed batching_span_processor",
            10,
        ),
        (
            "otel.sdk.processor.span.queue.size batching_span_processor",
            0,
        ),
        (
            &format!("otel.sdk.exporter.span.exported otlp_http_{json}span_exporter"),
            5,
        ),
        (
            &format!("otel.sdk.exporter.span.inflight otlp_http_{json}span_exporter"),
            0,
        ),
        (
            &format!("otel.sdk.exporter.log.exported otlp_http_{json}log_exporter"),
            5,
        ),
    ] {
        assert_eq!(values.get(name), Some(&value), "{name} of {values:#?}");
    }
}

#[test]
fn a_shutdown_sends_what_was_counted() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let server = Server::new([]);
        let collector = to(&server).protocol(protocol).logs(Logs::Both);
        let collector = collector.metrics_every(HOUR).build().unwrap();
        shut_down(&server, &collector, protocol == Protocol::HttpJson);
        let points = collector.stats().data_points;
        assert!(points.exported > 0 && points.waiting == 0, "{points:?}");
        assert_eq!(points.collected, points.exported);
    }
}

#[test]
fn nothing_is_sent_unless_asked() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = Tracer::builder("shop").collector(collector.clone());
    let tracer = tracer.build().unwrap();
    record(&tracer, 1);
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(server.seen().len(), 1);
    assert!(collector.health().metrics.is_none());
}

#[test]
fn metrics_are_sent_again_and_again() {
    let server = Server::new([]);
    let collector = to(&server).metrics_every(Duration::from_millis(10));
    let collector = collector.build().unwrap();
    let tracer = Tracer::builder("shop")
        .scheduled_delay(Duration::from_millis(1))
        .collector(collector.clone());
    let tracer = tracer.build().unwrap();
    record(&tracer, 1);
    // The lane wakes for metrics even without spans.
    wait_until(|| requests(&server).len() >= 3);
    drop(tracer);
    let seen: Vec<_> = requests(&server).iter().map(read).collect();
    let started = |request| values(request)["otel.sdk.span.started RECORD_AND_SAMPLE"];
    assert!(seen.iter().all(|request| started(request) == 1));
    // After a shutdown, the lane does not wake for metrics.
    assert_eq!(collector.on_idle(), None);
}

#[test]
fn losses_have_their_reason() {
    let server = Server::new([Step::Answer(status(400))]);
    let collector = to(&server).metrics_every(HOUR).build().unwrap();
    let tracer = Tracer::builder("shop")
        .on_demand()
        .sampler(HeadSampler::new(1.0).unwrap())
        .collector(collector.clone())
        .collector(collector_fn(|_| panic!("on purpose")));
    let tracer = tracer.build().unwrap();
    record(&tracer, 3);
    let _report = tracer.flush(LONG);
    let values = values(&read(requests(&server).last().unwrap()));
    for (name, value) in [
        (
            "otel.sdk.exporter.span.exported otlp_http_span_exporter refused",
            3,
        ),
        ("otel.sdk.exporter.span.exported otlp_http_span_exporter", 0),
    ] {
        assert_eq!(values.get(name), Some(&value), "{name} of {values:#?}");
    }
    let _report = tracer.flush(LONG);
    let values = self::values(&read(requests(&server).last().unwrap()));
    let name = "otel.sdk.processor.span.processed batching_span_processor panic";
    assert_eq!(values.get(name), Some(&3), "{values:#?}");
}

#[test]
fn a_server_that_takes_no_metrics_harms_nothing() {
    let (server, other) = (
        Server::new([]),
        Server::new([]).forever(Step::Answer(status(404))),
    );
    let collector = to(&server)
        .metrics_every(HOUR)
        .metrics_endpoint(format!("{}/v1/metrics", other.url()))
        .metrics_headers([("x-other", "of metrics")])
        .build()
        .unwrap();
    let tracer = Tracer::builder("shop").collector(collector.clone());
    let tracer = tracer.build().unwrap();
    record(&tracer, 2);
    assert!(tracer.flush(LONG).is_complete);
    let stats = check(&collector);
    assert_eq!(stats.spans_exported, 2);
    let points = stats.data_points;
    assert!(points.collected > 0 && points.lost.refused == points.collected);
    let health = collector.health();
    assert_eq!(health.state, OtlpState::Connected);
    let state = health.metrics.unwrap().state;
    assert!(matches!(state, OtlpState::Refused { .. }), "{state:?}");
    assert_eq!(
        header(&requests(&other)[0].head, "x-other"),
        Some("of metrics")
    );
    assert!(tracer.shutdown(LONG).is_complete);
}

#[test]
fn without_a_tracer_there_are_no_metrics() {
    let server = Server::new([]);
    let collector = to(&server).metrics_every(HOUR).build().unwrap();
    collect(&collector, 3);
    collector.flush(LONG).unwrap();
    assert_eq!(requests(&server).len(), 0);
    collector.shutdown(LONG).unwrap();
    assert_eq!(settle(&collector).spans_exported, 3);
}
