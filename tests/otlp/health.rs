//! The state, and the lines about its changes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Collector, diagnostics};
use trace_otlp::OtlpState;

use super::server::{Server, Step, status, with_headers};
use super::spans::{check, collect, settle, to, to_url};

/// One test listens at a time.
static TURN: Mutex<()> = Mutex::new(());

/// The lines about one server.
struct Lines {
    _turn: MutexGuard<'static, ()>,
    lines: &'static Mutex<Vec<String>>,
}

impl Lines {
    fn listen() -> Self {
        static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        LINES.lock().unwrap().clear();
        diagnostics::listen(|line| {
            if line.kind == diagnostics::Kind::Export {
                LINES.lock().unwrap().push(line.to_string());
            }
        });
        Self {
            _turn: turn,
            lines: &LINES,
        }
    }

    /// Returns the lines that name the server. Lines of other tests do not.
    fn of(&self, server: &Server) -> Vec<String> {
        let (url, lines) = (server.url(), self.lines.lock().unwrap());
        let own = lines.iter().filter(|line| line.contains(&url));
        own.map(|line| line.replace(&url, "URL")).collect()
    }
}

#[test]
fn the_state_is_what_the_last_request_came_to() {
    let server = Server::new([
        Step::Answer(status(503)),
        Step::Answer(status(503)),
        Step::Answer(status(200)),
        Step::Answer(status(404)),
    ]);
    let delay = Duration::from_millis(30);
    let collector = to(&server).retry_delays(delay, delay).build().unwrap();
    let health = collector.health();
    assert_eq!(health.state, OtlpState::Idle);
    assert_eq!(health.endpoint, format!("{}/v1/traces", server.url()));
    assert_eq!(health.last_error, None);
    assert_eq!(health.max_waiting_bytes, 16 << 20);

    collect(&collector, 3);
    let health = collector.health();
    let OtlpState::Retrying { since } = health.state else {
        panic!("{health:?}");
    };
    assert_eq!(health.waiting_spans, 3);
    assert!(health.waiting_bytes > 0);
    let error = health.last_error.unwrap();
    assert_eq!(
        error,
        format!(
            "`{}/v1/traces` answers status 503 (Service Unavailable)",
            server.url()
        )
    );
    while server.seen().len() < 2 {
        std::thread::sleep(Duration::from_millis(1));
        let _wait = collector.on_idle();
    }
    if let OtlpState::Retrying { since: then } = collector.health().state {
        assert_eq!(then, since, "since the first failure");
    }

    settle(&collector);
    let health = collector.health();
    assert_eq!(health.state, OtlpState::Connected);
    assert_eq!((health.waiting_spans, health.waiting_bytes), (0, 0));
    collect(&collector, 1);
    let health = collector.health();
    assert!(
        matches!(health.state, OtlpState::Refused { .. }),
        "{health:?}"
    );
}

#[test]
fn each_change_is_one_line() {
    let lines = Lines::listen();
    let server = Server::new(vec![Step::Answer(status(503)); 4]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    settle(&collector);
    collect(&collector, 3);
    assert_eq!(
        lines.of(&server),
        [
            "collector otlp: `URL/v1/traces` answers status 503 (Service Unavailable); spans wait, and are sent again",
            "collector otlp: `URL/v1/traces` takes spans again",
        ]
    );
    // A server that comes and goes does not fill the log.
    for _ in 0..5 {
        server.then([Step::Answer(status(503))]);
        collect(&collector, 1);
        settle(&collector);
    }
    assert_eq!(lines.of(&server).len(), 2);
}

#[test]
fn that_spans_are_lost_is_said_whatever_was_said_before() {
    let lines = Lines::listen();
    let server = Server::new([Step::Answer(status(503))]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    server.then(vec![Step::Answer(status(401)); 20]);
    settle(&collector);
    for _ in 0..5 {
        collect(&collector, 1);
    }
    assert_eq!(
        lines.of(&server),
        [
            "collector otlp: `URL/v1/traces` answers status 503 (Service Unavailable); spans wait, and are sent again",
            "collector otlp: `URL/v1/traces` answers status 401 (Unauthorized); spans are lost: check the endpoint, the protocol and the headers",
        ]
    );
}

#[test]
fn a_line_that_came_too_soon_waits_and_is_said_in_the_end() {
    let lines = Lines::listen();
    let server = Server::new([Step::Answer(status(404))]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 3);
    server.then(vec![Step::Answer(status(403)); 3]);
    for _ in 0..3 {
        collect(&collector, 1);
    }
    assert_eq!(lines.of(&server).len(), 2);
    // A lane wakes for it, though no span waits.
    assert!(collector.on_idle().is_some());
    let _lost = collector.shutdown(super::spans::LONG);
    assert_eq!(
        lines.of(&server)[2..],
        [
            "collector otlp: `URL/v1/traces` answers status 403 (Forbidden); spans are lost: check the endpoint, the protocol and the headers"
        ]
    );
    assert_eq!(collector.on_idle(), None);
}

#[test]
fn a_failover_and_the_way_back_are_said() {
    let lines = Lines::listen();
    let (first, second) = (Server::new([Step::Answer(status(503))]), Server::new([]));
    let collector = to(&first).fallback(second.url()).build().unwrap();
    collect(&collector, 3);
    let failover = format!(
        "collector otlp: `URL/v1/traces` answers status 503 (Service Unavailable); spans go to `{}/v1/traces`",
        second.url()
    );
    assert_eq!(lines.of(&first), [failover.as_str()]);
    let OtlpState::Fallback { .. } = collector.health().state else {
        panic!("{:?}", collector.health());
    };
    super::spans::wait_until(|| {
        collect(&collector, 1);
        collector.health().state == OtlpState::Connected
    });
    let back = "collector otlp: `URL/v1/traces` takes spans again";
    assert_eq!(lines.of(&first), [failover.as_str(), back]);
}

#[test]
fn what_is_lost_is_said_with_its_reason() {
    let lines = Lines::listen();
    let hour = Duration::from_secs(3600);
    let server = Server::new([]).forever(Step::Answer(status(503)));
    let full = to(&server).max_waiting_bytes(100).retry_delays(hour, hour);
    let full = full.build().unwrap();
    for _ in 0..5 {
        collect(&full, 3);
    }
    assert_eq!(
        lines.of(&server)[1..],
        [
            "collector otlp: more spans wait for `URL/v1/traces` than `max_waiting_bytes` allows; the oldest are lost"
        ]
    );

    let server = Server::new([]).forever(Step::Answer(status(503)));
    let old = to(&server).max_retry_age(Duration::from_millis(20));
    let old = old.build().unwrap();
    collect(&old, 3);
    settle(&old);
    assert_eq!(
        lines.of(&server)[1..],
        [
            "collector otlp: spans have waited for `URL/v1/traces` longer than `max_retry_age`; they are lost"
        ]
    );

    let server = Server::new([]).forever(Step::Answer(status(413)));
    let large = to(&server).build().unwrap();
    collect(&large, 1);
    collect(&large, 1);
    assert_eq!(
        lines.of(&server),
        [
            "collector otlp: `URL/v1/traces` answers status 413 (Payload Too Large) to a request of one span, which is lost"
        ]
    );
}

#[test]
fn a_server_of_traces_alone_is_named_where_it_refuses_others() {
    let lines = Lines::listen();
    let server = Server::new([]).forever(Step::Answer(status(404)));
    let collector = to_url("http://nowhere.invalid")
        .logs(trace_otlp::Logs::LogRecords)
        .logs_endpoint(format!("{}/v1/logs", server.url()))
        .timeout(super::spans::SHORT)
        .build()
        .unwrap();
    super::spans::give(&collector, &super::logs::many_logs(2));
    assert_eq!(check(&collector).log_records.lost.refused, 4);
    assert_eq!(
        lines.of(&server),
        [
            "collector otlp: `URL/v1/logs` answers status 404 (Not Found); log records are lost: perhaps the server takes only traces"
        ]
    );

    let server = super::grpc::server::Server::forever(super::grpc::server::Step::Answer(
        super::grpc::server::code(12, &[]),
    ));
    let collector = to_url("http://nowhere.invalid")
        .protocol(trace_otlp::Protocol::Grpc)
        .logs(trace_otlp::Logs::LogRecords)
        .logs_endpoint(server.url())
        .timeout(super::spans::SHORT)
        .build()
        .unwrap();
    super::spans::give(&collector, &super::logs::many_logs(2));
    let error = collector.health().logs.unwrap().last_error.unwrap();
    assert!(error.contains("gRPC status 12 (UNIMPLEMENTED)"), "{error}");
    let url = server.url();
    let own = lines.lines.lock().unwrap().clone();
    let own: Vec<_> = own.iter().filter(|line| line.contains(&url)).collect();
    assert_eq!(own.len(), 1, "{own:?}");
    assert!(
        own[0].ends_with("perhaps the server takes only traces"),
        "{own:?}"
    );
}

#[test]
fn a_server_that_works_is_not_mentioned() {
    let lines = Lines::listen();
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collector.shutdown(super::spans::LONG).unwrap();
    assert_eq!(lines.of(&server), [""; 0]);
}

#[test]
fn refusals_and_rejections_are_said() {
    let lines = Lines::listen();
    let partial = || Step::Answer(with_headers(200, "", b"\x0a\x06\x08\x02\x12\x02no"));
    let server = Server::new([
        partial(),
        partial(),
        Step::Answer(with_headers(200, "", b"<html>")),
        Step::Answer(status(404)),
        Step::Answer(status(404)),
    ]);
    let collector = to(&server).build().unwrap();
    for _ in 0..5 {
        collect(&collector, 3);
    }
    check(&collector);
    assert_eq!(
        lines.of(&server),
        [
            "collector otlp: `URL/v1/traces` rejected 2 of 3 spans: no",
            "collector otlp: `URL/v1/traces` took spans, and its answer is not one of OTLP: whether it rejected some is unknown",
            "collector otlp: `URL/v1/traces` answers status 404 (Not Found); spans are lost: check the endpoint, the protocol and the headers",
        ]
    );
}

#[test]
fn foreign_text_is_cut_and_seen() {
    let text = format!("no\nspace \u{202e} {}", "x".repeat(100));
    let mut message = vec![0x12, text.len() as u8];
    message.extend_from_slice(text.as_bytes());
    let mut body = vec![0x0a, message.len() as u8];
    assert!(text.len() < 120);
    body.extend(message);
    let server = Server::new([Step::Answer(with_headers(200, "", &body))]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 1);
    assert_eq!(check(&collector).spans_exported, 1);
    let error = collector.health().last_error.unwrap();
    assert!(error.contains("no\\nspace \\u{202e} xxx"), "{error}");
}

#[test]
fn a_collector_that_was_never_connected_says_so_in_its_error() {
    let url = format!("http://{}", Server::nobody());
    let collector = to_url(&url).build().unwrap();
    collect(&collector, 2);
    let error = collector.shutdown(Duration::from_millis(20)).unwrap_err();
    let said = error.to_string();
    // The connection was refused, or on a busy machine, the time was up first.
    let expected = format!("2 spans were lost: `{url}/v1/traces`: no ");
    assert!(said.starts_with(&expected), "{said}");
}
