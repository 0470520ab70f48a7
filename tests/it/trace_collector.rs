//! Tests of the collector that assembles traces: when they are complete, and its queries.

mod late;

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    Clock, Collector, ManualClock, Resource, SpanBatch, SpanKind, SpanRecord, TraceCollector,
    TraceCollectorOptions,
};

use crate::random::Random;
use crate::spans::{at, span, span_id, trace_id};

/// A collector, its clock, and the calls of its hook.
struct Bench {
    collector: TraceCollector,
    clock: ManualClock,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut TraceCollectorOptions)) -> Self {
        let clock = ManualClock::starting_at(at(0));
        let mut options = TraceCollectorOptions {
            clock: Clock::from(&clock),
            ..TraceCollectorOptions::default()
        };
        change(&mut options);
        let collector = TraceCollector::with_options(options);
        Self { collector, clock }
    }

    /// Delivers spans without reporting an end.
    fn send(&self, service: &str, spans: &[SpanRecord]) {
        let resource = Resource::new(service);
        let batch = SpanBatch::from_records(&resource, spans);
        self.collector.collect(&batch);
    }

    /// Delivers spans and reports the end of trace 1.
    fn send_last(&self, service: &str, spans: &[SpanRecord]) {
        let resource = Resource::new(service);
        let ended = [trace_id(1)];
        let batch = SpanBatch::from_records(&resource, spans).with_completed_traces(&ended);
        self.collector.collect(&batch);
    }

    fn after(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.collector.tick();
    }

    /// Compares the completed traces, then the number of active ones.
    fn check(&self, expected: Expect) {
        let mut text = String::new();
        for completed in self.collector.completed_traces() {
            let spans = completed.trace.len();
            let at = completed.completed_at.as_unix_nanos() / 1_000_000_000;
            text.push_str(&format!(
                "{} at {at} s: {spans} spans",
                completed.completion
            ));
            if completed.late_spans > 0 {
                text.push_str(&format!(", {} late", completed.late_spans));
            }
            text.push('\n');
        }
        let active = self.collector.active_traces().len();
        assert_eq!(active as u64, self.collector.stats().active_traces);
        text.push_str(&format!("{active} active\n"));
        expected.assert_eq(&text);
    }
}

fn remote(mut span: SpanRecord, kind: SpanKind) -> SpanRecord {
    span.kind = kind;
    span.parent_is_remote = true;
    span
}

fn client(mut span: SpanRecord) -> SpanRecord {
    span.kind = SpanKind::Client;
    span
}

#[test]
fn a_trace_of_one_process_is_complete_with_its_last_span() {
    let bench = Bench::new();
    bench.send(
        "shop",
        &[span(3, 2, "debit", 2..3), span(2, 1, "charge", 1..4)],
    );
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.send("shop", &[span(1, 0, "checkout", 0..5)]);
    bench.check(expect![[r#"
        1 active
    "#]]);
    // A spawned task outlives the root.
    bench.send_last("shop", &[span(4, 1, "mail", 4..9)]);
    bench.check(expect![[r#"
        complete at 0 s: 4 spans
        0 active
    "#]]);
}

#[test]
fn the_tutorial_gives_three_traces_of_three_spans() {
    let bench = Bench::new();
    for trace in 1..=3 {
        for (id, parent, name) in [(3, 2, "process_data"), (2, 1, "handle"), (1, 0, "request")] {
            let mut span = span(id, parent, name, 0..9 - id);
            span.trace_id = trace_id(trace);
            let ended: &[_] = if id == 1 { &[span.trace_id] } else { &[] };
            let (resource, spans) = (Resource::new("shop"), [span]);
            let batch = SpanBatch::from_records(&resource, &spans).with_completed_traces(ended);
            bench.collector.collect(&batch);
        }
    }
    bench.check(expect![[r#"
        complete at 0 s: 3 spans
        complete at 0 s: 3 spans
        complete at 0 s: 3 spans
        0 active
    "#]]);
    let stats = bench.collector.stats();
    assert_eq!((stats.traces_completed, stats.spans_received), (3, 9));
}

/// Frontend calls gateway, which calls auth, then data.
fn services() -> Vec<(&'static str, Vec<SpanRecord>)> {
    vec![
        (
            "frontend",
            vec![
                span(1, 0, "request", 0..100),
                client(span(2, 1, "call gateway", 1..99)),
            ],
        ),
        (
            "gateway",
            vec![
                remote(span(3, 2, "handle", 2..98), SpanKind::Server),
                client(span(4, 3, "call auth", 3..50)),
                client(span(5, 3, "call data", 51..97)),
            ],
        ),
        (
            "auth",
            vec![remote(span(6, 4, "handle", 4..49), SpanKind::Server)],
        ),
        (
            "data",
            vec![remote(span(7, 5, "handle", 52..96), SpanKind::Server)],
        ),
    ]
}

#[test]
fn a_trace_of_several_processes_is_complete_with_the_last_in_any_order() {
    let mut services = services();
    for seed in 0..50 {
        Random::new(seed).shuffle(&mut services);
        let bench = Bench::new();
        for (index, (service, spans)) in services.iter().enumerate() {
            assert_eq!(bench.collector.stats().traces_completed, 0, "{index}");
            bench.send_last(service, spans);
        }
        bench.check(expect![[r#"
            complete at 0 s: 7 spans
            0 active
        "#]]);
        let trace = &bench.collector.completed_traces()[0].trace;
        assert_eq!(trace.problems(), []);
        assert_eq!(trace.depth(), 5);
    }
}

#[test]
fn an_entry_that_still_runs_keeps_the_trace_open() {
    let bench = Bench::new();
    bench.send_last(
        "frontend",
        &[
            span(1, 0, "request", 0..100),
            client(span(2, 1, "call", 1..40)),
            client(span(3, 1, "call again", 41..99)),
        ],
    );
    // There are two calls of one service, so it has to report twice.
    bench.send(
        "data",
        &[remote(span(4, 2, "handle", 2..39), SpanKind::Server)],
    );
    bench.send_last(
        "data",
        &[remote(span(5, 3, "handle", 42..98), SpanKind::Server)],
    );
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.send_last("data", &[span(6, 4, "task that goes on", 5..200)]);
    bench.check(expect![[r#"
        complete at 0 s: 6 spans
        0 active
    "#]]);
}

#[test]
fn a_call_of_a_service_that_is_not_traced_waits_for_the_quiet_time() {
    let bench = Bench::new();
    bench.send("shop", &[client(span(2, 1, "SELECT", 1..4))]);
    bench.after(9);
    bench.send_last("shop", &[span(1, 0, "request", 0..5)]);
    bench.after(9);
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.after(1);
    bench.check(expect![[r#"
        complete at 19 s: 2 spans
        0 active
    "#]]);
}

#[test]
fn messages_wait_for_the_quiet_time() {
    let bench = Bench::new();
    let mut send = span(2, 1, "send", 1..2);
    send.kind = SpanKind::Producer;
    bench.send_last("shop", &[span(1, 0, "request", 0..5), send]);
    bench.send_last(
        "mail",
        &[remote(span(3, 2, "work", 9..10), SpanKind::Consumer)],
    );
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.after(10);
    bench.check(expect![[r#"
        complete at 10 s: 3 spans
        0 active
    "#]]);
}

#[test]
fn spans_of_a_file_report_nothing_and_wait_for_the_flush() {
    let bench = Bench::new();
    let mut orphan = span(1, 9, "orphan", 0..1);
    orphan.trace_id = trace_id(2);
    let spans: Vec<_> = services()
        .into_iter()
        .flat_map(|(_, spans)| spans)
        .collect();
    bench.send("file", &spans);
    bench.send("file", &[orphan]);
    bench.check(expect![[r#"
        2 active
    "#]]);
    bench.collector.flush(Duration::ZERO).unwrap();
    bench.check(expect![[r#"
        flushed at 0 s: 7 spans
        1 active
    "#]]);
    bench.collector.finish();
    bench.check(expect![[r#"
        flushed at 0 s: 7 spans
        stopped at 0 s: 1 spans
        0 active
    "#]]);
}

#[test]
fn what_misses_something_is_given_up_later() {
    let bench = Bench::new();
    bench.send_last(
        "shop",
        &[span(1, 0, "root", 0..9), span(3, 2, "orphan", 1..2)],
    );
    bench.after(59);
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.after(1);
    bench.check(expect![[r#"
        timed out at 60 s: 2 spans
        0 active
    "#]]);
    let stats = bench.collector.stats();
    assert_eq!((stats.traces_completed, stats.traces_incomplete), (1, 1));
}

#[test]
fn a_parent_that_comes_shortens_the_wait() {
    let bench = Bench::new();
    bench.send(
        "shop",
        &[span(1, 0, "root", 0..9), span(3, 2, "child", 1..2)],
    );
    bench.after(30);
    bench.send("shop", &[span(2, 1, "parent", 0..3)]);
    bench.after(10);
    bench.check(expect![[r#"
        complete at 40 s: 3 spans
        0 active
    "#]]);
}

#[test]
fn collecting_looks_at_the_time_too() {
    let bench = Bench::new();
    bench.send("shop", &[span(1, 0, "root", 0..9)]);
    bench.clock.advance(Duration::from_secs(10));
    let mut other = span(1, 0, "other", 0..1);
    other.trace_id = trace_id(2);
    bench.send("shop", &[other]);
    bench.check(expect![[r#"
        complete at 10 s: 1 spans
        1 active
    "#]]);
}

#[test]
fn with_several_tracers_only_the_last_shutdown_completes() {
    let bench = Bench::with(|options| options.tracers = 2);
    let [frontend, gateway] = [0, 1].map(|_| bench.collector.clone());
    bench.send(
        "frontend",
        &[
            span(1, 0, "request", 0..9),
            client(span(2, 1, "call", 1..8)),
        ],
    );
    frontend.shutdown(Duration::ZERO).unwrap();
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.send(
        "gateway",
        &[remote(span(3, 2, "handle", 2..7), SpanKind::Server)],
    );
    gateway.flush(Duration::ZERO).unwrap();
    bench.check(expect![[r#"
        1 active
    "#]]);
    gateway.shutdown(Duration::ZERO).unwrap();
    bench.check(expect![[r#"
        flushed at 0 s: 3 spans
        0 active
    "#]]);
}

/// A service calls another one from a span of the default kind.
#[test]
fn a_trace_whose_context_was_sent_waits_for_the_other_service() {
    use std::collections::HashMap;
    use std::time::Duration;
    use trace_core::{TraceCollector, TraceCollectorOptions, Tracer, propagation, span};

    let traces = TraceCollector::with_options(TraceCollectorOptions {
        tracers: 2,
        ..Default::default()
    });
    let tracer = |name: &str| {
        Tracer::builder(name)
            .collector(traces.clone())
            .on_demand()
            .build()
            .unwrap()
    };
    let (caller, callee) = (tracer("caller"), tracer("callee"));
    let mut headers = HashMap::new();
    caller
        .root("call")
        .run_sync(|| span::in_span("ask", || span::inject(&mut headers)));
    caller.flush(Duration::ZERO);
    assert!(traces.completed_traces().is_empty());
    callee
        .root("answer")
        .extracted(propagation::extract(&headers))
        .run_sync(|| {});
    callee.flush(Duration::ZERO);
    let [done] = &traces.completed_traces()[..] else {
        panic!("one trace")
    };
    assert_eq!((done.trace.len(), done.late_spans), (3, 0));
}

/// The tracer has a thread, which nothing wakes.
#[test]
fn a_trace_that_waits_completes_while_nothing_comes() {
    use std::sync::mpsc;
    use std::time::Duration;
    use trace_core::{SpanKind, TraceCollector, TraceCollectorOptions, Tracer, span};

    let (sender, completed) = mpsc::channel();
    let options = TraceCollectorOptions {
        quiet_time: Duration::from_millis(20),
        ..Default::default()
    };
    let traces = TraceCollector::with_hook(options, move |done| {
        sender.send(done.trace.len()).unwrap();
    });
    let tracer = Tracer::builder("caller").collector(traces).build().unwrap();
    tracer.root("call").run_sync(|| {
        span::in_span("ask a service that is not traced", || {
            span::set_kind(SpanKind::Client);
        });
    });
    assert_eq!(completed.recv_timeout(Duration::from_secs(60)), Ok(2));
}

#[test]
fn two_different_spans_with_one_id_are_waited_for_whatever_came_first() {
    let [short, long] = [0..5, 0..9].map(|time| span(1, 0, "root", time));
    for spans in [[short.clone(), long.clone()], [long, short]] {
        let bench = Bench::new();
        bench.send_last("shop", &spans);
        bench.after(9);
        bench.check(expect![[r#"
            1 active
        "#]]);
        bench.after(1);
        bench.check(expect![[r#"
            complete at 10 s: 1 spans
            0 active
        "#]]);
    }
}
