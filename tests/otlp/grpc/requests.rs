//! The content of a call.

use trace_otlp::{Compression, OtlpCollector, Protocol};

use super::super::spans::{check, collect, collect_large, settle};
use super::server::{METHOD, Server};
use super::to;

#[test]
fn a_call_has_the_headers_of_grpc() {
    let server = Server::new([]);
    let collector = to(&server)
        .header("x-team", "shop")
        // The application cannot set headers that gRPC or HTTP/2 owns or forbids.
        .header("te", "gzip")
        .header("grpc-timeout", "1u")
        .header("grpc-encoding", "br")
        .header("host", "elsewhere")
        .header("upgrade", "h2c")
        .header("keep-alive", "5")
        .build()
        .unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    let seen = server.seen().remove(0);
    assert_eq!(seen.path, METHOD);
    let mut headers: Vec<_> = seen.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    let headers: Vec<String> = headers
        .iter()
        .filter(|(name, _)| *name != "grpc-timeout")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let agent = concat!("user-agent: trace-otlp-rust/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        headers,
        [
            "content-type: application/grpc",
            "grpc-accept-encoding: identity",
            "te: trailers",
            agent,
            "x-team: shop",
        ]
    );
    let timeout = seen.headers["grpc-timeout"].to_str().unwrap();
    let (number, unit) = timeout.split_at(timeout.len() - 1);
    let number: u64 = number.parse().unwrap();
    assert!(
        unit == "u" && number > 0 && number <= 10_000_000,
        "{timeout}"
    );
}

#[test]
fn a_call_is_compressed() {
    for (compression, name) in [(Compression::Gzip, "gzip"), (Compression::Zstd, "zstd")] {
        let server = Server::new([]);
        let collector = to(&server).compression(compression).build().unwrap();
        collect(&collector, 30);
        assert_eq!(check(&collector).spans_exported, 30);
        let seen = server.seen().remove(0);
        assert!(seen.is_compressed);
        assert_eq!(seen.headers["grpc-encoding"], name);
        assert_eq!(seen.spans(), 30);
    }
}

#[test]
fn a_large_call_arrives_whole() {
    let server = Server::new([]);
    let collector = to(&server).max_request_bytes(64 << 20);
    let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
    // Far more than the flow-control windows of a stream and of a connection.
    collect_large(&collector, 200);
    assert_eq!(settle(&collector).spans_exported, 200);
    assert_eq!(server.spans_seen(), 200);
}

#[test]
fn the_method_is_behind_the_path_of_the_url() {
    let server = Server::new([]);
    let url = format!("{}/tenant/", server.url());
    for builder in [
        OtlpCollector::builder(&url),
        OtlpCollector::builder("http://elsewhere.invalid").traces_endpoint(&url),
    ] {
        let collector = builder.protocol(Protocol::Grpc).build().unwrap();
        collect(&collector, 3);
        assert_eq!(check(&collector).spans_exported, 3);
    }
    for seen in server.seen() {
        assert_eq!(seen.path, format!("/tenant{METHOD}"));
    }
}

#[test]
fn a_proxy_is_an_error() {
    let builder = OtlpCollector::builder("http://localhost:4317").protocol(Protocol::Grpc);
    assert_eq!(
        builder
            .proxy("http://localhost:1")
            .build()
            .unwrap_err()
            .to_string(),
        "a proxy cannot be used with the protocol `grpc`"
    );
}

#[test]
fn spans_go_to_a_fallback() {
    let nobody = format!("http://{}", super::super::server::Server::nobody());
    let server = Server::new([]);
    let collector = super::super::spans::to_url(&nobody)
        .protocol(Protocol::Grpc)
        .fallback(server.url());
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 1));
}

#[test]
fn the_environment_may_ask_for_it() {
    use trace_core::Tracer;
    use trace_otlp::environment::Settings;

    let server = Server::new([]);
    let address = server.address.to_string();
    let settings = Settings::from_variables("orders", |name| {
        Some(match name {
            "OTEL_EXPORTER_OTLP_PROTOCOL" => "grpc".into(),
            "OTEL_EXPORTER_OTLP_ENDPOINT" => address.as_str().into(),
            "OTEL_EXPORTER_OTLP_INSECURE" => "true".into(),
            _ => return None,
        })
    });
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
    let tracer: Tracer = settings.into_builder().unwrap().build().unwrap();
    tracer.root("order").run_sync(|| ());
    assert!(tracer.shutdown(super::super::spans::LONG).is_complete);
    assert_eq!(server.spans_seen(), 1);
}
