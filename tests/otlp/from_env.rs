//! What the environment asks for reaches the exporter: each test fails if its variable is read
//! and then not applied. The rules of each variable are tested beside their code.

use std::time::Duration;

use trace_core::{Tracer, span};
use trace_otlp::environment::Settings;

use super::server::{Seen, Server, Stage, Step, header, status};
use super::spans::{LONG, SHORT, spans_of, spans_seen, wait_until};
use super::tls::{Folder, authority, identity, serve_one, url};

/// A tracer of these variables alone.
fn tracer(endpoint: &str, variables: &[(&str, &str)]) -> Tracer {
    let settings = Settings::from_variables("shop", |name| {
        let own = variables.iter().find(|(own, _)| *own == name);
        let value = match own {
            Some((_, value)) => value,
            None if name == "OTEL_EXPORTER_OTLP_ENDPOINT" => endpoint,
            None => return None,
        };
        Some(value.into())
    });
    assert_eq!(settings.warnings(), []);
    settings.into_builder().unwrap().build().unwrap()
}

fn record(tracer: &Tracer, count: u64) {
    for _ in 0..count {
        tracer.root("order").run_sync(|| {
            span::record_error("declined");
        });
    }
}

/// Records spans and sends them.
fn deliver(tracer: &Tracer, count: u64) -> bool {
    record(tracer, count);
    tracer.flush(LONG).is_complete
}

fn requests(server: &Server, path: &str) -> Vec<Seen> {
    let wanted = format!("POST {path} ");
    let seen = server.seen().into_iter();
    seen.filter(|seen| seen.head.starts_with(&wanted)).collect()
}

#[test]
fn the_compression_is_that_of_requests() {
    for encoding in ["gzip", "zstd"] {
        let server = Server::new([]);
        let tracer = tracer(
            &server.url(),
            &[("OTEL_EXPORTER_OTLP_COMPRESSION", encoding)],
        );
        assert!(deliver(&tracer, 2));
        let seen = server.seen();
        assert_eq!(header(&seen[0].head, "content-encoding"), Some(encoding));
        assert_eq!(spans_seen(&server), 2);
    }
}

#[test]
fn the_timeout_gives_up_a_request_that_hangs() {
    let server = Server::new([Step::Hang(Stage::All)]);
    let tracer = tracer(&server.url(), &[("OTEL_EXPORTER_OTLP_TIMEOUT", "100")]);
    // With the default, the first request takes all of the time.
    assert!(deliver(&tracer, 2));
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn the_files_of_tls_are_those_of_the_connection() {
    let (folder, root) = (Folder::new(), authority());
    let path = |name, text: &str| folder.file(name, text).display().to_string();
    let roots = path("roots.pem", &root.pem());
    let own = identity(&root, "client");
    let (chain, key) = (
        path("client.pem", &own.pem),
        path("client.key", &own.key_pem),
    );
    let server = identity(&root, "localhost");
    let certificate = ("OTEL_EXPORTER_OTLP_CERTIFICATE", roots.as_str());
    let client = [
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", chain.as_str()),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.as_str()),
    ];
    let any_client = url(serve_one(&server, None));
    assert!(deliver(&tracer(&any_client, &[certificate]), 2));
    let known_client = url(serve_one(&server, Some(&root)));
    let all = [certificate, client[0], client[1]];
    assert!(deliver(&tracer(&known_client, &all), 2));
}

#[test]
fn a_key_that_cannot_be_used_names_its_variable() {
    let (folder, root) = (Folder::new(), authority());
    let path = |name, text: &str| folder.file(name, text).display().to_string();
    let chain = path("client.pem", &identity(&root, "client").pem);
    let other = path("other.key", &identity(&root, "other").key_pem);
    let error = |key: &str| {
        let settings = Settings::from_variables("shop", |name| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("https://localhost".into()),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" => Some(chain.clone().into()),
            "OTEL_EXPORTER_OTLP_CLIENT_KEY" => Some(key.into()),
            _ => None,
        });
        settings.into_builder().unwrap_err().to_string()
    };
    let without = "`OTEL_EXPORTER_OTLP_CLIENT_KEY` is `PATH`, which has no private key in PEM form";
    assert_eq!(error(&chain), without.replace("PATH", &chain));
    let missing = "`OTEL_EXPORTER_OTLP_CLIENT_KEY` is `/nowhere`, which cannot be read";
    assert_eq!(error("/nowhere"), missing);
    let mismatch = "`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is `PATH`, which cannot be used with its private key: ";
    let said = error(&other);
    assert!(
        said.starts_with(&mismatch.replace("PATH", &chain)),
        "{said}"
    );
}

#[test]
fn a_delay_is_waited_for() {
    let (late, usual) = (Server::new([]), Server::new([]));
    let waiting = tracer(&late.url(), &[("OTEL_BSP_SCHEDULE_DELAY", "2000000000")]);
    record(&waiting, 1);
    let other = tracer(&usual.url(), &[]);
    record(&other, 1);
    wait_until(|| !usual.seen().is_empty());
    assert_eq!(late.seen().len(), 0);
    assert!(waiting.flush(LONG).is_complete);
    assert_eq!(spans_seen(&late), 1);
}

#[test]
fn a_queue_has_as_many_spans() {
    let server = Server::new([]).forever(Step::Hang(Stage::All));
    let variables = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ];
    let tracer = tracer(&server.url(), &variables);
    record(&tracer, 1);
    wait_until(|| server.seen().len() == 1);
    record(&tracer, 100);
    let stats = tracer.stats();
    assert!(stats.dropped.queue >= 90, "{stats:?}");
    // Nobody takes the rest.
    drop(tracer.shutdown(SHORT));
}

#[test]
fn a_request_has_as_many_spans() {
    let server = Server::new([]);
    let tracer = tracer(&server.url(), &[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")]);
    assert!(deliver(&tracer, 10));
    assert_eq!(spans_seen(&server), 10);
    assert!(server.seen().iter().all(|seen| spans_of(seen) <= 2));
}

#[test]
fn spans_are_lost_after_the_export_timeout() {
    let server = Server::new([Step::Answer(status(503))]);
    let variables = [
        ("OTEL_BSP_EXPORT_TIMEOUT", "1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ];
    let tracer = tracer(&server.url(), &variables);
    record(&tracer, 1);
    wait_until(|| server.seen().len() == 1);
    std::thread::sleep(Duration::from_millis(5));
    let report = tracer.flush(LONG);
    assert_eq!((report.is_complete, report.lost), (false, 1), "{report:?}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn metrics_are_sent_as_often_with_their_headers() {
    let server = Server::new([]);
    let variables = [
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "10"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-of=all"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-of=metrics"),
    ];
    let tracer = tracer(&server.url(), &variables);
    record(&tracer, 1);
    let metrics = || requests(&server, "/v1/metrics");
    wait_until(|| metrics().len() >= 3);
    let of = |seen: &[Seen]| header(&seen[0].head, "x-of").map(str::to_owned);
    assert_eq!(of(&metrics()).as_deref(), Some("metrics"));
    let traces = requests(&server, "/v1/traces");
    assert_eq!(of(&traces).as_deref(), Some("all"));
}

#[test]
fn errors_are_log_records_with_their_headers() {
    for (value, events) in [("logs", false), ("logs/dup", true)] {
        let server = Server::new([]);
        let variables = [
            ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", value),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-of=logs"),
        ];
        assert!(deliver(&tracer(&server.url(), &variables), 1));
        let logs = requests(&server, "/v1/logs");
        assert_eq!(header(&logs[0].head, "x-of"), Some("logs"));
        let traces = requests(&server, "/v1/traces");
        assert_eq!(header(&traces[0].head, "x-of"), None);
        // The name of the event, which no other part of a span has.
        let name = b"exception.message";
        let body = &traces[0].body;
        let has_event = body.windows(name.len()).any(|bytes| bytes == name);
        assert_eq!(has_event, events, "{value}");
    }
}
