//! Logs as log records: their content, and what happens to them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use prost::Message;
use trace_core::{Collector, Log, SpanRecord, Tag, Timestamp, TraceFlags};
use trace_otlp::{Logs, OtlpCollector, OtlpState, Protocol};

use super::server::{Seen, Server, Stage, Step, header, status, with_headers};
use super::spans::{
    LONG, check, give, settle, spans, spans_of, spans_seen, to, to_url, wait_until,
};

fn log(time: u64, message: &'static str, fields: Vec<Tag>) -> Log {
    Log {
        time: Timestamp::from_unix_nanos(time),
        message: message.into(),
        fields,
    }
}

/// A span with a log, an error, and a log without fields.
fn logged() -> Vec<SpanRecord> {
    let mut spans = spans(1);
    spans[0].service_name = "shop".into();
    spans[0].flags = TraceFlags::SAMPLED;
    spans[0].logs = vec![
        log(7, "asking", vec![Tag::new("attempt", 2)]),
        log(
            8,
            "exception",
            vec![
                Tag::new("exception.type", "CardError"),
                Tag::new("exception.message", "declined"),
            ],
        ),
        log(9, "end", Vec::new()),
    ];
    spans
}

pub fn many_logs(spans_with_two: u64) -> Vec<SpanRecord> {
    let mut spans = spans(spans_with_two);
    for span in &mut spans {
        span.logs = vec![log(1, "one", Vec::new()), log(2, "two", Vec::new())];
    }
    spans
}

fn path(seen: &Seen) -> &str {
    seen.head.split(' ').nth(1).unwrap()
}

fn requests(server: &Server, wanted: &str) -> Vec<Seen> {
    let seen = server.seen().into_iter();
    seen.filter(|seen| path(seen) == wanted).collect()
}

fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn text(text: &str) -> Option<AnyValue> {
    any(Value::StringValue(text.to_owned()))
}

fn pair(key: &str, value: Option<AnyValue>) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}

/// The log records of [`logged`] in OpenTelemetry's types.
fn expected() -> ExportLogsServiceRequest {
    let record = |time| LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        flags: 1,
        trace_id: 1_u128.to_be_bytes().to_vec(),
        span_id: 1_u64.to_be_bytes().to_vec(),
        ..LogRecord::default()
    };
    let records = vec![
        LogRecord {
            body: text("asking"),
            attributes: vec![pair("attempt", any(Value::IntValue(2)))],
            ..record(7)
        },
        LogRecord {
            severity_number: 17,
            event_name: "exception".to_owned(),
            body: text("declined"),
            attributes: vec![
                pair("exception.type", text("CardError")),
                pair("exception.message", text("declined")),
            ],
            ..record(8)
        },
        LogRecord {
            body: text("end"),
            ..record(9)
        },
    ];
    let scope = InstrumentationScope {
        name: "trace-core".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource = ProtoResource {
        attributes: vec![pair("service.name", text("shop"))],
        ..ProtoResource::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope),
                log_records: records,
                ..ScopeLogs::default()
            }],
            schema_url: "https://opentelemetry.io/schemas/1.44.0".to_owned(),
        }],
    }
}

#[test]
fn logs_stay_in_their_span_unless_asked() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    give(&collector, &logged());
    settle(&collector);
    let seen = server.seen();
    assert_eq!((seen.len(), path(&seen[0])), (1, "/v1/traces"));
    assert!(String::from_utf8_lossy(&seen[0].body).contains("asking"));
    assert!(collector.health().logs.is_none());
    assert_eq!(collector.stats().log_records.collected, 0);
}

#[test]
fn a_record_is_what_others_write() {
    let server = Server::new([]);
    let collector = to(&server).logs(Logs::LogRecords).build().unwrap();
    give(&collector, &logged());
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.log_records.exported), (1, 3));
    let seen = requests(&server, "/v1/logs");
    let read = ExportLogsServiceRequest::decode(&seen[0].body[..]).unwrap();
    assert_eq!(read, expected());
    assert_eq!(seen[0].body, expected().encode_to_vec(), "byte for byte");
    let traces = requests(&server, "/v1/traces");
    assert!(!String::from_utf8_lossy(&traces[0].body).contains("asking"));
}

#[test]
fn a_record_is_the_same_as_json() {
    let server = Server::new([]);
    let collector = to(&server)
        .protocol(Protocol::HttpJson)
        .logs(Logs::Both)
        .build()
        .unwrap();
    give(&collector, &logged());
    assert_eq!(settle(&collector).log_records.exported, 3);
    let seen = requests(&server, "/v1/logs");
    let read: ExportLogsServiceRequest = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(read, expected());
    let traces = requests(&server, "/v1/traces");
    assert!(String::from_utf8_lossy(&traces[0].body).contains("asking"));
}

#[test]
fn only_exceptions_may_leave_as_records() {
    let server = Server::new([]);
    let collector = to(&server).exceptions(Logs::LogRecords).build().unwrap();
    give(&collector, &logged());
    assert_eq!(settle(&collector).log_records.exported, 1);
    let seen = requests(&server, "/v1/traces");
    let traces = String::from_utf8_lossy(&seen[0].body).into_owned();
    assert!(traces.contains("asking") && !traces.contains("declined"));
}

#[test]
fn a_server_that_takes_only_traces_takes_them_as_before() {
    let server = Server::new([]);
    let other = Server::new([]).forever(Step::Answer(status(404)));
    let url = format!("{}/v1/logs", other.url());
    let collector = to(&server).logs(Logs::Both).logs_endpoint(url);
    let collector = collector.build().unwrap();
    for _ in 0..3 {
        give(&collector, &many_logs(5));
        settle(&collector);
    }
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.requests), (15, 3));
    assert_eq!(stats.spans_lost.total(), 0);
    assert_eq!(stats.log_records.lost.refused, 30);
    let health = collector.health();
    assert_eq!(health.state, OtlpState::Connected);
    assert_eq!(health.last_error, None);
    let logs = health.logs.unwrap();
    assert!(matches!(logs.state, OtlpState::Refused { .. }), "{logs:?}");
    assert!(logs.last_error.unwrap().contains("404"));
    // A flush reports it once, and not as lost spans.
    let error = collector.flush(LONG).unwrap_err();
    assert_eq!(error.lost_spans(), 0);
    assert!(error.to_string().contains("30 log records"), "{error}");
    collector.flush(LONG).unwrap();
}

#[test]
fn records_are_sent_again_and_may_be_rejected() {
    let partial = with_headers(200, "", b"\x0a\x02\x08\x03");
    let server = Server::new([]);
    let other = Server::new([
        Step::Answer(status(503)),
        Step::Close(Stage::Head),
        Step::Answer(status(413)),
        Step::Answer(partial),
    ]);
    let collector = to(&server)
        .logs(Logs::LogRecords)
        .logs_endpoint(other.url());
    let collector = collector.build().unwrap();
    give(&collector, &many_logs(10));
    let logs = settle(&collector).log_records;
    assert_eq!((logs.exported, logs.rejected), (17, 3));
    // The server closed a kept connection, so the transport makes another.
    assert_eq!((logs.requests, logs.failed_requests), (4, 2));
}

#[test]
fn headers_of_spans_do_not_leave_with_records_that_have_their_own() {
    let (server, other) = (Server::new([]), Server::new([]));
    let collector = to(&server)
        .header("x-key", "of spans")
        .logs(Logs::LogRecords)
        .logs_endpoint(format!("{}/logs", other.url()))
        .logs_headers([("x-other", "of logs")])
        .build()
        .unwrap();
    give(&collector, &logged());
    settle(&collector);
    let traces = &server.seen()[0].head;
    assert_eq!(header(traces, "x-key"), Some("of spans"));
    assert_eq!(header(traces, "x-other"), None);
    let logs = &requests(&other, "/logs")[0].head;
    assert_eq!(header(logs, "x-other"), Some("of logs"));
    assert_eq!(header(logs, "x-key"), None);
}

#[test]
fn a_flush_sends_records_while_spans_cannot_be_sent() {
    let server = Server::new([]);
    let hour = Duration::from_secs(3600);
    let collector = to_url(&format!("http://{}", Server::nobody()))
        .logs(Logs::LogRecords)
        .logs_endpoint(format!("{}/v1/logs", server.url()))
        .retry_delays(hour, hour)
        .build()
        .unwrap();
    give(&collector, &many_logs(2));
    assert_eq!(collector.flush(LONG).unwrap_err().lost_spans(), 2);
    let stats = check(&collector);
    assert_eq!((stats.log_records.exported, stats.spans_waiting), (4, 2));
    assert_eq!(collector.shutdown(LONG).unwrap_err().lost_spans(), 2);
}

#[test]
fn every_record_has_its_place_at_any_time() {
    let statuses = [200, 503, 400, 413, 429, 200, 404];
    let script = (0..60).map(|round| match round % 9 {
        8 => Step::Close(Stage::Head),
        other => Step::Answer(status(statuses[other % 7])),
    });
    let server = Server::new(script);
    let collector = to(&server).logs(Logs::Both).max_waiting_bytes(3000);
    let collector = Arc::new(collector.build().unwrap());
    let sender: OtlpCollector = (*collector).clone();
    let thread = std::thread::spawn(move || {
        for count in 0..80 {
            give(&sender, &many_logs(count % 6));
            let _report = sender.flush(Duration::from_millis(count % 3));
        }
        settle(&sender)
    });
    wait_until(|| {
        check(&collector);
        thread.is_finished()
    });
    let stats = thread.join().unwrap();
    assert_eq!(stats.log_records.collected, 2 * stats.spans_collected);
    assert!(stats.log_records.exported > 0 && stats.log_records.lost.total() > 0);
    // Bodies that the server read twice count twice.
    assert!(spans_seen_in_traces(&server) >= stats.spans_exported);
}

fn spans_seen_in_traces(server: &Server) -> u64 {
    let all = spans_seen(server);
    let records: u64 = requests(server, "/v1/logs").iter().map(spans_of).sum();
    all - records
}
