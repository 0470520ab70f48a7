//! Tests of two spans with one id: the ends of a call, and copies.

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    AddedSpan, Collector, Completion, Resource, SpanBatch, SpanKind, SpanRecord, Summary, Trace,
    TraceCollector, TreeOptions,
};

use crate::random::Random;
use crate::spans::{of_service, span, span_id, trace, trace_id};

fn of_kind(kind: SpanKind, span: SpanRecord) -> SpanRecord {
    SpanRecord { kind, ..span }
}

/// Returns a call as Zipkin and Envoy write it. Both ends have the id 2.
fn call() -> Vec<SpanRecord> {
    let shop = |span| of_service("shop", span);
    let bank = |span| of_service("bank", span);
    vec![
        shop(span(1, 0, "checkout", 0..100)),
        of_kind(SpanKind::Client, shop(span(2, 1, "POST /charge", 10..90))),
        of_kind(SpanKind::Server, bank(span(2, 1, "charge", 20..80))),
        bank(span(3, 2, "debit", 30..70)),
        shop(span(4, 2, "connect", 11..15)),
    ]
}

fn check(spans: &[SpanRecord], expected: Expect) {
    let mut spans = spans.to_vec();
    let shown = |spans: &[SpanRecord]| {
        let trace = trace(spans);
        let tree = trace.tree_with(TreeOptions {
            services: true,
            kinds: true,
            ..TreeOptions::compact()
        });
        let problems = trace.problems().into_iter();
        let problems: String = problems.map(|problem| format!("{problem}\n")).collect();
        format!("{tree}{problems}")
    };
    let text = shown(&spans);
    for seed in 0..20 {
        Random::new(seed).shuffle(&mut spans);
        assert_eq!(shown(&spans), text);
    }
    expected.assert_eq(&text);
}

#[test]
fn both_ends_of_a_call_are_kept_and_each_has_its_own_children() {
    check(
        &call(),
        expect![[r#"
            checkout (shop)          internal
            └─ POST /charge (shop)   client
               ├─ connect (shop)     internal
               └─ charge (bank)      server
                  └─ debit (bank)    internal
        "#]],
    );
}

#[test]
fn what_takes_an_id_finds_both_ends() {
    let trace = trace(&call());
    assert_eq!((trace.len(), trace.depth()), (5, 4));
    let name = |span: Option<&SpanRecord>| span.map(|span| span.operation_name.to_string());
    let caller = trace.span(span_id(2)).unwrap();
    let answer = trace.answer(span_id(2)).unwrap();
    assert_eq!(name(Some(caller)).unwrap(), "POST /charge");
    assert_eq!(name(Some(answer)).unwrap(), "charge");
    assert_eq!(name(trace.answer(span_id(3))), None);
    let names = |spans: &mut dyn Iterator<Item = &SpanRecord>| -> Vec<String> {
        spans.map(|span| span.operation_name.to_string()).collect()
    };
    assert_eq!(names(&mut trace.children(span_id(2))), ["connect", "debit"]);
    assert_eq!(names(&mut trace.children_of(caller)), ["connect", "charge"]);
    assert_eq!(names(&mut trace.children_of(answer)), ["debit"]);
    let stranger = span(9, 0, "op", 0..1);
    assert_eq!(trace.children_of(&stranger).len(), 0);
    assert_eq!(trace.depth_of(span_id(2)), Some(1));
    // 10 to 11, 15 to 20, 80 to 90.
    assert_eq!(trace.self_time(span_id(2)), Some(Duration::from_millis(16)));
}

#[test]
fn the_critical_path_tells_the_ends_apart() {
    let trace = trace(&call());
    let path = trace.critical_path();
    let kinds: Vec<_> = path
        .iter()
        .map(|section| (section.span_id.get(), section.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (1, SpanKind::Internal),
            (2, SpanKind::Client),
            (4, SpanKind::Internal),
            (2, SpanKind::Client),
            (2, SpanKind::Server),
            (3, SpanKind::Internal),
            (2, SpanKind::Server),
            (2, SpanKind::Client),
            (1, SpanKind::Internal),
        ]
    );
    let times = trace.critical_path_times();
    let of_both = times.iter().find(|(id, _)| *id == span_id(2)).unwrap();
    assert_eq!(of_both.1, Duration::from_millis(36));
    let path: Vec<String> = Summary::from_trace(&trace)
        .critical_path
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        path,
        [
            "checkout (shop) 20.0 ms",
            "POST /charge (shop) 16.0 ms",
            "connect (shop) 4.00 ms",
            "charge (bank) 20.0 ms",
            "debit (bank) 40.0 ms",
        ]
    );
}

#[test]
fn copies_of_each_end_are_counted() {
    let mut spans = call();
    spans.extend([spans[2].clone(), spans[2].clone(), spans[1].clone()]);
    let mut other = spans[1].clone();
    other.add_tag("attempt", 2);
    spans.push(other);
    let mut trace = trace(&spans[..5]);
    for copy in &spans[5..] {
        assert_eq!(trace.add_span(copy.clone()).unwrap(), AddedSpan::Duplicate);
    }
    assert_eq!(trace.len(), 5);
    check(
        &spans,
        expect![[r#"
            checkout (shop)          internal
            └─ POST /charge (shop)   client
               ├─ connect (shop)     internal
               └─ charge (bank)      server
                  └─ debit (bank)    internal
            span `0000000000000002` came 3 times with different content
            span `0000000000000002` came 3 times with the same content
        "#]],
    );
}

#[test]
fn a_server_without_its_client_is_a_span_as_others_are() {
    let spans = call();
    let spans = [0, 2, 3].map(|index| spans[index].clone());
    check(
        &spans,
        expect![[r#"
            checkout (shop)      internal
            └─ charge (bank)     server
               └─ debit (bank)   internal
        "#]],
    );
}

#[test]
fn a_call_may_be_the_root_and_the_server_name_its_client_as_the_parent() {
    for parent in [0, 2] {
        let spans = [
            of_kind(SpanKind::Client, span(2, 0, "GET /", 0..30)),
            of_kind(
                SpanKind::Server,
                of_service("bank", span(2, parent, "answer", 10..20)),
            ),
        ];
        check(
            &spans,
            expect![[r#"
                GET / (shop)       client
                └─ answer (bank)   server
            "#]],
        );
        assert_eq!(trace(&spans).root().unwrap().operation_name, "GET /");
    }
}

#[test]
fn a_missing_parent_of_both_ends_is_missed_once() {
    let spans = [
        of_kind(SpanKind::Client, span(2, 9, "GET /", 0..30)),
        of_kind(SpanKind::Server, span(2, 9, "answer", 10..20)),
    ];
    assert_eq!(trace(&spans).orphans().count(), 1);
    check(
        &spans,
        expect![[r#"
            GET / (shop)       client  orphan of 0000000000000009
            └─ answer (shop)   server
            no span without a parent
            parent `0000000000000009` of `0000000000000002` is missing
        "#]],
    );
}

#[test]
fn a_collector_takes_the_other_end_for_the_answer() {
    let collector = TraceCollector::new();
    let resources = ["shop", "bank"].map(Resource::new);
    for resource in &resources {
        let spans = call().into_iter();
        let spans: Vec<_> = spans
            .filter(|span| span.service_name == resource.service_name)
            .collect();
        let ended = [trace_id(1)];
        let batch = SpanBatch::from_records(resource, &spans).with_completed_traces(&ended);
        collector.collect(&batch);
    }
    let [completed] = &collector.completed_traces()[..] else {
        panic!("not complete at once");
    };
    assert_eq!(completed.completion, Completion::Complete);
    let stats = collector.stats();
    assert_eq!((completed.trace.len(), stats.spans_duplicate), (5, 0));
}

/// Returns random calls whose ends share an id. A span may be a caller and a callee.
fn jungle(numbers: &mut Random) -> Vec<SpanRecord> {
    let count = 1 + numbers.below(8);
    let mut spans = Vec::new();
    for id in 1..=count as u64 {
        for _ in 0..1 + numbers.below(3) {
            let parent = numbers.below(count + 2) as u64;
            let (start, length) = (numbers.below(6) as u64, numbers.below(6) as u64);
            let service = ["shop", "bank", "mail"][numbers.below(3)];
            let kind = [SpanKind::Client, SpanKind::Server, SpanKind::Internal];
            let span = span(id, parent, "op", start..start + length);
            spans.push(of_kind(kind[numbers.below(3)], of_service(service, span)));
        }
    }
    spans
}

/// Returns how many spans a walk downwards visits.
fn walk(trace: &Trace) -> usize {
    let mut waiting: Vec<&SpanRecord> = trace.top_spans().collect();
    let mut seen = 0;
    while let Some(span) = waiting.pop() {
        seen += 1;
        assert!(seen <= trace.len(), "the walk goes in a circle");
        waiting.extend(trace.children_of(span));
    }
    seen
}

#[test]
fn every_order_of_arrival_gives_the_same_ends() {
    let mut numbers = Random::new(11);
    for _ in 0..300 {
        let mut spans = jungle(&mut numbers);
        let seen = |trace: &Trace| {
            let children: Vec<Vec<&SpanRecord>> = trace
                .spans()
                .map(|span| trace.children(span.span_id).collect())
                .collect();
            let (problems, path) = (trace.problems(), trace.critical_path());
            let self_times: Vec<_> = trace.self_times().collect();
            let tree = trace.tree();
            format!("{trace:?} {children:?} {problems:?} {path:?} {self_times:?} {tree}")
        };
        let first = trace(&spans);
        assert_eq!(walk(&first), first.len());
        assert_eq!(first.tree().to_string().lines().count(), first.len());
        for _ in 0..5 {
            numbers.shuffle(&mut spans);
            let again = trace(&spans);
            assert_eq!(seen(&again), seen(&first));
            assert_eq!(again, first);
        }
    }
}
