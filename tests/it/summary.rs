//! Tests of the summary of one trace, and of the table of many.

use std::time::Duration;

use expect_test::expect;
use trace_core::{Summary, SummaryTable, Trace};

use crate::spans::{checkout, of_service, span, span_id, trace, trace_id};

#[test]
fn the_summary_says_where_the_time_went() {
    let summary = Summary::from_trace(&trace(&checkout()));
    assert_eq!(summary.duration, Duration::from_millis(30));
    assert_eq!((summary.spans, summary.errors), (4, 3));
    assert_eq!(summary.slowest.as_ref().unwrap().span_id, span_id(2));
    assert_eq!(
        summary.largest_self_time.as_ref().unwrap().span_id,
        span_id(4)
    );
    expect![[r#"
        checkout (shop): 30.0 ms, 4 spans, 3 errors
          slowest span       charge (bank) 15.0 ms
          largest self time  debit (shop) 13.0 ms
          critical path      checkout (shop) 5.00 ms > charge (bank) 2.00 ms > debit (shop) 13.0 ms > mail (shop) 10.0 ms
    "#]].assert_eq(&summary.to_string());
}

#[test]
fn the_slowest_span_is_the_root_only_if_alone() {
    let alone = Summary::from_trace(&trace(&[span(1, 0, "root", 0..9)]));
    assert_eq!(alone.slowest.unwrap().operation_name, "root");
    let spans = [
        span(1, 0, "root", 0..9),
        span(3, 1, "second", 2..4),
        span(2, 1, "first", 1..3),
    ];
    let summary = Summary::from_trace(&trace(&spans));
    assert_eq!(summary.slowest.unwrap().operation_name, "first");
    let without_root = Summary::from_trace(&trace(&[span(2, 1, "orphan", 0..9)]));
    assert_eq!(without_root.slowest.unwrap().operation_name, "orphan");
    assert_eq!(without_root.operation_name, "orphan");
    let empty = Summary::from_trace(&trace(&[]));
    assert_eq!((empty.slowest, empty.spans), (None, 0));
}

#[test]
fn a_long_critical_path_shows_its_longest_parts() {
    let mut spans: Vec<_> = (2..=12)
        .map(|id| span(id, 1, "step", 10 * id..10 * id + id - 1))
        .collect();
    spans.push(span(1, 0, "root", 20..140));
    let summary = Summary::from_trace(&trace(&spans));
    assert_eq!(summary.critical_path.len(), 12);
    expect![[r#"
        root (shop): 120 ms, 12 spans, no errors
          slowest span       step (shop) 11.0 ms
          largest self time  root (shop) 54.0 ms
          critical path      root (shop) 54.0 ms > step (shop) 5.00 ms > step (shop) 6.00 ms > step (shop) 7.00 ms > step (shop) 8.00 ms > step (shop) 9.00 ms > step (shop) 10.0 ms > step (shop) 11.0 ms, and 4 shorter
    "#]].assert_eq(&summary.to_string());
}

#[test]
fn a_table_compares_many_traces() {
    let mut other = trace_id(0xfeed);
    let quick = Trace::from_spans(
        other,
        [{
            let mut span = of_service("bank", span(1, 0, "balance", 0..1));
            span.trace_id = other;
            span
        }],
    );
    other = trace_id(3);
    let summaries = [
        Summary::from_trace(&trace(&checkout())),
        Summary::from_trace(&quick.unwrap()),
        Summary::from_trace(&Trace::new(other)),
    ];
    expect![[r#"
        trace                             root             duration  spans  errors  slowest span            largest self time
        00000000000000000000000000000001  checkout (shop)   30.0 ms      4       3  charge (bank) 15.0 ms   debit (shop) 13.0 ms
        0000000000000000000000000000feed  balance (bank)    1.00 ms      1       0  balance (bank) 1.00 ms  balance (bank) 1.00 ms
        00000000000000000000000000000003  no spans             0 ns      0       0
    "#]].assert_eq(&SummaryTable(&summaries).to_string());
}
