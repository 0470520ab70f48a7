//! Log records and metrics over gRPC. Each signal has its own service.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;
use trace_core::{Tracer, span};
use trace_otlp::Logs;

use super::super::spans::{LONG, check};
use super::server::{METHOD, Seen, Server, Step, code, ok};
use super::to;

const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const HOUR: Duration = Duration::from_secs(3600);

/// Records a span with a log, and returns all calls until the shutdown.
fn record(server: &Server, tracer: &Tracer) -> Vec<Seen> {
    tracer.root("order").run_sync(|| span::add_log("paid"));
    let _report = tracer.shutdown(LONG);
    server.seen()
}

fn paths(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| &*seen.path).collect()
}

#[test]
fn each_signal_has_its_service() {
    let server = Server::new([]);
    let collector = to(&server).logs(Logs::LogRecords).metrics_every(HOUR);
    // As for spans, the method follows the path of each URL.
    let collector = collector.metrics_endpoint(format!("{}/tenant", server.url()));
    let collector = collector.build().unwrap();
    let tracer = Tracer::builder("shop").collector(collector.clone());
    let seen = record(&server, &tracer.build().unwrap());
    let of_tenant = format!("/tenant{METRICS}");
    assert_eq!(paths(&seen), [METHOD, LOGS, &*of_tenant]);
    for seen in &seen {
        assert_eq!(seen.headers["content-type"], "application/grpc");
    }

    let logs = ExportLogsServiceRequest::decode(&seen[1].body[..]).unwrap();
    let record = &logs.resource_logs[0].scope_logs[0].log_records[0];
    let body = record.body.as_ref().and_then(|any| any.value.as_ref());
    assert_eq!(body, Some(&Value::StringValue("paid".to_owned())));

    let metrics = ExportMetricsServiceRequest::decode(&seen[2].body[..]).unwrap();
    let metrics = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    let names: Vec<_> = metrics.iter().map(|metric| &*metric.name).collect();
    assert!(names.contains(&"otel.sdk.span.started"), "{names:?}");
    let is_known = |metric| format!("{metric:?}").contains("otlp_grpc_log_exporter");
    assert!(metrics.iter().any(is_known), "{metrics:?}");

    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.log_records.exported), (1, 1));
    let points = stats.data_points;
    assert!(points.exported > 0 && points.waiting == 0, "{points:?}");
}

#[test]
fn a_server_without_log_records_takes_spans() {
    // Servers without such a service answer `UNIMPLEMENTED`.
    let server = Server::new([Step::Answer(ok()), Step::Answer(code(12, &[]))]);
    let collector = to(&server).logs(Logs::LogRecords).build().unwrap();
    let tracer = Tracer::builder("shop").collector(collector.clone());
    let seen = record(&server, &tracer.build().unwrap());
    assert_eq!(paths(&seen), [METHOD, LOGS]);
    let stats = check(&collector);
    assert_eq!(
        (stats.spans_exported, stats.log_records.lost.refused),
        (1, 1)
    );
    let error = collector.health().logs.unwrap().last_error.unwrap();
    assert!(error.contains("UNIMPLEMENTED"), "{error}");
}
