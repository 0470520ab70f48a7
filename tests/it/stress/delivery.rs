//! Tests of collectors that panic, block, record or flush, and of shutdowns in between.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use trace_core::{
    Collector, CollectorError, MemoryCollector, SpanBatch, TraceFuture, Tracer, collector_fn, span,
};

use super::{assert_conserved, settled};
use crate::wait::timed;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// A collector that signals when it is called, and then waits until its gate is dropped.
struct Blocking {
    called: Mutex<Sender<u64>>,
    gate: Mutex<Receiver<()>>,
}

fn blocking() -> (Blocking, Receiver<u64>, Sender<()>) {
    let (called, calls) = channel();
    let (opener, gate) = channel();
    let collector = Blocking {
        called: Mutex::new(called),
        gate: Mutex::new(gate),
    };
    (collector, calls, opener)
}

impl Collector for Blocking {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let _sent = self.called.lock().unwrap().send(batch.len() as u64);
        let _opened = self.gate.lock().unwrap().recv();
    }
}

fn two_spans(tracer: &Tracer) {
    tracer
        .root("root")
        .run_sync(|| span::in_span("child", || {}));
}

#[test]
fn a_collector_that_blocks_for_ever_costs_spans_and_no_time() {
    let (collector, calls, opener) = blocking();
    let tracer = Tracer::builder("stress")
        .collector(collector)
        .scheduled_delay(Duration::ZERO)
        .max_queue_spans(100)
        .shutdown_timeout(SHORT)
        .build()
        .unwrap();
    two_spans(&tracer);
    assert_eq!(calls.recv().unwrap(), 2);
    // 50 of these wait. All others are lost.
    let ((), took) = timed(|| (0..10_000).for_each(|_| two_spans(&tracer)));
    assert!(took < Duration::from_secs(20), "{took:?}");
    let stats = tracer.stats();
    assert_conserved(&stats);
    assert_eq!(
        (stats.started, stats.dropped.queue, stats.open),
        (20_002, 19_900, 100)
    );
    assert_eq!((stats.read, stats.waiting), (2, 2));
    let (report, took) = timed(|| tracer.flush(SHORT));
    assert!(!report.is_complete && report.left == 102);
    assert!(took >= SHORT && took < Duration::from_secs(20), "{took:?}");

    let (report, took) = timed(|| tracer.shutdown(SHORT));
    assert!(!report.is_complete);
    assert!(took < Duration::from_secs(20), "{took:?}");
    let stats = tracer.stats();
    // The waiting spans were given up. The collector may still deliver the spans that it has.
    assert_eq!((stats.dropped.shutdown, stats.open), (100, 0));
    assert_eq!(stats.waiting, 2);
    two_spans(&tracer);
    assert_eq!(tracer.stats().dropped.shutdown, 102);
    drop(opener);
    let (_, took) = timed(|| drop(tracer));
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_collector_that_panics_costs_its_batch() {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("stress")
        .collector(collector_fn(move |_| {
            if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                std::panic::resume_unwind(Box::new("oops"));
            }
        }))
        .collector(spans.clone())
        .build()
        .unwrap();
    for _ in 0..4 {
        two_spans(&tracer);
        let _report = tracer.flush(LONG);
    }
    let stats = settled(&tracer);
    assert_eq!((stats.delivered, stats.dropped.collector), (4, 4));
    assert_eq!(stats.collector_panics, 2);
    assert_eq!(spans.spans().len(), 8);
}

#[test]
fn a_collector_may_throw_what_panics_when_dropped() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
    let tracer = Tracer::builder("stress")
        .collector(collector_fn(|_| std::panic::resume_unwind(Box::new(Bomb))))
        .build()
        .unwrap();
    for _ in 0..3 {
        two_spans(&tracer);
        let report = tracer.flush(LONG);
        assert!(!report.is_complete);
        let errors: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors, ["2 spans lost: the collector panicked"]);
    }
    let stats = settled(&tracer);
    assert_eq!((stats.collector_panics, stats.dropped.collector), (3, 6));
}

#[test]
fn flushes_of_a_tracer_without_a_thread_wait_for_each_other() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("stress")
        .collector(spans.clone())
        .on_demand()
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    two_spans(&tracer);
                    assert!(tracer.flush(LONG).is_complete);
                }
            });
        }
    });
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(settled(&tracer).delivered, 1_600);
}

#[test]
fn a_collector_may_panic_in_flush_and_shutdown() {
    struct Panics;
    impl Collector for Panics {
        fn collect(&self, _batch: &SpanBatch<'_>) {}
        fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
            std::panic::resume_unwind(Box::new("oops"))
        }
    }
    let tracer = Tracer::builder("stress").collector(Panics).build().unwrap();
    two_spans(&tracer);
    let report = tracer.flush(LONG);
    assert_eq!((report.is_complete, report.errors.len()), (false, 1));
    assert_eq!(tracer.shutdown(LONG).errors.len(), 1);
    assert_eq!(tracer.stats().collector_panics, 2);
    assert_eq!(settled(&tracer).delivered, 2);
}

/// A collector that uses its own tracer.
struct OwnTracer {
    tracer: Arc<OnceLock<Tracer>>,
    calls: AtomicU64,
    call: fn(&Tracer),
}

impl Collector for OwnTracer {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        if self.calls.fetch_add(1, Ordering::Relaxed) < 3
            && let Some(tracer) = self.tracer.get()
        {
            (self.call)(tracer);
        }
    }
}

#[test]
fn a_collector_may_be_traced_flush_and_shut_down_its_tracer() {
    let calls: [fn(&Tracer); 4] = [
        |tracer| two_spans(tracer),
        |tracer| assert!(!tracer.flush(LONG).is_complete),
        |tracer| assert!(!tracer.shutdown(LONG).is_complete),
        |tracer| drop(tracer.clone()),
    ];
    for call in calls {
        for on_demand in [true, false] {
            let own = Arc::new(OnceLock::new());
            let mut builder = Tracer::builder("stress").collector(OwnTracer {
                tracer: Arc::clone(&own),
                calls: AtomicU64::new(0),
                call,
            });
            if on_demand {
                builder = builder.on_demand();
            }
            let tracer = builder.build().unwrap();
            own.set(tracer.clone()).unwrap();
            two_spans(&tracer);
            let (_, took) = timed(|| {
                for _ in 0..5 {
                    let _report = tracer.flush(LONG);
                }
                tracer.shutdown(LONG)
            });
            assert!(took < LONG, "{took:?}");
            let stats = settled(&tracer);
            // The collector is not traced.
            assert_eq!((stats.started, stats.delivered), (2, 2));
        }
    }
}

#[test]
fn the_last_handle_may_be_dropped_by_its_collector() {
    struct Holds(Mutex<Option<Tracer>>, Sender<()>);
    impl Collector for Holds {
        fn collect(&self, _batch: &SpanBatch<'_>) {
            drop(self.0.lock().unwrap().take());
        }
        fn shutdown(&self, _timeout: Duration) -> Result<(), CollectorError> {
            let _sent = self.1.send(());
            Ok(())
        }
    }
    let (sender, shut_down) = channel();
    let holds = Arc::new(Holds(Mutex::new(None), sender));
    let tracer = Tracer::builder("stress")
        .collector(Arc::clone(&holds))
        .scheduled_delay(Duration::ZERO)
        .build()
        .unwrap();
    let root = tracer.root("root");
    *holds.0.lock().unwrap() = Some(tracer);
    root.run_sync(|| {});
    shut_down.recv().unwrap();
}

#[test]
fn the_last_handle_may_be_dropped_within_its_trace() {
    let spans = MemoryCollector::new();
    for on_demand in [true, false] {
        let mut builder = Tracer::builder("stress").collector(spans.clone());
        if on_demand {
            builder = builder.on_demand();
        }
        let tracer = builder.build().unwrap();
        tracer.root("root").run_sync(move || {
            span::in_span("before", || {});
            drop(tracer);
            span::in_span("after", || {});
        });
        let names: Vec<_> = spans
            .take()
            .into_iter()
            .map(|span| span.operation_name)
            .collect();
        assert_eq!(names, ["before"]);
    }
}

#[test]
fn spans_around_a_shutdown_are_all_counted() {
    for on_demand in [true, false] {
        let mut builder = Tracer::builder("stress");
        if on_demand {
            builder = builder.on_demand();
        }
        let tracer = builder.build().unwrap();
        let mut suspended = Box::pin(std::future::pending::<()>().in_span("suspended"));
        tracer.root("root").run_sync(|| {
            assert!(super::poll(suspended.as_mut()).is_pending());
            span::in_span("before", || {});
            assert_eq!(tracer.shutdown(LONG).left, 0);
            span::in_span("after", || {});
            let _second = tracer.shutdown(LONG);
        });
        let _third = tracer.shutdown(LONG);
        drop(suspended);
        let stats = settled(&tracer);
        assert_eq!((stats.started, stats.delivered), (4, 1));
        assert_eq!(stats.dropped.shutdown, 3);
    }
}

#[test]
fn a_flush_covers_what_ended_before_it() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("stress")
        .collector(spans.clone())
        .scheduled_delay(LONG)
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let id = tracer
                        .root("root")
                        .run_sync(|| span::current_context().unwrap());
                    assert!(tracer.flush(LONG).is_complete);
                    let all = spans.spans();
                    assert!(all.iter().any(|span| span.trace_id == id.trace_id));
                }
            });
        }
    });
    assert_eq!(settled(&tracer).delivered, 800);
}

#[test]
fn a_short_flush_takes_no_time_from_a_long_one() {
    struct Timeouts(Mutex<Vec<Duration>>, Blocking);
    impl Collector for Timeouts {
        fn collect(&self, batch: &SpanBatch<'_>) {
            self.1.collect(batch);
        }
        fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
            self.0.lock().unwrap().push(timeout);
            Ok(())
        }
    }
    let (blocking, calls, opener) = blocking();
    let collector = Arc::new(Timeouts(Mutex::default(), blocking));
    let tracer = Tracer::builder("stress")
        .collector(Arc::clone(&collector))
        .scheduled_delay(Duration::ZERO)
        .build()
        .unwrap();
    two_spans(&tracer);
    calls.recv().unwrap();
    std::thread::scope(|scope| {
        // Requested one after the other while the collector blocks.
        let long = scope.spawn(|| tracer.flush(LONG));
        let _report = tracer.flush(Duration::from_millis(200));
        drop(opener);
        assert!(long.join().unwrap().is_complete);
    });
    let timeouts = collector.0.lock().unwrap();
    assert!(
        timeouts.iter().all(|timeout| *timeout > LONG / 2),
        "{timeouts:?}"
    );
}

#[test]
fn a_collector_whose_destructor_blocks_does_not_hold_the_shutdown() {
    struct Blocking(std::sync::mpsc::Receiver<()>);

    impl Drop for Blocking {
        fn drop(&mut self) {
            // Waits until the test drops the sender.
            assert!(self.0.recv().is_err());
        }
    }

    let (hold, held) = std::sync::mpsc::channel();
    let blocking = std::sync::Mutex::new(Blocking(held));
    let tracer = Tracer::builder("test")
        .collector(trace_core::collector_fn(move |_| {
            drop(blocking.lock());
        }))
        .build()
        .unwrap();
    tracer.root("root").run_sync(|| {});
    let report = tracer.shutdown(Duration::from_millis(50));
    assert!(!report.is_complete);
    assert_eq!(tracer.stats().delivered, 1);
    drop(hold);
}
