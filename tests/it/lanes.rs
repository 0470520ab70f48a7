//! Tests of several collectors of one tracer, each with its own pace and losses.

mod bounds;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{
    Collector, CollectorError, LaneStats, MemoryCollector, SpanBatch, Stats, TraceCollector,
    TraceId, Tracer, collector_fn, span,
};

use crate::wait;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// A collector that waits at each batch until its gate is opened permanently.
struct Gated<C> {
    gate: Mutex<Receiver<()>>,
    inner: C,
}

fn gated<C>(inner: C) -> (Gated<C>, Sender<()>) {
    let (opener, gate) = channel();
    let gate = Mutex::new(gate);
    (Gated { gate, inner }, opener)
}

impl<C: Collector> Collector for Gated<C> {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let _opened = self.gate.lock().unwrap().recv();
        self.inner.collect(batch);
    }

    fn name(&self) -> &str {
        "gated"
    }
}

/// Counts spans, ends and losses.
#[derive(Clone, Default)]
struct Counting(Arc<Counts>);

#[derive(Default)]
struct Counts {
    spans: AtomicU64,
    ends: AtomicU64,
    losses: Mutex<HashMap<TraceId, u64>>,
}

impl Collector for Counting {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let Counts {
            spans,
            ends,
            losses,
        } = &*self.0;
        spans.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let ended = batch.completed_traces().count() as u64;
        ends.fetch_add(ended, Ordering::Relaxed);
        for (trace_id, lost) in batch.losses() {
            *losses.lock().unwrap().entry(trace_id).or_default() += lost.total();
        }
    }

    fn name(&self) -> &str {
        "counting"
    }
}

impl Counting {
    fn spans(&self) -> u64 {
        self.0.spans.load(Ordering::Relaxed)
    }

    fn ends(&self) -> u64 {
        self.0.ends.load(Ordering::Relaxed)
    }

    fn lost(&self) -> u64 {
        self.0.losses.lock().unwrap().values().sum()
    }
}

fn two_spans(tracer: &Tracer) {
    tracer
        .root("root")
        .run_sync(|| span::in_span("child", || {}));
}

#[track_caller]
fn assert_exact(tracer: &Tracer) -> (Stats, Vec<LaneStats>) {
    let (stats, lanes) = (tracer.stats(), tracer.lane_stats());
    let lost = &stats.dropped;
    let unread = lost.queue + lost.limit + lost.shutdown;
    let sum = stats.read + stats.sampled_out + unread + stats.open;
    assert_eq!(stats.started, sum, "{stats:?}");
    for lane in &lanes {
        let sum = lane.delivered + lane.dropped.total() + lane.waiting;
        assert_eq!(lane.read, sum, "{lane:?}");
    }
    (stats, lanes)
}

#[test]
fn a_collector_that_blocks_holds_up_no_other_one() {
    let (blocked, opener) = gated(());
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let other = collector_fn(move |batch| {
        let names = batch.spans().map(|span| span.operation_name().to_owned());
        tell.lock().unwrap().send(names.count()).unwrap();
    });
    let tracer = Tracer::builder("lanes")
        .scheduled_delay(Duration::from_millis(1))
        .collector(blocked)
        .collector(other)
        .build()
        .unwrap();
    for _ in 0..3 {
        two_spans(&tracer);
        assert_eq!(told.recv_timeout(LONG), Ok(2));
    }
    let report = tracer.flush(SHORT);
    assert!(!report.is_complete);
    let [late] = &report.late[..] else {
        panic!("{report:?}");
    };
    assert_eq!((&*late.name, late.left, report.left), ("gated", 6, 6));
    let (stats, lanes) = assert_exact(&tracer);
    assert_eq!((stats.read, stats.delivered, stats.waiting), (6, 0, 6));
    assert_eq!((lanes[0].waiting, lanes[1].delivered), (6, 6));
    drop(opener);
    let report = tracer.flush(LONG);
    assert!(report.is_complete && report.left == 0, "{report:?}");
    let (stats, lanes) = assert_exact(&tracer);
    assert_eq!((stats.delivered, stats.waiting), (6, 0));
    assert_eq!((lanes[0].delivered, lanes[0].bytes), (6, 0));
}

#[test]
fn a_full_lane_drops_its_own_spans_and_says_which() {
    let (slow, fast) = (Counting::default(), Counting::default());
    let (blocked, opener) = gated(slow.clone());
    let tracer = Tracer::builder("lanes")
        .max_queue_spans(100)
        .collector(blocked)
        .collector(fast.clone())
        .build()
        .unwrap();
    for _ in 0..100 {
        two_spans(&tracer);
        // The fast collector is never more than one batch behind.
        let report = tracer.flush(Duration::from_millis(1));
        assert!(!report.is_complete);
        wait::until(|| tracer.stats().open == 0 && tracer.lane_stats()[1].waiting == 0);
    }
    let (stats, lanes) = assert_exact(&tracer);
    assert_eq!((stats.read, stats.dropped.queue), (200, 0));
    assert_eq!((lanes[0].waiting, lanes[0].dropped.full), (100, 100));
    assert_eq!((lanes[1].delivered, fast.spans()), (200, 200));
    drop(opener);
    let errors = tracer.flush(LONG).errors;
    let errors: Vec<_> = errors
        .iter()
        .map(|error| (error.collector().unwrap().to_owned(), error.to_string()))
        .collect();
    // The losses that earlier flushes have not reported.
    let text = |error: &(String, String)| error.1.ends_with("lost: its lane was full");
    assert!(errors.iter().all(text), "{errors:?}");
    two_spans(&tracer);
    assert!(tracer.flush(LONG).is_complete);
    let (stats, lanes) = assert_exact(&tracer);
    assert_eq!((stats.delivered, stats.dropped.collector), (102, 100));
    assert_eq!((lanes[0].delivered, lanes[1].delivered), (102, 202));
    assert_eq!((slow.spans(), slow.ends(), slow.lost()), (102, 101, 100));
    assert_eq!((fast.ends(), fast.lost()), (101, 0));
}

#[test]
fn one_bound_covers_the_queue_and_all_lanes() {
    const BYTES: usize = 512 * 1_024;
    let (first, opener) = gated(());
    let (second, other_opener) = gated(());
    let tracer = Tracer::builder("lanes")
        .max_queue_bytes(BYTES)
        .scheduled_delay(Duration::ZERO)
        .collector(first)
        .collector(second)
        .build()
        .unwrap();
    for _ in 0..20_000 {
        two_spans(&tracer);
    }
    let (_, lanes) = assert_exact(&tracer);
    for lane in &lanes {
        assert_eq!(lane.max_bytes, BYTES / 4, "half of it, for two");
        assert!(lane.bytes > 0, "{lane:?}");
        // An empty lane has room for a batch of any size.
        let is_one = lane.waiting <= 8_192;
        assert!(is_one || lane.bytes <= lane.max_bytes, "{lane:?}");
    }
    drop((opener, other_opener));
    assert_eq!(tracer.shutdown(LONG).left, 0);
    let (_, lanes) = assert_exact(&tracer);
    assert!(
        lanes
            .iter()
            .all(|lane| lane.bytes == 0 && lane.waiting == 0)
    );
}

#[test]
fn one_of_three_that_panics_takes_nothing_from_the_others() {
    let (first, last) = (Counting::default(), Counting::default());
    let panicking = collector_fn(|_| std::panic::resume_unwind(Box::new("oops")));
    let tracer = Tracer::builder("lanes")
        .collector(first.clone())
        .collector(panicking)
        .collector(last.clone())
        .build()
        .unwrap();
    for _ in 0..5 {
        two_spans(&tracer);
        let report = tracer.flush(LONG);
        let [error] = &report.errors[..] else {
            panic!("{report:?}");
        };
        assert_eq!(error.collector(), Some("CollectorFn"));
        assert_eq!(error.to_string(), "2 spans lost: the collector panicked");
    }
    let (stats, lanes) = assert_exact(&tracer);
    assert_eq!((stats.dropped.collector, stats.collector_panics), (10, 5));
    let delivered: Vec<u64> = lanes.iter().map(|lane| lane.delivered).collect();
    assert_eq!(delivered, [10, 0, 10]);
    assert_eq!(lanes[1].dropped.panic, 10);
    assert_eq!((first.spans(), last.spans(), last.ends()), (10, 10, 5));
}

/// Records on which threads it is called.
struct Threads {
    names: Arc<Mutex<Vec<String>>>,
    is_quick: bool,
}

impl Threads {
    fn note(&self) {
        let name = std::thread::current().name().unwrap_or("none").to_owned();
        let mut names = self.names.lock().unwrap();
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
}

impl Collector for Threads {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        self.note();
    }

    fn is_quick(&self) -> bool {
        self.is_quick
    }

    fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
        self.note();
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if Arc::strong_count(&self.names) > 1 {
            self.note();
        }
    }
}

#[test]
fn who_is_quick_or_alone_needs_no_thread() {
    let run = |quick: &[bool], on_demand: bool| -> Vec<Vec<String>> {
        let mut builder = Tracer::builder("lanes");
        let mut names = Vec::new();
        for is_quick in quick {
            let collector = Threads {
                names: Arc::default(),
                is_quick: *is_quick,
            };
            names.push(Arc::clone(&collector.names));
            builder = builder.collector(collector);
        }
        if on_demand {
            builder = builder.on_demand();
        }
        let tracer = builder.build().unwrap();
        two_spans(&tracer);
        assert!(tracer.flush(LONG).is_complete);
        assert!(tracer.shutdown(LONG).is_complete);
        let names = names.iter().map(|names| names.lock().unwrap().clone());
        names.collect()
    };
    assert_eq!(run(&[false], false), [["trace-worker"]]);
    assert_eq!(
        run(&[true, true], false),
        [["trace-worker"], ["trace-worker"]]
    );
    assert_eq!(
        run(&[false, true, false], false),
        [["trace-lane-1"], ["trace-worker"], ["trace-lane-3"]]
    );
    let here = std::thread::current().name().unwrap().to_owned();
    assert_eq!(run(&[false, false], true), [[&*here], [&*here]]);
}

/// Panics when its name is requested.
struct Rude(Counting);

impl Collector for Rude {
    fn collect(&self, batch: &SpanBatch<'_>) {
        self.0.collect(batch);
    }

    fn name(&self) -> &str {
        std::panic::resume_unwind(Box::new("no"))
    }

    fn is_quick(&self) -> bool {
        std::panic::resume_unwind(Box::new("no"))
    }
}

#[test]
fn a_collector_that_does_not_say_who_it_is_works() {
    let counts = Counting::default();
    let tracer = Tracer::builder("lanes")
        .collector(Rude(counts.clone()))
        .collector(())
        .build()
        .unwrap();
    two_spans(&tracer);
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(counts.spans(), 2);
    assert_eq!(tracer.lane_stats()[0].name, "");
}

#[test]
fn a_lane_hears_of_ends_in_batches_that_it_did_not_take() {
    let traces = TraceCollector::new();
    let panics = Arc::new(AtomicBool::new(false));
    let (inner, throws) = (traces.clone(), Arc::clone(&panics));
    let throwing = collector_fn(move |batch| {
        if throws.swap(false, Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new("oops"));
        }
        inner.collect(batch);
    });
    let tracer = Tracer::builder("lanes")
        .collector(throwing)
        .collector(())
        .build()
        .unwrap();
    tracer.root("root").run_sync(|| {
        span::in_span("first", || {});
        // The scope that calls this hands over.
        tracer.flush(LONG);
        assert_eq!(traces.active_traces()[0].len(), 1);
        panics.store(true, Ordering::Relaxed);
    });
    let report = tracer.flush(LONG);
    assert_eq!(report.errors.len(), 1, "{report:?}");
    tracer.flush(LONG);
    let completed = traces.completed_traces();
    let [done] = &completed[..] else {
        panic!("{:?}", traces.stats());
    };
    assert_eq!(done.trace.losses().panic, 1);
    assert_eq!(done.completion.as_str(), "spans lost");
}

#[test]
fn a_collector_that_flushes_its_tracer_does_not_wait_for_itself() {
    let tracer: Arc<Mutex<Option<Tracer>>> = Arc::default();
    let (tell, told) = channel();
    let (tell, own) = (Mutex::new(tell), Arc::clone(&tracer));
    let flushing = collector_fn(move |_| {
        let tracer = own.lock().unwrap().clone();
        let is_complete = tracer.map(|tracer| tracer.flush(LONG).is_complete);
        let _sent = tell.lock().unwrap().send(is_complete);
    });
    let built = Tracer::builder("lanes")
        .collector(flushing)
        .collector(MemoryCollector::new())
        .build()
        .unwrap();
    *tracer.lock().unwrap() = Some(built.clone());
    two_spans(&built);
    assert!(built.flush(LONG).is_complete);
    assert_eq!(told.recv_timeout(LONG), Ok(Some(false)));
    tracer.lock().unwrap().take();
}

/// Passes on a part of a batch.
struct Filter<F>(F, TraceCollector);

impl<F: Fn(&SpanBatch<'_>, &TraceCollector) + Send + Sync> Collector for Filter<F> {
    fn collect(&self, batch: &SpanBatch<'_>) {
        (self.0)(batch, &self.1);
    }
}

#[test]
fn a_collector_that_filters_passes_on_ends_and_losses() {
    let run = |pass: fn(&SpanBatch<'_>, &TraceCollector)| {
        let traces = TraceCollector::new();
        let tracer = Tracer::builder("filter")
            .on_demand()
            .max_queue_spans(2_000)
            .collector(Filter(pass, traces.clone()))
            .build()
            .unwrap();
        tracer
            .root("whole")
            .run_sync(|| span::in_span("kept", || {}));
        tracer.flush(LONG);
        let whole = traces.completed_traces();
        assert_eq!(whole.len(), 1, "{:?}", traces.stats());
        assert_eq!(whole[0].completion.as_str(), "complete");
        assert_eq!(whole[0].trace.services(), ["filter"]);
        // The trace hands over more than the queue has room for. The last spans are lost, and the
        // root with them.
        tracer.root("lossy").run_sync(|| {
            (0..5_000).for_each(|_| span::in_span("part", || {}));
        });
        tracer.flush(LONG);
        let lost = tracer.stats().dropped.queue;
        let lossy = &traces.completed_traces()[1];
        assert!(lost > 0 && lossy.completion.as_str() == "spans lost");
        let losses = u64::from(lossy.trace.losses().queue);
        (whole[0].trace.len(), losses == lost)
    };
    assert_eq!(
        run(|batch, inner| inner.collect(&batch.filter(|span| span.operation_name() != "child"))),
        (2, true)
    );
    assert_eq!(
        run(|batch, inner| {
            let kept = batch.filter(|_| true);
            assert_eq!(kept.len(), batch.len());
            let kept = kept.filter(|span| span.operation_name() != "kept");
            assert_eq!(kept.spans().count(), kept.len());
            inner.collect(&kept);
        }),
        (1, true)
    );
    assert_eq!(
        run(|batch, inner| {
            let records: Vec<_> = batch.records().collect();
            let copied = SpanBatch::from_records(batch.resource(), &records);
            assert_eq!(copied.losses().count(), batch.losses().count());
            inner.collect(&copied.filter(|_| true));
        }),
        (2, true)
    );
}
