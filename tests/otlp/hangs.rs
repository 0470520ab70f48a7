//! Servers that hang, at each stage.

use std::time::{Duration, Instant};

use trace_core::Collector;

use super::server::{Server, Stage, Step, ok};
use super::spans::{LONG, SHORT, check, collect, collect_large, settle, to};

#[test]
fn a_server_that_hangs_at_any_stage_is_given_up_and_tried_again() {
    let half_a_head = ok()[..20].to_vec();
    for step in [
        Step::Hang(Stage::Nothing),
        Step::Hang(Stage::PartOfHead),
        Step::Hang(Stage::Head),
        Step::Hang(Stage::All),
        Step::AnswerAndHang(half_a_head.clone()),
        Step::AnswerAndHang(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let server = Server::new([step.clone()]);
        let collector = to(&server).timeout(SHORT).build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!(
            (stats.spans_waiting, stats.failed_requests),
            (3, 1),
            "{step:?}"
        );
        let error = collector.health().last_error.unwrap();
        assert!(error.contains("no answer in time"), "{error}");
        assert_eq!(settle(&collector).spans_exported, 3, "{step:?}");
    }
}

#[test]
fn a_large_body_that_nobody_reads_is_given_up() {
    let server = Server::new([Step::Hang(Stage::Nothing)]);
    let collector = to(&server).timeout(SHORT * 4).max_request_bytes(64 << 20);
    let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
    collect_large(&collector, 200);
    assert_eq!(check(&collector).failed_requests, 1);
}

#[test]
fn a_server_that_reads_slowly_gets_a_large_body() {
    let server = Server::new([Step::ReadSlowly(Duration::from_millis(2), ok())]);
    let collector = to(&server).max_request_bytes(64 << 20);
    let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
    collect_large(&collector, 200);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (200, 0));
}

#[test]
fn a_server_that_reads_too_slowly_is_given_up_and_tried_again() {
    let server = Server::new([Step::ReadSlowly(SHORT / 2, ok())]);
    let collector = to(&server).timeout(SHORT * 4).max_request_bytes(64 << 20);
    let hour = Duration::from_secs(3600);
    let collector = collector
        .max_waiting_bytes(64 << 20)
        .retry_delays(hour, hour);
    let collector = collector.build().unwrap();
    collect_large(&collector, 200);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (200, 1));
    let error = collector.health().last_error.unwrap();
    assert!(error.contains("no answer in time"), "{error}");
}

#[test]
fn nothing_is_blocked_by_a_request_that_hangs() {
    let server = Server::new([]).forever(Step::Hang(Stage::All));
    let collector = to(&server).timeout(SHORT * 2).build().unwrap();
    let sender = collector.clone();
    let thread = std::thread::spawn(move || collect(&sender, 3));
    let end = Instant::now() + LONG;
    let mut reads = 0;
    while !thread.is_finished() {
        let stats = check(&collector);
        assert!(collector.health().waiting_spans <= 3);
        if stats.requests == 1 {
            assert_eq!(stats.spans_waiting, 3, "what is sent waits");
            reads += 1;
        }
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    thread.join().unwrap();
    assert!(reads > 3);
}

#[test]
fn a_flush_and_a_shutdown_end_at_their_timeout() {
    let server = Server::new([]).forever(Step::Hang(Stage::All));
    // The collector's own timeout is far longer.
    let sender = to(&server).timeout(LONG * 60).retry_delays(LONG, LONG);
    let sender = sender.build().unwrap();
    server.then([Step::Answer(super::server::status(503))]);
    collect(&sender, 3);
    let error = sender.flush(SHORT).unwrap_err();
    assert_eq!(error.lost_spans(), 3);
    assert!(
        error.to_string().starts_with("3 spans are not sent yet: "),
        "{error}"
    );
    assert_eq!(check(&sender).spans_waiting, 3, "a flush loses nothing");

    let error = sender.shutdown(SHORT).unwrap_err();
    assert_eq!(error.lost_spans(), 3);
    assert!(
        error.to_string().starts_with("3 spans were lost: "),
        "{error}"
    );
    let stats = check(&sender);
    assert_eq!((stats.spans_waiting, stats.spans_lost.shut_down), (0, 3));

    // Spans that arrive afterwards are lost too, and counted.
    collect(&sender, 2);
    assert_eq!(check(&sender).spans_lost.shut_down, 5);
    assert_eq!(sender.on_idle(), None);
}

#[test]
fn a_timeout_of_zero_sends_nothing_and_loses_nothing() {
    let server = Server::new([Step::Answer(super::server::status(503))]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    let error = collector.flush(Duration::ZERO).unwrap_err();
    assert_eq!(error.lost_spans(), 3);
    assert_eq!(settle(&collector).spans_exported, 3);
    collector.flush(Duration::ZERO).unwrap();
    collector.flush(Duration::MAX).unwrap();
}
