//! Tests that the traces of a tracer are complete exactly at their end, with all their losses.

mod late;
mod parts;

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::expect;
use trace_core::{
    Clock, Collector, Completion, ManualClock, MemoryCollector, Problem, Resource, SpanBatch,
    SpanKind, TraceCollector, TraceCollectorOptions, Tracer, TreeOptions, collector_fn,
    propagation, span,
};

use crate::spans::{at, span as span_of, trace_id};
use crate::wait;

const LONG: Duration = Duration::from_secs(60);

fn tracer(collector: impl Collector + 'static) -> Tracer {
    let builder = Tracer::builder("shop").on_demand();
    builder.collector(collector).build().unwrap()
}

/// Returns options of a collector with a manual clock, and this clock.
fn by_hand() -> (ManualClock, TraceCollectorOptions) {
    let clock = ManualClock::starting_at(at(0));
    let options = TraceCollectorOptions {
        clock: Clock::from(&clock),
        ..TraceCollectorOptions::default()
    };
    (clock, options)
}

/// A buffer to which traces are printed.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<String>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = std::str::from_utf8(bytes).unwrap();
        self.0.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[test]
fn a_trace_that_lost_spans_to_a_full_queue_is_not_complete() {
    let page = Page::default();
    let options = TraceCollectorOptions::default();
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let tracer = Tracer::builder("shop")
        .on_demand()
        .max_queue_spans(2_000)
        .collector(traces.clone())
        .build()
        .unwrap();
    tracer.root("job").run_sync(|| {
        (0..5_000).for_each(|_| span::in_span("leaf", || {}));
        tracer.flush(LONG);
        span::in_span("last", || {});
    });
    tracer.flush(LONG);
    let lost = tracer.stats().dropped.queue;
    assert!(lost > 0);
    let completed = traces.completed_traces();
    let [done] = &completed[..] else {
        panic!("{:?}", traces.stats());
    };
    assert_eq!(done.completion, Completion::SpansLost);
    assert!(!done.completion.is_complete());
    assert_eq!(u64::from(done.trace.losses().queue), lost);
    assert_eq!(done.trace.len() as u64 + lost, 5_002);
    let problems = done.trace.problems();
    assert!(matches!(problems[0], Problem::SpansLost(losses) if losses.total() == lost));
    let text = page.take();
    assert!(
        text.contains(&format!("… {lost} spans lost: queue full\n")),
        "{text}"
    );
    assert!(text.ends_with(&format!("incomplete: {lost} spans lost: queue full\n\n")));
    assert_eq!(traces.stats().traces_incomplete, 1);
    // The next trace has no losses.
    tracer.root("next").run_sync(|| {});
    tracer.flush(LONG);
    assert_eq!(
        traces.completed_traces()[1].completion,
        Completion::Complete
    );
}

#[test]
fn what_a_panic_of_the_collector_costs_is_known_to_the_trace() {
    let traces = TraceCollector::new();
    let inner = traces.clone();
    let second_throws = Mutex::new(0);
    let tracer = tracer(collector_fn(move |batch| {
        let calls = {
            let mut calls = second_throws.lock().unwrap();
            *calls += 1;
            *calls
        };
        if calls == 2 {
            std::panic::resume_unwind(Box::new("oops"));
        }
        inner.collect(batch);
    }));
    tracer.root("job").run_sync(|| {
        for part in 0..3 {
            (0..=part).for_each(|_| span::in_span("leaf", || {}));
            tracer.flush(LONG);
        }
    });
    tracer.flush(LONG);
    let completed = traces.completed_traces();
    let [done] = &completed[..] else {
        panic!("{:?}", traces.stats());
    };
    assert_eq!(done.completion, Completion::SpansLost);
    assert_eq!((done.trace.losses().panic, done.trace.len()), (2, 5));
}

/// Returns a tracer and a printing collector with a manual clock.
fn printing_by_hand() -> (ManualClock, TraceCollector, Page, Tracer) {
    let (clock, options) = by_hand();
    let page = Page::default();
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let builder = Tracer::builder("shop").on_demand().clock(&clock);
    let tracer = builder.collector(traces.clone()).build().unwrap();
    (clock, traces, page, tracer)
}

#[test]
fn a_trace_is_not_given_up_while_its_tracer_knows_that_it_runs() {
    let (clock, traces, page, tracer) = printing_by_hand();
    tracer.root("job").run_sync(|| {
        let id = span::current_context().unwrap().trace_id;
        clock.advance(Duration::from_secs(7_200));
        span::in_span("first", || {});
        tracer.flush(LONG);
        clock.advance(Duration::from_secs(59));
        traces.tick();
        assert_eq!(page.take(), "");
        clock.advance(Duration::from_secs(6));
        traces.tick();
        let said = format!("trace {id}: open for 7265 s, 1 span so far\n\n");
        assert_eq!(page.take(), said);
        for _ in 0..20 {
            clock.advance(Duration::from_secs(600));
            traces.tick();
        }
        let stats = traces.stats();
        assert_eq!((stats.active_traces, stats.traces_completed), (1, 0));
        span::in_span("last", || {});
    });
    tracer.flush(LONG);
    expect![[r#"
        job
        ├─ first
        └─ last

    "#]]
    .assert_eq(&page.take());
    assert_eq!(
        traces.completed_traces()[0].completion,
        Completion::Complete
    );
}

#[test]
fn a_trace_that_is_open_is_said_to_be_if_no_span_of_it_has_ended() {
    let (clock, traces, page, tracer) = printing_by_hand();
    tracer.root("job").run_sync(|| {
        let id = span::current_context().unwrap().trace_id;
        let open = span::start("task");
        clock.advance(Duration::from_secs(5));
        // A full chunk is handed over.
        open.in_scope(|| (0..100).for_each(|_| span::add_tag("text", "x".repeat(100))));
        tracer.flush(LONG);
        assert_eq!(traces.stats().active_traces, 0);
        clock.advance(Duration::from_secs(60));
        traces.tick();
        let said = format!("trace {id}: open for 65 s, 0 spans so far\n\n");
        assert_eq!(page.take(), said);
        open.end();
    });
    tracer.flush(LONG);
    expect![[r#"
        job
        └─ task

    "#]]
    .assert_eq(&page.take());
}

#[test]
fn a_trace_that_runs_at_the_shutdown_is_stopped() {
    let traces = TraceCollector::new();
    let tracer = tracer(traces.clone());
    tracer.root("job").run_sync(|| {
        span::in_span("first", || {});
        tracer.shutdown(LONG);
    });
    let done = &traces.completed_traces()[0];
    assert_eq!(done.completion, Completion::Stopped);
    assert_eq!(done.trace.losses().shutdown, 1, "the job's own span");
}

#[test]
fn what_a_trickle_keeps_is_given_up_by_its_age() {
    let (clock, options) = by_hand();
    let traces = TraceCollector::with_options(options);
    let resource = Resource::new("other");
    for id in 1..200 {
        let orphan = span_of(id, 1_000, "drip", 0..1);
        traces.collect(&SpanBatch::from_records(&resource, &[orphan]));
        clock.advance(Duration::from_secs(9));
        if traces.stats().traces_completed > 0 {
            let done = &traces.completed_traces()[0];
            assert_eq!(done.completion, Completion::TimedOut);
            assert_eq!(done.trace.len(), 68, "the first after ten minutes ends it");
            return;
        }
    }
    panic!("{:?}", traces.stats());
}

#[test]
fn a_trace_of_which_a_parent_is_filtered_out_is_over_at_its_end() {
    let traces = TraceCollector::new();
    let inner = traces.clone();
    let failed = collector_fn(move |batch| inner.collect(&batch.filter(|span| span.is_error())));
    let tracer = tracer(failed);
    tracer.root("root").run_sync(|| {
        span::in_span("between", || {
            span::in_span("failed", || span::record_error("oops"));
        });
    });
    tracer.flush(Duration::ZERO);
    let completed = traces.completed_traces();
    let [done] = &completed[..] else {
        panic!("{:?}", traces.stats());
    };
    assert_eq!(done.completion, Completion::ParentMissing);
    assert_eq!(done.trace.len(), 1);
}

#[test]
fn what_is_dropped_above_the_limit_is_told_when_the_trace_is_over() {
    let told: Arc<Mutex<Vec<(Completion, usize)>>> = Arc::default();
    let seen = Arc::clone(&told);
    let options = TraceCollectorOptions {
        max_spans_per_trace: 10,
        ..TraceCollectorOptions::default()
    };
    let traces = TraceCollector::with_hook(options, move |completed| {
        let news = (completed.completion, completed.dropped_spans);
        seen.lock().unwrap().push(news);
    });
    let tracer = tracer(traces);
    tracer.root("root").run_sync(|| {
        (0..20).for_each(|_| span::in_span("leaf", || {}));
        tracer.flush(LONG);
        (0..10).for_each(|_| span::in_span("leaf", || {}));
    });
    tracer.flush(LONG);
    let limit = Completion::TooManySpans;
    assert_eq!(*told.lock().unwrap(), [(limit, 0), (limit, 21)]);
}

#[test]
fn a_trace_that_was_cut_while_it_ran_is_not_complete_later() {
    let told: Arc<Mutex<Vec<(Completion, usize)>>> = Arc::default();
    let seen = Arc::clone(&told);
    let options = TraceCollectorOptions {
        max_active_traces: 1,
        max_completed_traces: 2,
        ..TraceCollectorOptions::default()
    };
    let traces = TraceCollector::with_hook(options, move |completed| {
        if completed.trace.services() == ["shop"] && completed.trace.spans().any(is_of_job) {
            let news = (completed.completion, completed.trace.len());
            seen.lock().unwrap().push(news);
        }
    });
    let tracer = tracer(traces);
    let other = || tracer.root("other").run_sync(|| {});
    tracer.root("job").run_sync(|| {
        span::in_span("of job", || {});
        tracer.flush(LONG);
        // This is another trace that continues. There is room for one.
        let held = tracer.root("held").start();
        held.in_scope(|| {
            span::in_span("of held", || {});
            tracer.flush(LONG);
        });
        span::in_span("of job", || {});
        tracer.flush(LONG);
        (0..3).for_each(|_| {
            std::thread::scope(|scope| {
                scope.spawn(other).join().unwrap();
            });
        });
        tracer.flush(LONG);
        held.end();
    });
    tracer.flush(LONG);
    let told = told.lock().unwrap();
    let is_cut = |(completion, _): &(Completion, usize)| *completion == Completion::Evicted;
    assert!(!told.is_empty() && told.iter().all(is_cut), "{told:?}");
}

fn is_of_job(span: &trace_core::SpanRecord) -> bool {
    span.operation_name.ends_with("job")
}

/// Spans that end while a shutdown runs come too late.
#[test]
fn what_comes_while_the_tracer_shuts_down_is_lost_of_its_trace() {
    let traces = TraceCollector::new();
    let (entered, was_entered) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let (inner, gate) = (traces.clone(), Mutex::new(goes_on));
    let waits = collector_fn(move |batch| {
        let _test_has_ended = entered.send(());
        let _opened = gate.lock().unwrap().recv();
        inner.collect(batch);
    });
    let builder = Tracer::builder("shop").scheduled_delay(Duration::from_millis(1));
    let tracer = builder.collector(waits).build().unwrap();
    let held = tracer.root("root").run_sync(|| {
        let held = span::start("task");
        span::in_span("first", || {});
        held
    });
    was_entered.recv().unwrap();
    let report = std::thread::scope(|scope| {
        let shutdown = scope.spawn(|| tracer.shutdown(LONG));
        // The only sign that a shutdown has begun is that spans are refused.
        wait::until(|| {
            held.in_scope(|| span::in_span("late", || {}));
            tracer.stats().dropped.shutdown > 0
        });
        drop(go_on);
        shutdown.join().unwrap()
    });
    held.end();
    let stats = tracer.stats();
    assert_eq!((stats.open, stats.dropped.queue), (0, 0), "{stats:?}");
    assert_eq!(report.lost, stats.dropped.shutdown, "{stats:?}");
    let done = &traces.completed_traces()[0];
    let losses = done.trace.losses();
    assert!(!done.completion.is_complete());
    assert!(losses.is_at_least && losses.queue == 0, "{losses}");
    assert_eq!(u64::from(losses.shutdown), report.lost);
}
