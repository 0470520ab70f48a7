//! Connections that are refused, reset, or closed at odd moments.

use trace_core::Collector;
use trace_otlp::OtlpState;

use super::server::{Server, Stage, Step, ok, status};
use super::spans::{check, collect, collect_large, settle, spans_seen, to, to_url, wait_until};

#[test]
fn connections_are_kept() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    for _ in 0..5 {
        collect(&collector, 2);
    }
    assert_eq!(check(&collector).spans_exported, 10);
    assert_eq!(server.connections(), 1);
    let head = &server.seen()[4].head;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
}

#[test]
fn spans_wait_while_nobody_listens() {
    let collector = to_url(&format!("http://{}", Server::nobody()))
        .build()
        .unwrap();
    for _ in 0..3 {
        collect(&collector, 2);
    }
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.spans_lost.total()), (6, 0));
    let health = collector.health();
    assert!(
        matches!(health.state, OtlpState::Retrying { .. }),
        "{health:?}"
    );
    assert!(health.last_error.unwrap().contains("refused"));
    assert!(collector.on_idle().is_some());
}

#[test]
fn a_connection_that_breaks_at_any_stage_is_tried_again() {
    for stage in [Stage::Nothing, Stage::PartOfHead, Stage::Head, Stage::All] {
        let server = Server::new([Step::Close(stage)]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let stats = settle(&collector);
        assert_eq!(stats.spans_exported, 3, "{stage:?}");
        assert_eq!((stats.requests, stats.failed_requests), (2, 1), "{stage:?}");
    }
}

#[test]
fn a_large_body_that_is_reset_is_tried_again() {
    for stage in [Stage::Nothing, Stage::PartOfHead, Stage::Head] {
        let server = Server::new([Step::Close(stage)]);
        let collector = to(&server).max_request_bytes(64 << 20);
        let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
        collect_large(&collector, 200);
        let stats = settle(&collector);
        assert_eq!(
            (stats.spans_exported, stats.requests),
            (200, 2),
            "{stage:?}"
        );
        assert_eq!(spans_seen(&server), 200);
    }
}

#[test]
fn a_connection_that_is_closed_between_requests_loses_no_body() {
    let close = [
        // Closed at once after the answer.
        Step::AnswerAndClose(ok()),
        // Closed by a server that has announced it.
        Step::AnswerAndClose(super::server::with_headers(
            200,
            "connection: close\r\n",
            b"",
        )),
        // Closed while the next request is on its way.
        Step::AnswerThenReset(ok()),
        Step::AnswerThenReset(status(204)),
    ];
    for close in close {
        let server = Server::new([close.clone()]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        collect(&collector, 2);
        // No failure is counted, because the request was sent again at once.
        let stats = check(&collector);
        assert_eq!(stats.spans_exported, 5, "{close:?}");
        assert_eq!((stats.requests, stats.failed_requests), (2, 0), "{close:?}");
        assert_eq!(server.connections(), 2, "{close:?}");
    }
}

#[test]
fn a_large_body_to_a_connection_that_is_closed_is_not_lost() {
    let server = Server::new([Step::AnswerThenReset(ok())]);
    let collector = to(&server).max_request_bytes(64 << 20);
    let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
    collect(&collector, 3);
    collect_large(&collector, 200);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (203, 0));
}

#[test]
fn a_server_that_restarts_gets_what_waits() {
    let address = Server::nobody();
    let collector = to_url(&format!("http://{address}")).build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_waiting, 3);
    // Another test may have taken the port meanwhile.
    let Ok(listener) = std::net::TcpListener::bind(address) else {
        return;
    };
    let server = Server::on(listener, []);
    assert_eq!(settle(&collector).spans_exported, 3);
    assert_eq!(spans_seen(&server), 3);
    wait_until(|| server.connections() >= 1);
}

#[test]
fn a_host_without_an_address_is_a_failure() {
    let collector = to_url("http://no-such-host.invalid:4318").build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
    let error = collector.health().last_error.unwrap();
    assert!(
        error.ends_with("no connection: the host has no address"),
        "{error}"
    );
}
