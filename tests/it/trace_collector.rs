//! The collector that assembles traces: when they are complete, and what it answers.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    Clock, Collector, Completion, ManualClock, Query, Resource, SpanBatch, SpanKind, SpanRecord,
    Status, TraceCollector, TraceCollectorOptions, TreeOptions,
};

use crate::spans::{Numbers, at, span, span_id, trace_id};

/// A collector, its clock, and what happened.
struct Bench {
    collector: TraceCollector,
    hands: ManualClock,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut TraceCollectorOptions)) -> Self {
        let hands = ManualClock::starting_at(at(0));
        let mut options = TraceCollectorOptions {
            clock: Clock::from(&hands),
            ..TraceCollectorOptions::default()
        };
        change(&mut options);
        let collector = TraceCollector::with_options(options);
        Self { collector, hands }
    }

    /// Hands spans over without saying that anything has ended.
    fn send(&self, service: &str, spans: &[SpanRecord]) {
        let resource = Resource::new(service);
        let batch = SpanBatch::from_records(&resource, spans);
        self.collector.collect(&batch);
    }

    /// Hands spans over and says that this was all of trace 1.
    fn send_last(&self, service: &str, spans: &[SpanRecord]) {
        let resource = Resource::new(service);
        let ended = [trace_id(1)];
        let batch = SpanBatch::from_records(&resource, spans).with_completed_traces(&ended);
        self.collector.collect(&batch);
    }

    fn after(&self, seconds: u64) {
        self.hands.advance(Duration::from_secs(seconds));
        self.collector.tick();
    }

    /// Shows the completed traces, then the number of active ones.
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
        assert_eq!(active, self.collector.stats().active_traces);
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
        Numbers(seed).shuffle(&mut services);
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
    // Two calls of one service: it has to report twice.
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
    bench.hands.advance(Duration::from_secs(10));
    let mut other = span(1, 0, "other", 0..1);
    other.trace_id = trace_id(2);
    bench.send("shop", &[other]);
    bench.check(expect![[r#"
        complete at 10 s: 1 spans
        1 active
    "#]]);
}

#[test]
fn late_and_duplicate_spans_are_added_and_counted() {
    let bench = Bench::new();
    bench.send_last("shop", &[span(1, 0, "root", 0..9)]);
    let snapshot = bench.collector.completed_traces();
    bench.send(
        "shop",
        &[span(2, 1, "late", 1..2), span(1, 0, "root", 0..9)],
    );
    bench.send("shop", &[span(2, 1, "late", 1..2)]);
    bench.check(expect![[r#"
        complete at 0 s: 2 spans, 1 late
        0 active
    "#]]);
    assert_eq!(
        snapshot[0].trace.len(),
        1,
        "what was returned does not change"
    );
    let stats = bench.collector.stats();
    assert_eq!((stats.spans_received, stats.spans_late), (4, 1));
    assert_eq!((stats.spans_duplicate, stats.traces_completed), (2, 1));
}

#[test]
fn a_different_content_for_one_id_makes_the_collector_careful() {
    let bench = Bench::new();
    bench.send(
        "a",
        &[span(1, 0, "root", 0..9), span(2, 5, "shared id", 1..2)],
    );
    bench.send_last("a", &[span(2, 1, "shared id", 1..4)]);
    bench.check(expect![[r#"
        1 active
    "#]]);
    bench.after(10); // connected: the kept one has its parent
    bench.check(expect![[r#"
        complete at 10 s: 2 spans
        0 active
    "#]]);
    let completed = bench.collector.completed_trace(trace_id(1)).unwrap();
    let kept = completed.trace.span(span_id(2)).unwrap();
    assert_eq!(kept.end, at(4));
}

#[test]
fn with_several_feeders_only_the_last_shutdown_completes() {
    let bench = Bench::with(|options| options.feeders = 2);
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

#[test]
fn search_finds_by_service_operation_tag_and_duration() {
    let bench = Bench::new();
    for (trace, millis, service) in [(1, 100, "shop"), (2, 20, "shop"), (3, 300, "bank")] {
        let mut root = span(1, 0, "request", 0..millis);
        root.trace_id = trace_id(trace);
        root.service_name = service.into();
        root.add_tag(
            "http.response.status_code",
            if trace == 2 { 500 } else { 200 },
        );
        let mut child = span(2, 1, "charge", 0..1);
        child.trace_id = trace_id(trace);
        if trace == 3 {
            child.status = Status::Error("declined".into());
        }
        bench.send(service, &[root, child]);
    }
    bench.collector.finish();
    let found = |query: Query| -> Vec<u128> {
        let found = bench.collector.search(&query);
        found
            .iter()
            .map(|found| found.trace.trace_id.get())
            .collect()
    };
    let query = Query::default;
    assert_eq!(found(query()), [1, 2, 3]);
    assert_eq!(found(query().service("shop")), [1, 2, 3]);
    assert_eq!(found(query().service("shop").operation("request")), [1, 2]);
    assert_eq!(found(query().tag("error", true)), [3]);
    assert_eq!(found(query().tag("error", "true")), [3]);
    assert_eq!(found(query().tag("error", true).operation("request")), []);
    assert_eq!(
        found(query().tag("error", false).operation("charge")),
        [1, 2]
    );
    assert_eq!(found(query().tag("http.response.status_code", 500)), [2]);
    assert_eq!(found(query().tag("http.response.status_code", "500")), [2]);
    assert_eq!(found(query().tag("http.response.status_code", 404)), []);
    assert_eq!(found(query().tag("service.name", "bank")), [3]);
    assert_eq!(found(query().tag("no such", 1)), []);
    assert_eq!(
        found(query().min_duration(Duration::from_millis(100))),
        [1, 3]
    );
    assert_eq!(found(query().max_duration(Duration::from_millis(20))), [2]);
    let slow = bench.collector.slow_traces(Duration::from_millis(99));
    let slow: Vec<u128> = slow.iter().map(|slow| slow.trace.trace_id.get()).collect();
    assert_eq!(slow, [3, 1], "the slowest first");
    assert_eq!(
        bench
            .collector
            .slow_traces(Duration::from_millis(300))
            .len(),
        0
    );
}

#[test]
fn a_tag_of_its_own_named_error_is_found_too() {
    let mut tagged = span(1, 0, "op", 0..1);
    tagged.add_tag("error", "yes");
    let query = |value: &'static str| Query::default().tag("error", value);
    assert!(query("yes").matches_span(&tagged));
    assert!(!query("false").matches_span(&tagged));
    tagged.status = Status::Error("".into());
    assert!(query("true").matches_span(&tagged));
}

/// A writer that can be read.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // One byte at a time, so that trees would mingle if they could.
        let written = bytes.len().min(1);
        self.0.lock().unwrap().extend(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn printing_writes_every_completed_trace() {
    let page = Page::default();
    let tree = TreeOptions {
        header: true,
        ..TreeOptions::compact()
    };
    let collector = TraceCollector::printing_to(Default::default(), tree, page.clone());
    let (resource, ended) = (Resource::new("shop"), [trace_id(1)]);
    let spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 5..20)];
    let batch = SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
    collector.collect(&batch);
    let mut orphan = span(2, 1, "charge", 0..30);
    orphan.trace_id = trace_id(2);
    collector.collect(&SpanBatch::from_records(&resource, &[orphan]));
    collector.finish();
    expect![[r#"
        trace 00000000000000000000000000000001: 2 spans, 1 service, 30.0 ms
        checkout
        └─ charge

        trace 00000000000000000000000000000002: 1 span, 1 service, 30.0 ms
        charge   orphan of 0000000000000001
        incomplete: stopped

    "#]]
    .assert_eq(&page.text());
}

#[test]
fn trees_of_several_threads_never_mingle() {
    let page = Page::default();
    let collector =
        TraceCollector::printing_to(Default::default(), TreeOptions::compact(), page.clone());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let collector = collector.clone();
            scope.spawn(move || {
                let resource = Resource::new("shop");
                for number in 1..=50 {
                    let id = trace_id(thread * 100 + number);
                    let spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 5..20)];
                    let spans = spans.map(|span| SpanRecord {
                        trace_id: id,
                        ..span
                    });
                    let ended = [id];
                    let batch =
                        SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
                    collector.collect(&batch);
                }
            });
        }
    });
    assert_eq!(page.text(), "checkout\n└─ charge\n\n".repeat(200));
    assert_eq!(collector.stats().traces_completed, 200);
}

#[test]
fn the_hook_may_ask_its_collector() {
    let asked: Arc<Mutex<Vec<Completion>>> = Arc::default();
    let collector = Arc::new(Mutex::new(None::<TraceCollector>));
    let (seen, asking) = (Arc::clone(&asked), Arc::clone(&collector));
    let made = TraceCollector::with_hook(Default::default(), move |completed| {
        let collector = asking.lock().unwrap().clone().unwrap();
        assert_eq!(collector.stats().traces_completed, 1);
        seen.lock().unwrap().push(completed.completion);
    });
    *collector.lock().unwrap() = Some(made.clone());
    made.collect(&SpanBatch::from_records(
        &Resource::new("shop"),
        &[span(1, 0, "root", 0..9)],
    ));
    made.finish();
    assert_eq!(*asked.lock().unwrap(), [Completion::Flushed]);
}
