//! Tests that every order of arrival gives the same trace and problems.

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{AddedSpan, SpanRecord, Trace, TreeOptions};

use crate::random::Random;
use crate::spans::{at, span, span_id, trace, trace_id};

/// Compares the structure, then the problems.
fn check(spans: &[SpanRecord], expected: Expect) {
    let trace = trace(spans);
    let mut text = trace.tree_with(TreeOptions::compact()).to_string();
    for problem in trace.problems() {
        text.push_str(&format!("{problem}\n"));
    }
    expected.assert_eq(&text);
}

fn names<'a>(spans: impl Iterator<Item = &'a SpanRecord>) -> Vec<&'a str> {
    spans.map(|span| &*span.operation_name).collect()
}

fn checkout() -> Vec<SpanRecord> {
    vec![
        span(1, 0, "checkout", 0..30),
        span(2, 1, "charge", 5..20),
        span(4, 2, "debit", 6..19),
        span(3, 1, "mail", 20..30),
    ]
}

#[test]
fn a_trace_answers_what_the_tutorial_asks() {
    let trace = trace(&checkout());
    assert_eq!(trace.trace_id, trace_id(1));
    assert_eq!(trace.len(), 4);
    assert_eq!(trace.root().unwrap().operation_name, "checkout");
    assert_eq!((trace.start(), trace.end()), (Some(at(0)), Some(at(30))));
    assert_eq!(trace.duration(), Some(Duration::from_millis(30)));
    assert_eq!(
        names(trace.spans()),
        ["checkout", "charge", "debit", "mail"]
    );
    assert_eq!(names(trace.children(span_id(1))), ["charge", "mail"]);
    assert_eq!(names(trace.children(span_id(3))), [""; 0]);
    assert_eq!(names(trace.children(span_id(99))), [""; 0]);
    assert_eq!(trace.depth(), 3);
    assert_eq!(trace.depth_of(span_id(1)), Some(0));
    assert_eq!(trace.depth_of(span_id(4)), Some(2));
    assert_eq!(trace.depth_of(span_id(99)), None);
    assert_eq!(trace.services(), ["shop"]);
    assert!(!trace.is_error());
    assert_eq!(trace.problems(), []);
    assert_eq!(
        trace.to_string(),
        "Trace(00000000000000000000000000000001, 4 spans, 0.030s)"
    );
}

#[test]
fn an_empty_trace_has_nothing_and_no_problem() {
    let trace = Trace::new(trace_id(1));
    assert!(trace.is_empty());
    assert_eq!((trace.root(), trace.start()), (None, None));
    assert_eq!((trace.end(), trace.duration()), (None, None));
    assert_eq!((trace.depth(), trace.spans().len()), (0, 0));
    assert_eq!(trace.problems(), []);
    assert_eq!(trace.critical_path(), []);
    assert_eq!(trace.tree().to_string(), "");
}

#[test]
fn a_span_of_another_trace_is_refused_and_given_back() {
    let mut trace = Trace::new(trace_id(2));
    let error = trace.add_span(span(7, 0, "op", 0..1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "span `0000000000000007` belongs to trace `00000000000000000000000000000001`; \
         expected `00000000000000000000000000000002`"
    );
    assert_eq!(error.into_span().operation_name, "op");
    assert!(trace.is_empty());
}

#[test]
fn siblings_are_sorted_by_start_then_id() {
    check(
        &[
            span(1, 0, "root", 0..10),
            span(9, 1, "third", 2..3),
            span(4, 1, "second", 2..9),
            span(5, 1, "first", 1..2),
        ],
        expect![[r#"
            root
            ├─ first
            ├─ second
            └─ third
        "#]],
    );
}

#[test]
fn an_orphan_stands_beside_the_root_until_its_parent_comes() {
    let spans = [
        span(1, 0, "checkout", 0..30),
        span(4, 2, "debit", 6..19),
        span(5, 2, "credit", 6..19),
    ];
    assert_eq!(names(trace(&spans).orphans()), ["debit", "credit"]);
    check(
        &spans,
        expect![[r#"
            checkout
            debit      orphan of 0000000000000002
            credit     orphan of 0000000000000002
            parent `0000000000000002` of `0000000000000004`, `0000000000000005` is missing
        "#]],
    );
    let mut trace = trace(&spans);
    assert_eq!(trace.depth(), 1);
    let added = trace.add_span(span(2, 1, "charge", 5..20)).unwrap();
    assert_eq!(added, AddedSpan::New);
    assert_eq!(trace.depth(), 3);
    assert_eq!(trace.problems(), []);
}

#[test]
fn of_several_roots_the_first_is_the_root() {
    let spans = [
        span(3, 0, "later", 2..3),
        span(2, 0, "sooner", 1..9),
        span(4, 2, "child", 2..3),
    ];
    assert_eq!(trace(&spans).root().unwrap().operation_name, "sooner");
    check(
        &spans,
        expect![[r#"
            sooner
            └─ child
            later      another root
            2 roots: `0000000000000002`, `0000000000000003`
        "#]],
    );
}

#[test]
fn cycles_are_cut_above_their_first_span() {
    check(
        &[
            span(1, 0, "root", 0..9),
            span(2, 4, "b", 2..3),
            span(3, 2, "c", 3..4),
            span(4, 3, "a", 1..5),
            span(5, 4, "below", 2..2),
            span(6, 6, "self", 7..8),
        ],
        expect![[r#"
            root
            a          cycle
            ├─ b
            │  └─ c
            └─ below
            self       cycle
            spans are their own ancestors: `0000000000000004`, `0000000000000003`, `0000000000000002`
            spans are their own ancestors: `0000000000000006`
            span `0000000000000003` ends 1ms after its parent `0000000000000002`
        "#]],
    );
}

#[test]
fn a_duplicate_is_kept_once_and_told() {
    let mut fuller = span(2, 1, "charge", 5..20);
    fuller.add_tag("order.id", 7);
    let spans = [
        span(1, 0, "checkout", 0..30),
        span(2, 1, "charge", 5..20),
        fuller.clone(),
        span(1, 0, "checkout", 0..30),
        span(1, 0, "checkout", 0..30),
    ];
    let mut trace = trace(&spans);
    assert_eq!(trace.len(), 2);
    assert_eq!(trace.span(span_id(2)), Some(&fuller));
    assert_eq!(trace.add_span(fuller).unwrap(), AddedSpan::Duplicate);
    check(
        &spans,
        expect![[r#"
            checkout
            └─ charge
            span `0000000000000001` came 3 times with the same content
            span `0000000000000002` came 2 times with different content
        "#]],
    );
}

#[test]
fn a_span_outside_its_parents_time_is_told() {
    check(
        &[
            span(1, 0, "root", 10..20),
            span(2, 1, "early", 8..12),
            span(3, 1, "late", 19..25),
            span(4, 1, "both", 9..21),
            #[expect(clippy::reversed_empty_ranges, reason = "it ends before it starts")]
            span(5, 1, "backwards", 15..14),
        ],
        expect![[r#"
            root
            ├─ early
            ├─ both
            ├─ backwards
            └─ late
            span `0000000000000002` starts 2ms before its parent `0000000000000001`
            span `0000000000000004` starts 1ms before and ends 1ms after its parent `0000000000000001`
            span `0000000000000005` ends 1ms before it starts
            span `0000000000000003` ends 5ms after its parent `0000000000000001`
        "#]],
    );
}

#[test]
fn not_a_number_is_no_different_content() {
    let mut span = span(1, 0, "op", 0..1);
    span.add_tag("ratio", f64::NAN);
    let trace = trace(&[span.clone(), span]);
    let problems: Vec<String> = trace.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["span `0000000000000001` came 2 times with the same content"]
    );
}

#[test]
fn group_makes_one_trace_for_each_id() {
    let mut other = span(1, 0, "other", 0..1);
    other.trace_id = trace_id(9);
    let mut spans = checkout();
    spans.insert(2, other);
    let traces = Trace::group(spans);
    let lengths: Vec<usize> = traces.iter().map(Trace::len).collect();
    assert_eq!(lengths, [4, 1]);
}

/// Returns spans with random parents: other spans, themselves, missing spans or none. Some
/// spans are repeated, with the same or different content.
fn jungle(numbers: &mut Random) -> Vec<SpanRecord> {
    let count = 1 + numbers.below(12);
    let mut spans = Vec::new();
    for id in 1..=count as u64 {
        for _ in 0..1 + numbers.below(8) / 6 {
            let parent = numbers.below(count + 3) as u64;
            let start = numbers.below(6) as u64;
            let end = start + numbers.below(6) as u64;
            let mut span = span(id, parent, "op", start..end);
            if numbers.below(4) == 0 {
                span.add_tag("ratio", if numbers.below(2) == 0 { f64::NAN } else { 0.5 });
            }
            spans.push(span.clone());
            if numbers.below(5) == 0 {
                spans.push(span);
            }
        }
    }
    spans
}

#[test]
fn every_order_of_arrival_gives_the_same_trace() {
    let mut numbers = Random::new(2);
    for _ in 0..300 {
        let mut spans = jungle(&mut numbers);
        let first = trace(&spans);
        // Compared by `Debug` instead of `==`, because a tag may be NaN.
        let seen = |trace: &Trace| {
            format!(
                "{trace:?} {:?} {:?} {:?} {}",
                trace.problems(),
                trace.critical_path(),
                trace.self_times().collect::<Vec<_>>(),
                trace.tree()
            )
        };
        for _ in 0..5 {
            numbers.shuffle(&mut spans);
            let mut again = Trace::new(trace_id(1));
            for span in &spans {
                again.add_span(span.clone()).unwrap();
                if numbers.below(3) == 0 {
                    let _depth = again.depth(); // reading in between changes nothing
                }
            }
            assert_eq!(seen(&again), seen(&first));
        }
        let shown: usize = first.tree().to_string().lines().count();
        assert_eq!(shown, first.len(), "every span is shown once");
    }
}

#[test]
fn shuffled_traces_are_equal() {
    let mut spans = checkout();
    let first = trace(&spans);
    for seed in 0..20 {
        Random::new(seed).shuffle(&mut spans);
        assert_eq!(trace(&spans), first);
    }
    spans.pop();
    assert_ne!(trace(&spans), first);
}

/// Calls all methods that walk the tree.
fn walk(spans: Vec<SpanRecord>) -> Trace {
    let trace = Trace::from_spans(trace_id(1), spans).unwrap();
    assert_eq!(trace.spans().len(), trace.len());
    assert!(!trace.critical_path().is_empty());
    assert_eq!(trace.self_times().count(), trace.len());
    assert!(!trace.tree().to_string().is_empty());
    trace
}

const MANY: u64 = 100_000;

#[test]
fn a_chain_of_a_hundred_thousand_needs_no_stack() {
    let mut spans: Vec<_> = (1..=MANY)
        .map(|id| span(id, id - 1, "op", id..2 * MANY - id))
        .collect();
    Random::new(1).shuffle(&mut spans);
    let trace = walk(spans);
    assert_eq!(trace.depth(), 100_000);
    assert_eq!(trace.critical_path().len(), 199_998);
}

#[test]
fn a_hundred_thousand_siblings_take_no_square_time() {
    let mut spans: Vec<_> = (2..=MANY).map(|id| span(id, 1, "op", id..id + 1)).collect();
    spans.push(span(1, 0, "root", 0..MANY + 2));
    Random::new(1).shuffle(&mut spans);
    let trace = walk(spans);
    assert_eq!(trace.children(span_id(1)).len(), 99_999);
    assert_eq!(trace.self_time(span_id(1)), Some(Duration::from_millis(3)));
}

#[test]
fn a_hundred_thousand_roots_orphans_and_cycles_take_no_square_time() {
    let roots: Vec<_> = (1..=MANY).map(|id| span(id, 0, "op", id..id + 1)).collect();
    assert_eq!(walk(roots).top_spans().len(), 100_000);
    let orphans: Vec<_> = (1..=MANY)
        .map(|id| span(id, id + MANY, "op", id..id + 1))
        .collect();
    assert_eq!(walk(orphans).orphans().count(), 100_000);
    let cycles: Vec<_> = (1..=MANY)
        .map(|id| span(id, id, "op", id..id + 1))
        .collect();
    assert_eq!(walk(cycles).problems().len(), 100_001);
    let cycle: Vec<_> = (1..=MANY)
        .map(|id| span(id, id % MANY + 1, "op", id..id + 1))
        .collect();
    assert_eq!(walk(cycle).depth(), 100_000);
}
