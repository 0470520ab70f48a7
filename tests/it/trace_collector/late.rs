//! Spans that come late or twice.

use super::*;

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
    bench.after(10); // connected: the kept copy has its parent
    bench.check(expect![[r#"
        complete at 10 s: 2 spans
        0 active
    "#]]);
    let completed = bench.collector.completed_trace(trace_id(1)).unwrap();
    let kept = completed.trace.span(span_id(2)).unwrap();
    assert_eq!(kept.end, at(4));
}

/// A duplicate must not delay the trace.
#[test]
fn a_span_that_came_twice_is_not_waited_for() {
    let bench = Bench::new();
    let root = span(1, 0, "root", 0..9);
    bench.send_last("shop", &[root.clone(), root]);
    bench.check(expect![[r#"
        complete at 0 s: 1 spans
        0 active
    "#]]);
}

#[test]
fn a_complete_trace_whose_late_spans_found_no_room_is_complete_no_more() {
    let bench = Bench::with(|options| options.max_spans_per_trace = 1);
    bench.send_last("shop", &[span(1, 0, "root", 0..9)]);
    assert_eq!(bench.collector.stats().traces_incomplete, 0);
    for late in [2, 3] {
        bench.send("shop", &[span(late, 1, "late", 1..2)]);
        assert_eq!(bench.collector.stats().traces_incomplete, 1);
    }
    bench.check(expect![[r#"
        too many spans at 0 s: 1 spans
        0 active
    "#]]);
}
