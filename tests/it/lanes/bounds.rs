//! The memory of lanes, and flushes of lanes that block.

use super::*;

/// A tracer with a collector that blocks, and one that counts.
fn beside_a_blocked_one(max_bytes: usize) -> (Tracer, Counting, Sender<()>) {
    let (blocked, opener) = gated(());
    let counts = Counting::default();
    let tracer = Tracer::builder("lanes")
        .max_queue_bytes(max_bytes)
        .collector(blocked)
        .collector(counts.clone())
        .build()
        .unwrap();
    (tracer, counts, opener)
}

/// Waits until the working collector has all spans that were handed over.
fn wait_for(tracer: &Tracer, spans: u64) {
    wait::until(|| {
        let _report = tracer.flush(Duration::from_millis(1));
        tracer.lane_stats()[1].delivered >= spans
    });
}

#[test]
fn many_small_batches_take_little_room_in_a_lane() {
    let (tracer, counts, opener) = beside_a_blocked_one(4 << 20);
    for root in 1..=1_000 {
        tracer.root("root").run_sync(|| {});
        wait_for(&tracer, root);
    }
    let lanes = tracer.lane_stats();
    assert_eq!((lanes[0].waiting, lanes[0].dropped.full), (1_000, 0));
    assert!(lanes[0].bytes < 1 << 20, "{:?}", lanes[0]);
    drop(opener);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!((counts.spans(), tracer.stats().delivered), (1_000, 1_000));
}

#[test]
fn spans_that_have_begun_take_no_room_in_a_lane() {
    let (tracer, counts, opener) = beside_a_blocked_one(4 << 20);
    tracer.root("root").run_sync(|| {});
    wait_for(&tracer, 1);
    let held: Vec<_> = (0..1_000)
        .map(|_| {
            let root = tracer.root("held").start();
            root.in_scope(|| tracer.flush(Duration::from_millis(1)));
            root
        })
        .collect();
    assert!(tracer.lane_stats()[0].bytes < 1 << 20);
    for root in 2..=100 {
        tracer.root("root").run_sync(|| {});
        wait_for(&tracer, root);
    }
    assert_eq!(tracer.stats().dropped.queue, 0);
    held.iter().for_each(trace_core::OpenSpan::end);
    drop(opener);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(counts.spans(), 1_100);
}

#[test]
fn large_spans_for_a_blocked_lane_leave_room_for_others() {
    let (tracer, counts, opener) = beside_a_blocked_one(8 << 20);
    let text = "x".repeat(4_000);
    for _ in 0..400 {
        tracer.root("large").run_sync(|| {
            for key in 0..8 {
                span::add_tag(format!("key{key}"), &*text);
            }
        });
        let _report = tracer.flush(Duration::from_millis(1));
    }
    let lanes = tracer.lane_stats();
    assert!(lanes[0].dropped.full > 0, "{lanes:?}");
    assert!(lanes[0].bytes <= lanes[0].max_bytes, "{lanes:?}");
    let (before, lost) = (counts.spans(), tracer.stats().dropped.queue);
    for root in 1..=200 {
        tracer.root("small").run_sync(|| {});
        wait_for(&tracer, before + root);
    }
    assert_eq!(tracer.stats().dropped.queue, lost);
    drop(opener);
    tracer.flush(LONG);
}

#[test]
fn flushes_that_nobody_waits_for_any_more_are_one() {
    #[derive(Clone)]
    struct Flushed(Arc<AtomicU64>);
    impl Collector for Flushed {
        fn collect(&self, _batch: &SpanBatch<'_>) {}

        fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }
    struct Passing(Gated<Flushed>);
    impl Collector for Passing {
        fn collect(&self, batch: &SpanBatch<'_>) {
            self.0.collect(batch);
        }

        fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
            self.0.inner.flush(timeout)
        }
    }
    let flushes = Arc::new(AtomicU64::new(0));
    let (blocked, opener) = gated(Flushed(Arc::clone(&flushes)));
    let tracer = Tracer::builder("lanes")
        .collector(Passing(blocked))
        .collector(())
        .build()
        .unwrap();
    two_spans(&tracer);
    for _ in 0..50 {
        assert!(!tracer.flush(Duration::from_millis(1)).is_complete);
    }
    drop(opener);
    assert!(tracer.flush(LONG).is_complete);
    assert!((1..=3).contains(&flushes.load(Ordering::Relaxed)));
}

#[test]
fn of_two_flushes_at_once_one_is_told_what_went_wrong() {
    struct Failing(AtomicBool);
    impl Collector for Failing {
        fn collect(&self, _batch: &SpanBatch<'_>) {}

        fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
            if self.0.swap(false, Ordering::Relaxed) {
                return Err(CollectorError::new("no connection"));
            }
            Ok(())
        }
    }
    for _ in 0..50 {
        let tracer = Tracer::builder("lanes")
            .collector(Failing(AtomicBool::new(true)))
            .collector(())
            .build()
            .unwrap();
        let reports = std::thread::scope(|scope| {
            let flush = || tracer.flush(LONG).is_complete;
            let flushes = [scope.spawn(flush), scope.spawn(flush)];
            flushes.map(|flush| flush.join().unwrap())
        });
        assert!(reports.contains(&false));
    }
}
