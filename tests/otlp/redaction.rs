//! Planted secrets: none leaves by any protocol, for any signal, or in a file that rotates.

#[path = "../it/redaction/corpus.rs"]
mod corpus;

use std::time::Duration;

use trace_core::Tracer;
use trace_otlp::{JsonCollector, Logs, OtlpCollectorBuilder, Protocol, Redaction, Rotation};

use super::spans::{LONG, to_url};
use super::tls::Folder;
use super::{grpc, server};
use corpus::{found, handle, texts};

/// Records all texts in every place of a span, and sends everything.
fn send(collector: OtlpCollectorBuilder, more: impl trace_core::Collector + 'static) {
    let hour = Duration::from_secs(3600);
    let collector = collector.logs(Logs::Both).metrics_every(hour);
    let tracer = Tracer::builder("shop")
        .tag("db.password", "hunter2")
        .tag("process.command_line", "shop --api-key hunter2")
        .collector(collector.build().unwrap())
        .collector(more)
        .redact(Redaction::standard())
        .build()
        .unwrap();
    for text in texts() {
        tracer.root("serve").run_sync(|| {
            let _failed = handle(&text);
        });
    }
    assert!(tracer.shutdown(LONG).is_complete);
}

/// Checks the bodies of spans, log records and metrics.
#[track_caller]
fn check(bodies: [Vec<u8>; 3]) {
    for body in bodies {
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("REDACTED"), "{body}");
        assert_eq!(found(&body), None);
    }
}

#[test]
fn nothing_leaves_over_http() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let server = server::Server::new([]);
        send(to_url(&server.url()).protocol(protocol), ());
        let of = |path| {
            let head = format!("POST {path} ");
            let seen = server.seen().into_iter();
            let seen = seen.filter(|seen| seen.head.starts_with(&head));
            seen.flat_map(|seen| seen.body).collect()
        };
        check([of("/v1/traces"), of("/v1/logs"), of("/v1/metrics")]);
    }
}

#[test]
fn nothing_leaves_over_grpc() {
    let server = grpc::server::Server::new([]);
    send(to_url(&server.url()).protocol(Protocol::Grpc), ());
    let of = |signal: &str| {
        let seen = server.seen().into_iter();
        let seen = seen.filter(|seen| seen.path.contains(signal));
        seen.flat_map(|seen| seen.body).collect()
    };
    check([of("trace.v1"), of("logs.v1"), of("metrics.v1")]);
}

#[test]
fn nothing_is_in_files_that_rotate() {
    let (server, folder) = (server::Server::new([]), Folder::new());
    let path = folder.file("spans.jsonl", "");
    let rotation = Rotation {
        max_bytes: 1,
        ..Rotation::default()
    };
    let file = JsonCollector::to_rotating_file(&path, rotation).unwrap();
    send(to_url(&server.url()), file);
    let files = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let all: Vec<_> = texts.collect();
    assert!(all.iter().any(|text| text.contains("REDACTED")), "{all:?}");
    assert!(all.iter().all(|text| found(text).is_none()));
}
