//! Tests a collector in different places: below tracers, runtimes and panic hooks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{Collector, MemoryCollector, Tracer, TracerBuilder, root};
use trace_otlp::OtlpCollector;

use super::server::{Server, Stage, Step, status};
use super::spans::{LONG, SHORT, check, spans_seen, to, to_url};

fn tracer(collector: &OtlpCollector) -> TracerBuilder {
    Tracer::builder("shop")
        .collector(collector.clone())
        .shutdown_timeout(LONG)
}

fn make_spans(tracer: &Tracer, count: u64) {
    for _ in 0..count {
        tracer.root("order").run_sync(|| ());
    }
}

#[test]
fn no_runtime_is_needed() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = tracer(&collector).build().unwrap();
    make_spans(&tracer, 10);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 10);
    make_spans(&tracer, 5);
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(spans_seen(&server), 15);
}

#[tokio::test]
async fn it_works_in_a_runtime_of_one_thread() {
    let server = Server::new([Step::Answer(status(503))]);
    let collector = to(&server).build().unwrap();
    let tracer = tracer(&collector).build().unwrap();
    make_spans(&tracer, 10);
    // Blocks the only thread of the runtime.
    assert!(tracer.flush(LONG).is_complete);
    make_spans(&tracer, 5);
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_in_a_runtime_of_several_threads() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = tracer(&collector).build().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let tracer = tracer.clone();
            tokio::spawn(async move { make_spans(&tracer, 10) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 80);
}

#[test]
fn it_works_without_a_thread_of_its_own() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = tracer(&collector).on_demand().build().unwrap();
    make_spans(&tracer, 10);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 10);
    assert!(tracer.shutdown(LONG).is_complete);
}

#[test]
fn a_panic_hook_may_flush() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = Arc::new(tracer(&collector).build().unwrap());
    let flushed = Arc::new(Mutex::new(None));

    let (hook_tracer, hook_flushed) = (Arc::clone(&tracer), Arc::clone(&flushed));
    let own = std::thread::current().id();
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == own {
            *hook_flushed.lock().unwrap() = Some(hook_tracer.flush(LONG).is_complete);
        } else {
            earlier(info);
        }
    }));
    make_spans(&tracer, 3);
    let panicked = catch_unwind(AssertUnwindSafe(|| panic!("on purpose")));
    drop(std::panic::take_hook());
    assert!(panicked.is_err());
    assert_eq!(*flushed.lock().unwrap(), Some(true));
    assert_eq!(check(&collector).spans_exported, 3);
}

#[test]
fn its_own_calls_are_not_traced() {
    let server = Server::new([]);
    let memory = MemoryCollector::new();
    // As in an application, the callback fetches a token with traced code.
    let token = || {
        root("token").run_sync(|| ());
        trace_core::span::in_span("token", || [("authorization", "Bearer x")])
    };
    for on_demand in [false, true] {
        server.then([Step::Answer(status(503)), Step::Answer(status(401))]);
        let collector = to(&server).headers_from(token).build().unwrap();
        let tracer = tracer(&collector).collector(memory.clone());
        let tracer = if on_demand {
            tracer.on_demand()
        } else {
            tracer
        };
        let tracer = tracer.build().unwrap();
        tracer.attach_sync(|| {
            root("order").run_sync(|| {
                let _open = tracer.flush(LONG);
            });
            assert!(tracer.flush(LONG).is_complete);
        });
        assert!(tracer.shutdown(LONG).is_complete);
    }
    let records = memory.spans();
    let names: Vec<_> = records.iter().map(|span| &*span.operation_name).collect();
    assert_eq!(names, ["order", "order"]);
}

#[test]
fn a_tracer_flushes_during_a_backoff() {
    let server = Server::new([Step::Answer(status(503))]);
    let hour = Duration::from_secs(3600);
    let collector = to(&server).retry_delays(hour, hour).build().unwrap();
    let tracer = tracer(&collector)
        .scheduled_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    make_spans(&tracer, 3);
    super::spans::wait_until(|| collector.stats().failed_requests == 1);
    make_spans(&tracer, 2);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 5);
}

#[test]
fn a_tracer_ends_during_a_backoff_and_says_what_is_lost() {
    let url = format!("http://{}", Server::nobody());
    let hour = Duration::from_secs(3600);
    let collector = to_url(&url).retry_delays(hour, hour).build().unwrap();
    let tracer = tracer(&collector).build().unwrap();
    make_spans(&tracer, 3);
    let report = tracer.shutdown(LONG);
    assert!(!report.is_complete);
    assert_eq!(report.errors[0].lost_spans(), 3);
    assert_eq!(report.errors[0].collector(), Some("otlp"));
    assert_eq!(check(&collector).spans_lost.shut_down, 3);
}

#[test]
fn a_tracer_is_not_held_up_by_a_server_that_hangs() {
    let server = Server::new([]).forever(Step::Hang(Stage::All));
    let collector = to(&server).timeout(SHORT).build().unwrap();
    let tracer = tracer(&collector).build().unwrap();
    make_spans(&tracer, 3);
    assert!(!tracer.flush(SHORT).is_complete);
    make_spans(&tracer, 2);
    let report = tracer.shutdown(SHORT * 2);
    assert!(!report.is_complete);
    super::spans::wait_until(|| collector.stats().spans_waiting == 0);
    let stats = check(&collector);
    assert_eq!(stats.spans_exported, 0);
}

#[test]
fn a_lane_sends_by_itself_when_a_server_is_back() {
    let server = Server::new(vec![Step::Answer(status(503)); 3]);
    let collector = to(&server).build().unwrap();
    let tracer = tracer(&collector)
        .scheduled_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    make_spans(&tracer, 3);
    super::spans::wait_until(|| collector.stats().spans_exported == 3);
    drop(tracer);
    assert_eq!(check(&collector).failed_requests, 3);
}

#[test]
fn its_name_is_otlp() {
    let collector = to_url("http://localhost:4318").build().unwrap();
    assert_eq!(collector.name(), "otlp");
    assert!(!collector.is_quick());
}
