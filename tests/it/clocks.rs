//! Tests of clocks that differ between services, and of unknown times.

use std::ops::Range;
use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    Collector, Log, Outcome, Problem, Query, Resource, SpanBatch, SpanKind, SpanRecord, Summary,
    Timestamp, Trace, TraceCollector, TreeOptions,
};

use crate::random::Random;
use crate::spans::{at, of_service, span, span_id, trace};

const HOUR: Duration = Duration::from_secs(3_600);

fn of_kind(kind: SpanKind, span: SpanRecord) -> SpanRecord {
    SpanRecord { kind, ..span }
}

fn ahead(by: Duration, mut span: SpanRecord) -> SpanRecord {
    span.start = span.start + by;
    span.end = span.end + by;
    span
}

fn behind(by: Duration, mut span: SpanRecord) -> SpanRecord {
    let earlier = |time: Timestamp| Timestamp::default() + ((time - at(0)) - by);
    span.start = earlier(span.start);
    span.end = earlier(span.end);
    span
}

/// Returns a call from a shop to a bank, ten hours after the clock's zero.
fn call() -> Vec<SpanRecord> {
    let mut spans = vec![
        span(1, 0, "checkout", 0..100),
        of_kind(SpanKind::Client, span(2, 1, "POST", 10..90)),
        of_service(
            "bank",
            of_kind(SpanKind::Server, span(3, 2, "charge", 20..80)),
        ),
        of_service("bank", span(4, 3, "debit", 30..50)),
    ];
    for span in &mut spans {
        *span = ahead(10 * HOUR, span.clone());
    }
    spans
}

fn change(spans: &mut [SpanRecord], service: &str, to: impl Fn(SpanRecord) -> SpanRecord) {
    for span in spans
        .iter_mut()
        .filter(|span| &*span.service_name == service)
    {
        *span = to(span.clone());
    }
}

/// Compares the times, then the problems.
fn check(spans: &[SpanRecord], expected: Expect) {
    let trace = trace(spans);
    let tree = trace.tree_with(TreeOptions {
        intervals: true,
        clocks: true,
        ..TreeOptions::compact()
    });
    let problems = trace.problems().into_iter();
    let problems: String = problems.map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&format!("{tree}{problems}"));
}

fn duration(spans: &[SpanRecord]) -> Duration {
    trace(spans).duration().unwrap()
}

fn millis(range: Range<u64>) -> Range<Timestamp> {
    let start = at(0) + 10 * HOUR;
    let at = |millis| start + Duration::from_millis(millis);
    at(range.start)..at(range.end)
}

#[test]
fn a_clock_that_is_an_hour_fast_or_slow_changes_nothing_but_a_mark() {
    let spans = call();
    let plain = trace(&spans);
    for is_fast in [true, false] {
        let mut skewed = spans.clone();
        change(&mut skewed, "bank", |span| match is_fast {
            true => ahead(HOUR, span),
            false => behind(HOUR, span),
        });
        let trace = trace(&skewed);
        assert_eq!(trace.start(), plain.start());
        assert_eq!(trace.duration(), Some(Duration::from_millis(100)));
        assert_eq!(trace.critical_path(), plain.critical_path());
        assert_eq!(Summary::from_trace(&trace), Summary::from_trace(&plain));
        let ids = |trace: &Trace| trace.spans().map(|span| span.span_id).collect::<Vec<_>>();
        assert_eq!(ids(&trace), ids(&plain));
        for (told, span) in skewed.iter().zip(&spans) {
            assert_eq!(trace.span(span.span_id), Some(told), "its own times stay");
            assert_eq!(trace.times_of(told), span.start..span.end);
        }
        let problem = Problem::ClockDiffers {
            span_id: span_id(3),
            by: HOUR,
            is_ahead: is_fast,
        };
        assert_eq!(trace.problems(), [problem]);
        let side = if is_fast { "ahead" } else { "behind" };
        let tree = trace.tree().to_string();
        let marked = tree.replace(&format!("  clock 3600 s {side}"), "");
        assert_ne!(marked, tree);
        assert_eq!(marked, plain.tree().to_string());
    }
}

#[test]
fn an_answer_is_put_into_the_middle_of_its_call() {
    let mut spans = call();
    change(&mut spans, "bank", |span| ahead(HOUR, span));
    spans[2].end = spans[2].end + Duration::from_millis(10);
    check(
        &spans,
        expect![[r#"
            checkout         0ns..100ms
            └─ POST          10ms..90ms
               └─ charge     15ms..85ms  clock 3600 s ahead
                  └─ debit   25ms..45ms
            the clock of span `0000000000000003` is 3600.005s ahead of the root's
        "#]],
    );
}

#[test]
fn an_answer_that_took_longer_than_its_call_begins_with_it() {
    for by in [HOUR, Duration::from_millis(30)] {
        let mut spans = call();
        spans[2].end = spans[2].end + Duration::from_millis(60);
        change(&mut spans, "bank", |span| behind(by, span));
        assert_eq!(trace(&spans).times_of(&spans[2]), millis(10..130));
    }
    // It may have continued after its caller gave up, but not an hour later.
    let mut spans = call();
    spans[2].end = spans[2].end + Duration::from_millis(60);
    change(&mut spans, "bank", |span| ahead(HOUR, span));
    assert_eq!(trace(&spans).times_of(&spans[2]), millis(10..130));
    change(&mut spans, "bank", |span| behind(HOUR, span));
    assert_eq!(trace(&spans).times_of(&spans[2]), millis(20..140));
    assert_eq!(duration(&spans), Duration::from_millis(140));
}

#[test]
fn who_began_within_the_call_may_end_after_it() {
    let mut spans = call();
    change(&mut spans, "bank", |span| {
        ahead(Duration::from_millis(50), span)
    });
    assert_eq!(trace(&spans).times_of(&spans[2]), millis(70..130));
    assert_eq!(duration(&spans), Duration::from_millis(130));
}

#[test]
fn nobody_waits_for_whom_it_does_not_call_or_has_given_up() {
    let late = Duration::from_secs(30);
    let end = |change: &dyn Fn(&mut [SpanRecord])| {
        let mut spans = call();
        spans[2] = ahead(late, spans[2].clone());
        spans[2].parent_is_remote = true;
        change(&mut spans);
        trace(&spans).times_of(&spans[2]).end
    };
    let (moved, left) = (millis(20..80).end, millis(20..80).end + late);
    assert_eq!(end(&|_| {}), moved);
    assert_eq!(end(&|spans| spans[1].outcome = Outcome::Cancelled), left);
    assert_eq!(end(&|spans| spans[1].kind = SpanKind::Internal), left);
    let internal = |spans: &mut [SpanRecord]| {
        spans[1].kind = SpanKind::Internal;
        spans[2] = ahead(HOUR, spans[2].clone());
    };
    assert_eq!(end(&internal), moved);
}

#[test]
fn less_than_a_millisecond_is_no_other_clock() {
    let mut spans = call();
    let little = Duration::from_micros(10_900);
    spans[2] = behind(little, spans[2].clone());
    assert_eq!(trace(&spans).times_of(&spans[2]).start, spans[2].start);
    spans[2] = behind(little, spans[2].clone());
    assert_eq!(trace(&spans).times_of(&spans[2]), millis(20..80));
}

#[test]
fn below_a_remote_parent_is_another_clock_also_within_a_service() {
    let mut spans = call();
    change(&mut spans, "bank", |span| {
        of_service("shop", ahead(HOUR, span))
    });
    spans[2].kind = SpanKind::Internal;
    assert_eq!(duration(&spans), HOUR + Duration::from_millis(80));
    spans[2].parent_is_remote = true;
    assert_eq!(duration(&spans), Duration::from_millis(100));
}

#[test]
fn a_task_of_another_service_name_may_outlive_its_parent() {
    let task = |millis: Range<u64>| of_service("mail", span(2, 1, "send", millis));
    for millis in [50..150, 100..120, 59_000..59_010] {
        let spans = [span(1, 0, "order", 0..100), task(millis.clone())];
        let trace = trace(&spans);
        assert_eq!(trace.end(), Some(at(millis.end)));
        assert!(!trace.tree().to_string().contains("clock"));
    }
    // A span cannot begin before its cause, and hardly an hour after it.
    let spans = [ahead(HOUR, span(1, 0, "order", 0..100)), task(50..150)];
    assert_eq!(duration(&spans), Duration::from_millis(100));
    let spans = [span(1, 0, "order", 0..100), ahead(HOUR, task(50..150))];
    assert_eq!(duration(&spans), Duration::from_millis(100));
}

#[test]
fn within_a_process_all_have_one_clock() {
    // A task of the same service that runs much longer than its parent.
    let spans = [
        span(1, 0, "order", 0..100),
        ahead(HOUR, span(2, 1, "report", 0..10)),
    ];
    assert_eq!(duration(&spans), HOUR + Duration::from_millis(10));
    // A span with another service name, in the process whose clock differs.
    let mut spans = call();
    let mut inner = of_service("vault", span(5, 3, "open", 40..45));
    inner = ahead(10 * HOUR, inner);
    spans.push(inner);
    for service in ["bank", "vault"] {
        change(&mut spans, service, |span| ahead(HOUR, span));
    }
    let trace = trace(&spans);
    assert_eq!(trace.times_of(&spans[4]), millis(40..45));
    assert_eq!(trace.problems().len(), 1);
}

#[test]
fn a_message_may_wait_for_days_but_not_come_before_it_is_sent() {
    let send = of_kind(
        SpanKind::Producer,
        ahead(10 * HOUR, span(1, 0, "send", 0..10)),
    );
    let work = of_kind(
        SpanKind::Consumer,
        of_service("mail", span(2, 1, "work", 0..5)),
    );
    let spans = [send.clone(), ahead(58 * HOUR, work.clone())];
    assert_eq!(duration(&spans), 48 * HOUR + Duration::from_millis(5));
    let spans = [send, ahead(9 * HOUR, work)];
    assert_eq!(duration(&spans), Duration::from_millis(10));
    assert_eq!(trace(&spans).times_of(&spans[1]), millis(0..5));
}

#[test]
fn three_clocks_are_set_one_after_the_other() {
    let mut spans = call();
    let vault = [
        of_kind(
            SpanKind::Client,
            of_service("bank", span(5, 4, "GET", 32..48)),
        ),
        of_kind(
            SpanKind::Server,
            of_service("vault", span(6, 5, "open", 35..45)),
        ),
        of_kind(
            SpanKind::Client,
            of_service("vault", span(7, 6, "GET", 36..40)),
        ),
        of_kind(SpanKind::Server, span(8, 7, "who", 37..39)),
    ];
    spans.extend(vault.map(|span| ahead(10 * HOUR, span)));
    let plain = trace(&spans);
    change(&mut spans, "bank", |span| ahead(HOUR, span));
    change(&mut spans, "vault", |span| behind(2 * HOUR, span));
    let trace = trace(&spans);
    for span in plain.spans() {
        let told = trace.span(span.span_id).unwrap();
        assert_eq!(trace.times_of(told), span.start..span.end);
    }
    let marks = trace.tree().to_string();
    assert_eq!(marks.matches("clock 3600 s ahead").count(), 1);
    assert_eq!(marks.matches("clock 7200 s behind").count(), 1);
    assert_eq!(marks.matches("clock").count(), 2, "{marks}");
}

#[test]
fn a_log_is_shown_when_it_was_written_by_the_roots_clock() {
    let mut spans = call();
    spans[2].logs.push(Log {
        time: millis(25..25).start,
        message: "asking".into(),
        fields: Vec::new(),
    });
    change(&mut spans, "bank", |mut span| {
        span.logs
            .iter_mut()
            .for_each(|log| log.time = log.time + HOUR);
        ahead(HOUR, span)
    });
    let options = TreeOptions {
        logs: true,
        ..TreeOptions::default()
    };
    let tree = trace(&spans).tree_with(options).to_string();
    assert!(tree.contains("+25.0 ms  asking"), "{tree}");
}

#[test]
fn a_search_for_slow_traces_finds_no_clock() {
    let collector = TraceCollector::new();
    let mut spans = call();
    change(&mut spans, "bank", |span| ahead(HOUR, span));
    collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &spans));
    collector.finish();
    let second = Duration::from_secs(1);
    assert_eq!(collector.slow_traces(second).len(), 0);
    assert_eq!(
        collector
            .search(&Query::default().min_duration(second))
            .len(),
        0
    );
    assert_eq!(collector.slow_traces(Duration::from_millis(99)).len(), 1);
}

/// A time in 2026, when zero is an unknown time.
const NOW: Timestamp = Timestamp::from_unix_nanos(1_786_934_400_000_000_000);

fn today(mut span: SpanRecord) -> SpanRecord {
    let since = |time: Timestamp| NOW + (time - at(0));
    (span.start, span.end) = (since(span.start), since(span.end));
    span
}

#[test]
fn an_unknown_start_is_the_parents_and_an_unknown_end_the_start() {
    let mut spans = [
        span(1, 0, "checkout", 0..30),
        span(2, 1, "no start", 0..20),
        span(3, 1, "no end", 5..20),
        span(4, 1, "neither", 0..20),
        span(5, 2, "below", 3..4),
    ]
    .map(today);
    spans[1].start = Timestamp::default();
    spans[2].end = Timestamp::default();
    spans[3].start = Timestamp::default();
    spans[3].end = Timestamp::default();
    check(
        &spans,
        expect![[r#"
            checkout      0ns..30ms
            ├─ no start   0ns..20ms  start unknown
            │  └─ below    3ms..4ms
            ├─ neither     0ns..0ns  start and end unknown
            └─ no end      5ms..5ms  end unknown
            the start of span `0000000000000002` is not known
            the start of span `0000000000000004` is not known
            the end of span `0000000000000004` is not known
            the end of span `0000000000000003` is not known
        "#]],
    );
    assert_eq!(trace(&spans).span(span_id(2)), Some(&spans[1]));
}

#[test]
fn a_root_without_a_start_begins_at_its_end() {
    let mut spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 1..20)].map(today);
    spans[0].start = Timestamp::default();
    check(
        &spans,
        expect![[r#"
            checkout    29ms..29ms  start unknown
            └─ charge    0ns..19ms
            the start of span `0000000000000001` is not known
        "#]],
    );
    let trace = trace(&spans);
    // The bars and the critical path begin with the trace.
    expect![[r#"
        checkout (shop)       0 ns                     ▏   0%  ✓  start unknown
        └─ charge (shop)   19.0 ms  █████████████         66%  ✓
        checkout (shop): 29.0 ms, 2 spans, no errors
          slowest span       charge (shop) 19.0 ms
          largest self time  charge (shop) 19.0 ms
          critical path      charge (shop) 19.0 ms > checkout (shop) 10.0 ms
    "#]]
    .assert_eq(&format!("{}{}", trace.tree(), Summary::from_trace(&trace)));
    spans[0].end = Timestamp::default();
    assert_eq!(duration(&spans), Duration::from_millis(19));
    assert_eq!(duration(&spans[..1]), Duration::ZERO);
}

#[test]
fn an_end_before_the_parents_start_is_the_start_too() {
    let mut spans = [span(1, 0, "checkout", 10..30), span(2, 1, "charge", 0..5)].map(today);
    spans[1].start = Timestamp::default();
    assert_eq!(
        trace(&spans).times_of(&spans[1]),
        spans[1].end..spans[1].end
    );
}

#[test]
fn zero_is_a_time_where_a_tests_clock_began() {
    let spans = [span(1, 0, "checkout", 0..30), span(2, 1, "charge", 0..20)];
    assert_eq!(trace(&spans).problems(), []);
    assert_eq!(duration(&spans), Duration::from_millis(30));
}

#[test]
fn a_root_that_is_its_own_parent_is_a_root() {
    let spans = [span(7, 7, "checkout", 0..30), span(2, 7, "charge", 5..20)];
    assert_eq!(trace(&spans).root().unwrap().span_id, span_id(7));
    check(
        &spans,
        expect![[r#"
            checkout    0ns..30ms  its own parent
            └─ charge   5ms..20ms
            span `0000000000000007` is its own parent: it is taken for a root
        "#]],
    );
    let collector = TraceCollector::new();
    collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &spans));
    collector.flush(Duration::ZERO).unwrap();
    assert!(collector.completed_traces()[0].completion.is_complete());
}

#[test]
fn every_order_of_arrival_gives_the_same_times() {
    let mut numbers = Random::new(5);
    let kinds = [
        SpanKind::Internal,
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    for _ in 0..300 {
        let count = 1 + numbers.below(10);
        let mut spans: Vec<SpanRecord> = (1..=count as u64)
            .map(|id| {
                let parent = numbers.below(count + 1) as u64;
                let (start, length) = (numbers.below(50) as u64, numbers.below(50) as u64);
                let mut span = span(id, parent, "op", start..start + length);
                span = of_service(["shop", "bank", "mail"][numbers.below(3)], span);
                span = today(of_kind(kinds[numbers.below(5)], span));
                span.parent_is_remote = numbers.chance(30);
                match numbers.below(12) {
                    0 => ahead(HOUR, span),
                    1 => behind(HOUR, span),
                    2 => SpanRecord {
                        start: at(0),
                        ..span
                    },
                    3 => SpanRecord { end: at(0), ..span },
                    4 => SpanRecord {
                        start: at(0),
                        end: at(0),
                        ..span
                    },
                    _ => span,
                }
            })
            .collect();
        let seen = |trace: &Trace| {
            let times: Vec<_> = trace.spans().map(|span| trace.times_of(span)).collect();
            let (problems, path) = (trace.problems(), trace.critical_path());
            let (start, end) = (trace.start(), trace.end());
            format!(
                "{times:?} {problems:?} {path:?} {start:?} {end:?} {}",
                trace.tree()
            )
        };
        let first = trace(&spans);
        for _ in 0..5 {
            numbers.shuffle(&mut spans);
            assert_eq!(seen(&trace(&spans)), seen(&first));
        }
        let starts: Vec<_> = first
            .spans()
            .map(|span| first.times_of(span).start)
            .collect();
        assert!(starts.is_sorted(), "sorted by what is shown");
    }
}
