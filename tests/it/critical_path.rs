//! Tests of self times and the critical path.

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{SpanKind, SpanRecord, Timestamp};

use crate::random::Random;
use crate::spans::{at, span, span_id, trace};

fn millis(time: Timestamp) -> u128 {
    (time - at(0)).as_millis()
}

/// Compares the path's sections in milliseconds.
fn check(spans: &[SpanRecord], expected: Expect) {
    let trace = trace(spans);
    let mut text = String::new();
    for section in trace.critical_path() {
        let name = &trace.span(section.span_id).unwrap().operation_name;
        let times = format!("{}..{}", millis(section.start), millis(section.end));
        text.push_str(&format!("{times:<8} {name}\n"));
    }
    expected.assert_eq(&text);
}

#[test]
fn children_one_after_the_other_are_all_on_the_path() {
    // The trace in Jaeger's documentation.
    check(
        &[
            span(1, 0, "a", 0..100),
            span(2, 1, "b", 10..40),
            span(3, 1, "c", 50..90),
        ],
        expect![[r#"
            0..10    a
            10..40   b
            40..50   a
            50..90   c
            90..100  a
        "#]],
    );
}

#[test]
fn of_overlapping_siblings_the_later_finishing_counts() {
    check(
        &[
            span(1, 0, "root", 0..100),
            span(2, 1, "within", 30..60),
            span(3, 1, "overlapping", 20..70),
            span(4, 1, "last", 50..90),
            span(5, 1, "before", 5..45),
        ],
        expect![[r#"
            0..5     root
            5..45    before
            45..50   root
            50..90   last
            90..100  root
        "#]],
    );
}

#[test]
fn siblings_that_touch_are_both_on_the_path() {
    check(
        &[
            span(1, 0, "root", 0..30),
            span(2, 1, "first", 0..10),
            span(3, 1, "nothing", 10..10),
            span(4, 1, "second", 10..30),
        ],
        expect![[r#"
            0..10    first
            10..30   second
        "#]],
    );
}

#[test]
fn of_siblings_that_end_together_the_longest_counts() {
    check(
        &[
            span(1, 0, "root", 0..30),
            span(2, 1, "short", 20..30),
            span(3, 1, "long", 10..30),
            span(4, 1, "as long", 10..30),
        ],
        expect![[r#"
            0..10    root
            10..30   long
        "#]],
    );
}

#[test]
fn children_are_clipped_to_all_spans_above() {
    check(
        &[
            span(1, 0, "root", 10..50),
            span(2, 1, "both ends", 0..60),
            span(3, 2, "grandchild", 5..55),
            span(4, 1, "before", 0..9),
            span(5, 4, "of before", 10..20),
            span(6, 1, "after", 51..70),
        ],
        expect![[r#"
            10..50   grandchild
        "#]],
    );
}

#[test]
fn nobody_waits_for_messages() {
    let mut producer = span(2, 1, "send", 10..20);
    producer.kind = SpanKind::Producer;
    let mut consumer = span(3, 1, "work", 20..90);
    consumer.kind = SpanKind::Consumer;
    check(
        &[
            span(1, 0, "root", 0..100),
            producer,
            consumer.clone(),
            span(4, 3, "below", 30..40),
        ],
        expect![[r#"
            0..100   root
        "#]],
    );
    consumer.parent_span_id = None;
    check(
        &[consumer, span(4, 3, "below", 30..40)],
        expect![[r#"
            20..30   work
            30..40   below
            40..90   work
        "#]],
    );
}

#[test]
fn without_a_root_the_first_top_span_counts() {
    check(
        &[
            span(2, 9, "orphan", 10..20),
            span(3, 2, "child", 12..15),
            span(4, 8, "other", 30..90),
        ],
        expect![[r#"
            10..12   orphan
            12..15   child
            15..20   orphan
        "#]],
    );
}

#[test]
fn the_path_follows_the_walk_down_and_up() {
    // There are two levels. The walk leaves a child at its start and continues in the parent.
    check(
        &[
            span(1, 0, "root", 0..100),
            span(2, 1, "gateway", 10..95),
            span(3, 2, "auth", 12..40),
            span(4, 2, "data", 45..90),
            span(5, 4, "database", 50..85),
            span(6, 1, "log", 2..8),
        ],
        expect![[r#"
            0..2     root
            2..8     log
            8..10    root
            10..12   gateway
            12..40   auth
            40..45   gateway
            45..50   data
            50..85   database
            85..90   data
            90..95   gateway
            95..100  root
        "#]],
    );
    let times: Vec<(u64, u128)> = trace(&[
        span(1, 0, "root", 0..100),
        span(2, 1, "a", 10..20),
        span(3, 1, "b", 30..95),
    ])
    .critical_path_times()
    .into_iter()
    .map(|(span_id, time)| (span_id.get(), time.as_millis()))
    .collect();
    assert_eq!(times, [(1, 25), (2, 10), (3, 65)]);
}

#[test]
fn the_path_covers_the_root_without_gap_or_overlap() {
    let mut numbers = Random::new(3);
    for _ in 0..500 {
        let count = 1 + numbers.below(12);
        let mut spans = vec![span(1, 0, "root", 3..20)];
        for id in 2..=count as u64 {
            let parent = 1 + numbers.below(id as usize - 1) as u64;
            let start = numbers.below(25) as u64;
            spans.push(span(
                id,
                parent,
                "op",
                start..start + numbers.below(9) as u64,
            ));
        }
        let mut until = at(3);
        for section in trace(&spans).critical_path() {
            assert_eq!(section.start, until);
            assert!(section.end > section.start);
            until = section.end;
        }
        assert_eq!(until, at(20));
    }
}

#[test]
fn self_time_is_what_no_child_covers() {
    let trace = trace(&[
        span(1, 0, "root", 10..110),
        span(2, 1, "a", 20..50),
        span(3, 1, "overlaps a", 40..60),
        span(4, 1, "within", 45..55),
        span(5, 1, "before the root", 0..15),
        span(6, 1, "after the root", 100..200),
        span(7, 1, "outside", 300..400),
        #[expect(clippy::reversed_empty_ranges, reason = "it ends before it starts")]
        span(8, 1, "backwards", 90..70),
        span(9, 2, "covers a", 0..70),
    ]);
    let self_time = |id| trace.self_time(span_id(id)).map(|time| time.as_millis());
    assert_eq!(self_time(1), Some(45)); // 15..20 and 60..100
    assert_eq!(self_time(2), Some(0));
    assert_eq!(self_time(7), Some(100));
    assert_eq!(self_time(8), Some(0));
    assert_eq!(self_time(99), None);
    let all: Duration = trace.self_times().map(|(_, time)| time).sum();
    assert_eq!(all.as_millis(), 45 + 20 + 10 + 15 + 100 + 100 + 70);
}
