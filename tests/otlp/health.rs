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
            "collector otlp: `URL/v1/traces` answers status 404 (Not Found); spans are lost: check the path of the URL: `/v1/traces` is added to the URL of `builder(..)` and `OTEL_EXPORTER_OTLP_ENDPOINT`, and not to that of `traces_endpoint(..)` and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`",
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
