//! Several endpoints.

use std::time::Duration;

use super::server::{Server, Stage, Step, status};
use super::spans::{SHORT, check, collect, settle, spans_seen, to, to_url};

#[test]
fn a_fallback_takes_what_the_first_does_not() {
    for step in [
        Step::Answer(status(503)),
        Step::Close(Stage::Head),
        Step::Hang(Stage::All),
    ] {
        let first = Server::new([]).forever(step.clone());
        let second = Server::new([]);
        let collector = to(&first)
            .timeout(SHORT)
            .fallback(second.url())
            .build()
            .unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!(
            (stats.spans_exported, stats.failed_requests),
            (3, 1),
            "{step:?}"
        );
        assert_eq!(spans_seen(&second), 3);
        let health = collector.health();
        assert!(health.endpoint.starts_with(&second.url()), "{health:?}");
        let state = health.state;
        let is_fallback = matches!(state, trace_otlp::OtlpState::Fallback { .. });
        assert!(is_fallback, "{state:?}");
    }
}

#[test]
fn the_first_is_used_again_when_it_answers_again() {
    let first = Server::new(vec![Step::Answer(status(503)); 2]);
    let second = Server::new([]);
    let collector = to(&first).fallback(second.url()).build().unwrap();
    for _ in 0..50 {
        collect(&collector, 1);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(settle(&collector).spans_exported, 50);
    // More than two, if it arrived before the first server was tried again.
    let of_second = spans_seen(&second);
    assert!((2..50).contains(&of_second), "{of_second}");
    assert_eq!(spans_seen(&first), 50 - of_second + 2);
    let health = collector.health();
    assert!(health.endpoint.starts_with(&first.url()), "{health:?}");
    assert_eq!(health.state, trace_otlp::OtlpState::Connected);
}

#[test]
fn endpoints_are_tried_in_order_and_then_again() {
    let nobody = || format!("http://{}", Server::nobody());
    let last = Server::new([Step::Answer(status(429))]);
    let collector = to_url(&nobody()).fallback(nobody()).fallback(last.url());
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.requests), (3, 3));
    assert_eq!(settle(&collector).spans_exported, 3);
}

#[test]
fn what_one_refuses_is_not_offered_to_another() {
    let first = Server::new([Step::Answer(status(400))]);
    let second = Server::new([]);
    let collector = to(&first).fallback(second.url()).build().unwrap();
    collect(&collector, 3);
    assert_eq!(settle(&collector).spans_lost.refused, 3);
    assert_eq!(second.connections(), 0);
}
