//! How much waits, and for how long.

use std::sync::Arc;
use std::time::Duration;

use trace_core::Collector;

use super::server::{Server, Stage, Step, status};
use super::spans::{LONG, check, collect, settle, spans_seen, to, to_url, wait_until};

#[test]
fn the_oldest_spans_are_lost_first() {
    let server = Server::new([Step::Answer(status(503))]);
    let delay = Duration::from_millis(500);
    let collector = to(&server)
        .max_waiting_bytes(3000)
        .retry_delays(delay, delay);
    let collector = collector.build().unwrap();
    for count in [50, 40, 30, 20, 10, 1] {
        for _ in 0..20 {
            collect(&collector, count);
        }
    }
    let stats = check(&collector);
    assert!(stats.spans_lost.list_full > 0);
    assert_eq!(stats.spans_lost.list_full + stats.spans_waiting, 20 * 151);
    let health = collector.health();
    assert!(
        health.waiting_bytes <= health.max_waiting_bytes,
        "{health:?}"
    );
    let waiting = stats.spans_waiting;
    let before = spans_seen(&server);
    assert_eq!(settle(&collector).spans_exported, waiting);
    assert_eq!(spans_seen(&server), before + waiting);
}

#[test]
fn one_batch_waits_whatever_its_size() {
    let server = Server::new([Step::Answer(status(503))]);
    let collector = to(&server).max_waiting_bytes(0).build().unwrap();
    collect(&collector, 100);
    assert_eq!(check(&collector).spans_lost.total(), 0);
    assert_eq!(settle(&collector).spans_exported, 100);
}

#[test]
fn old_spans_are_lost() {
    let url = format!("http://{}", Server::nobody());
    let collector = to_url(&url)
        .max_retry_age(Duration::from_millis(20))
        .build()
        .unwrap();
    collect(&collector, 3);
    let stats = settle(&collector);
    assert_eq!(stats.spans_lost.too_old, 3);
    assert!(stats.failed_requests >= 1);
    // The next flush reports it, once.
    assert_eq!(collector.flush(LONG).unwrap_err().lost_spans(), 3);
    collector.flush(LONG).unwrap();
}

#[test]
fn a_flush_sends_what_waits_during_a_backoff() {
    let server = Server::new([Step::Answer(status(503)), Step::Answer(status(503))]);
    let delay = Duration::from_secs(3600);
    let collector = to(&server).retry_delays(Duration::from_millis(1), delay);
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    collector.flush(LONG).unwrap();
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.requests), (3, 3));

    // If the delay is longer than the timeout, the flush tries once and reports.
    server.then([Step::Answer(status(503)), Step::Answer(status(503))]);
    let slow = to(&server).retry_delays(delay, delay).build().unwrap();
    collect(&slow, 2);
    assert_eq!(slow.flush(LONG).unwrap_err().lost_spans(), 2);
    let stats = check(&slow);
    assert_eq!((stats.spans_waiting, stats.requests), (2, 2));
    slow.shutdown(LONG).unwrap();
    assert_eq!(check(&slow).spans_exported, 2);
}

#[test]
fn a_flush_reports_what_was_lost_and_rejected() {
    let partial = super::server::with_headers(200, "", b"\x0a\x02\x08\x02");
    let server = Server::new([Step::Answer(status(400)), Step::Answer(partial)]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 5);
    let error = collector.flush(LONG).unwrap_err();
    assert_eq!(error.lost_spans(), 5);
    assert!(
        error.to_string().contains("rejected 2 of 5 spans"),
        "{error}"
    );
    collector.flush(LONG).unwrap();
    collect(&collector, 1);
    collector.shutdown(LONG).unwrap();
    assert_eq!(check(&collector).spans_exported, 4);
}

#[test]
fn every_span_has_its_place_at_any_time() {
    let mut script = Vec::new();
    for round in 0..40 {
        script.push(Step::Answer(status([200, 503, 400, 413, 429][round % 5])));
        if round % 7 == 0 {
            script.push(Step::Close(Stage::Head));
        }
    }
    let server = Server::new(script);
    let collector = Arc::new(to(&server).max_waiting_bytes(2000).build().unwrap());
    let sender = Arc::clone(&collector);
    let thread = std::thread::spawn(move || {
        for count in 0..120 {
            collect(&sender, count % 7);
            let _report = sender.flush(Duration::from_millis(count % 3));
        }
        settle(&sender)
    });
    wait_until(|| {
        check(&collector);
        thread.is_finished()
    });
    let stats = thread.join().unwrap();
    assert_eq!(
        stats.spans_collected,
        (0..120).map(|count| count % 7).sum::<u64>()
    );
}

#[test]
fn a_batch_without_spans_sends_nothing() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 0);
    assert_eq!(collector.on_idle(), None);
    collector.shutdown(LONG).unwrap();
    assert_eq!(server.connections(), 0);
}
