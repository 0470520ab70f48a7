//! Tests of traces as text: trees and durations.

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    ColorChoice, DroppedItems, HumanDuration, Log, Outcome, SpanRecord, Status, Summary,
    TreeOptions,
};

use crate::spans::{at, checkout, failed, span, trace};

fn check(spans: &[SpanRecord], options: TreeOptions, expected: Expect) {
    let text = trace(spans).tree_with(options).to_string();
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "a line ends in spaces");
    }
    expected.assert_eq(&text);
}

#[test]
fn the_tree_shows_service_duration_share_and_outcome() {
    check(
        &checkout(),
        TreeOptions::default(),
        expect![[r#"
        checkout (shop)      30.0 ms  ████████████████████  100%  error: card declined
        ├─ charge (bank)     15.0 ms     ██████████          50%  error: card declined  1 link
        │  └─ debit (shop)   13.0 ms      █████████          43%  error
        └─ mail (shop)       10.0 ms               ███████   33%  ✓
    "#]],
    );
}

#[test]
fn the_compact_tree_shows_structure_and_failures() {
    check(
        &checkout(),
        TreeOptions::compact(),
        expect![[r#"
        checkout      error: card declined
        ├─ charge     error: card declined  1 link
        │  └─ debit   error
        └─ mail
    "#]],
    );
}

#[test]
fn everything_can_be_shown() {
    let options = TreeOptions {
        header: true,
        kinds: true,
        intervals: true,
        tags: true,
        logs: true,
        links: true,
        sources: true,
        ..TreeOptions::default()
    };
    check(
        &checkout(),
        options,
        expect![[r#"
        trace 00000000000000000000000000000001: 4 spans, 2 services, 30.0 ms
        checkout (shop)      internal   0ns..30ms  30.0 ms  ████████████████████  100%  error: card declined
        ├─ charge (bank)     client     5ms..20ms  15.0 ms     ██████████          50%  error: card declined  1 link  src/bank.rs:17
        │  │  order.id = 42
        │  │  +6.00 ms  asking the bank  attempt=1
        │  │  link to 0000000000000000000000000000feed 0000000000000bee  reason=retry
        │  └─ debit (shop)   internal   6ms..19ms  13.0 ms      █████████          43%  error
        │        amount = 9.5
        └─ mail (shop)       internal  20ms..30ms  10.0 ms               ███████   33%  ✓
    "#]],
    );
}

#[test]
fn chosen_tags_stand_beside_the_name() {
    let options = TreeOptions {
        inline_tags: vec!["amount".to_owned(), "order.id".to_owned(), "no".to_owned()],
        ..TreeOptions::compact()
    };
    check(
        &checkout(),
        options,
        expect![[r#"
        checkout      error: card declined
        ├─ charge     order.id=42  error: card declined  1 link
        │  └─ debit   amount=9.5  error
        └─ mail
    "#]],
    );
}

#[test]
fn kinds_and_intervals_make_a_picture_for_tests() {
    let options = TreeOptions {
        kinds: true,
        intervals: true,
        ..TreeOptions::compact()
    };
    check(
        &checkout(),
        options,
        expect![[r#"
        checkout      internal   0ns..30ms  error: card declined
        ├─ charge     client     5ms..20ms  error: card declined  1 link
        │  └─ debit   internal   6ms..19ms  error
        └─ mail       internal  20ms..30ms
    "#]],
    );
}

#[test]
fn colours_change_nothing_but_colour() {
    let trace = trace(&checkout());
    let with = |color| {
        let options = TreeOptions {
            color,
            logs: true,
            ..TreeOptions::default()
        };
        trace.tree_with(options).to_string()
    };
    let colored = with(ColorChoice::Always);
    assert!(colored.contains("\u{1b}[31mcheckout\u{1b}[0m \u{1b}[36m(shop)\u{1b}[0m"));
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, with(ColorChoice::Never));
}

#[test]
fn outcomes_are_told_apart() {
    let with = |id, operation, outcome, status| {
        let mut span = span(id, 1, operation, id..id + 1);
        span.outcome = outcome;
        span.status = status;
        span
    };
    let error = |text: &'static str| Status::Error(text.into());
    let spans = [
        span(1, 0, "root", 0..20),
        with(2, "fine", Outcome::Ok, Status::Ok),
        with(3, "failed", Outcome::Error, error("no such card")),
        with(4, "failed without a word", Outcome::Error, error("")),
        with(
            5,
            "panicked",
            Outcome::Panicked,
            error("index out of bounds"),
        ),
        with(6, "cancelled", Outcome::Cancelled, Status::Unset),
        with(
            7,
            "cancelled after an error",
            Outcome::Cancelled,
            error("late"),
        ),
        with(8, "an error that is none", Outcome::Error, Status::Ok),
        with(
            9,
            "panicked, recorded",
            Outcome::Panicked,
            error("panicked"),
        ),
    ];
    check(
        &spans,
        TreeOptions {
            check_marks: true,
            ..TreeOptions::compact()
        },
        expect![[r#"
            root                          ✓
            ├─ fine                       ✓
            ├─ failed                     error: no such card
            ├─ failed without a word      error
            ├─ panicked                   panicked: index out of bounds
            ├─ cancelled                  cancelled
            ├─ cancelled after an error   cancelled, error: late
            ├─ an error that is none      ✓
            └─ panicked, recorded         panicked
        "#]],
    );
}

#[test]
fn foreign_text_cannot_reach_the_terminal() {
    let mut hostile = failed(
        "\u{1b}]0;title\u{7}\r\nroot",
        span(2, 1, "a\u{1b}[2J\nb", 0..1),
    );
    hostile.service_name = "\u{202e}pohs".into();
    hostile.add_tag("key\n", "value\u{8}");
    hostile.logs.push(Log {
        time: at(0),
        message: "one\ntwo".into(),
        fields: Vec::new(),
    });
    let spans = [span(1, 0, "root", 0..1), hostile];
    let options = TreeOptions {
        tags: true,
        logs: true,
        bar_width: 0,
        durations: false,
        ..TreeOptions::default()
    };
    check(
        &spans,
        options,
        expect![[r#"
        root (shop)                       ✓
        └─ a\u{1b}[2J\nb (\u{202e}pohs)   error: \u{1b}]0;title\u{7}\r\nroot
              key\n = value\u{8}
              +0 ns  one\ntwo
    "#]],
    );
    assert!(
        !Summary::from_trace(&trace(&spans))
            .to_string()
            .contains('\u{1b}')
    );
}

#[test]
fn wide_and_combining_characters_do_not_shift_columns() {
    let names = ["注文", "cafe\u{301}", "plain"];
    let mut spans = checkout();
    for (span, name) in spans.iter_mut().zip(names) {
        span.operation_name = name.into();
    }
    check(
        &spans,
        TreeOptions::default(),
        expect![[r#"
        注文 (shop)          30.0 ms  ████████████████████  100%  error: card declined
        ├─ café (bank)       15.0 ms     ██████████          50%  error: card declined  1 link
        │  └─ plain (shop)   13.0 ms      █████████          43%  error
        └─ mail (shop)       10.0 ms               ███████   33%  ✓
    "#]],
    );
    let summaries = [
        Summary::from_trace(&trace(&spans)),
        Summary::from_trace(&trace(&checkout())),
    ];
    let table = trace_core::SummaryTable(&summaries).to_string();
    expect![[r#"
        trace                             root             duration  spans  errors  slowest span           largest self time
        00000000000000000000000000000001  注文 (shop)       30.0 ms      4       3  café (bank) 15.0 ms    plain (shop) 13.0 ms
        00000000000000000000000000000001  checkout (shop)   30.0 ms      4       3  charge (bank) 15.0 ms  debit (shop) 13.0 ms
    "#]].assert_eq(&table);
}

#[test]
fn long_text_is_cut() {
    let mut long = span(1, 0, "op", 0..1);
    long.operation_name = "é".repeat(500).into();
    let options = TreeOptions {
        max_text: 10,
        ..TreeOptions::compact()
    };
    check(
        &[long],
        options,
        expect![[r#"
        ééééééééé…
    "#]],
    );
}

#[test]
fn orphans_more_roots_and_cycles_are_marked() {
    let spans = [
        span(1, 0, "root", 0..10),
        span(2, 0, "second", 10..20),
        span(3, 9, "lost", 5..40),
        span(4, 3, "below lost", 5..6),
        span(5, 5, "itself", 7..8),
    ];
    check(
        &spans,
        TreeOptions::default(),
        expect![[r#"
            root (shop)            10.0 ms  █████                 25%  ✓
            second (shop)          10.0 ms       █████            25%  ✓  another root
            lost (shop)            35.0 ms     █████████████████  88%  ✓  orphan of 0000000000000009
            └─ below lost (shop)   1.00 ms     ▏                   3%  ✓
            itself (shop)          1.00 ms      ▏                  3%  ✓  cycle
        "#]],
    );
}

#[test]
fn spans_outside_the_roots_time_are_within_the_bar() {
    let spans = [
        span(1, 0, "root", 100..200),
        span(2, 1, "before", 0..50),
        span(3, 1, "across the start", 50..150),
        span(4, 1, "a moment", 150..150),
        span(5, 1, "at the end", 200..200),
        span(6, 1, "after", 300..400),
    ];
    check(
        &spans,
        TreeOptions::default(),
        expect![[r#"
            root (shop)                   100 ms       █████            25%  ✓
            ├─ before (shop)             50.0 ms  ███                   13%  ✓
            ├─ across the start (shop)    100 ms     █████              25%  ✓
            ├─ a moment (shop)              0 ns          ▏              0%  ✓
            ├─ at the end (shop)            0 ns            ▏            0%  ✓
            └─ after (shop)               100 ms                 █████  25%  ✓
        "#]],
    );
    check(
        &[span(1, 0, "no time", 5..5), span(2, 1, "neither", 5..5)],
        TreeOptions::default(),
        expect![[r#"
            no time (shop)      0 ns  ████████████████████  100%  ✓
            └─ neither (shop)   0 ns  ████████████████████  100%  ✓
        "#]],
    );
}

#[test]
fn what_limits_dropped_in_a_span_is_shown() {
    let dropped = |tags, logs, links| DroppedItems { tags, logs, links };
    let mut spans = [
        span(1, 0, "root", 0..10),
        span(2, 1, "tags", 1..2),
        span(3, 1, "two", 2..3),
        span(4, 1, "all", 3..4),
    ];
    spans[1].dropped = dropped(172, 0, 0);
    spans[2].dropped = dropped(0, 1, 2);
    spans[3].dropped = dropped(1, 2, 1);
    check(
        &spans,
        TreeOptions::compact(),
        expect![[r#"
            root
            ├─ tags   172 tags dropped
            ├─ two    1 log and 2 links dropped
            └─ all    1 tag, 2 logs and 1 link dropped
        "#]],
    );
}

#[test]
fn a_large_trace_is_cut_and_the_rest_counted() {
    let mut spans: Vec<_> = (2..=125).map(|id| span(id, 1, "op", id..id + 1)).collect();
    spans.push(span(1, 0, "root", 0..200));
    let options = TreeOptions {
        max_spans: 3,
        ..TreeOptions::compact()
    };
    check(
        &spans,
        options.clone(),
        expect![[r#"
        root
        ├─ op
        ├─ op
        … 122 more spans
    "#]],
    );
    let none = TreeOptions {
        max_spans: 0,
        ..options
    };
    check(
        &spans,
        none,
        expect![[r#"
        … 125 more spans
    "#]],
    );
    let chain: Vec<_> = (1..=9).map(|id| span(id, id - 1, "op", id..20)).collect();
    let options = TreeOptions {
        max_depth: 3,
        ..TreeOptions::compact()
    };
    check(
        &chain,
        options,
        expect![[r#"
        op
        └─ op
           └─ op
        … 6 more spans
    "#]],
    );
}

#[test]
fn a_deep_chain_shows_without_square_memory() {
    let chain: Vec<_> = (1..=20_000)
        .map(|id| span(id, id - 1, "op", id..30_000))
        .collect();
    let options = TreeOptions {
        max_spans: usize::MAX,
        ..TreeOptions::default()
    };
    let text = trace(&chain).tree_with(options).to_string();
    assert!(text.ends_with("… 19900 more spans\n"));
}

#[test]
fn durations_have_three_significant_digits() {
    let text = |nanos: u64| HumanDuration(Duration::from_nanos(nanos)).to_string();
    let expected = [
        (0, "0 ns"),
        (1, "1 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (1_004, "1.00 µs"),
        (1_005, "1.01 µs"),
        (9_994, "9.99 µs"),
        (9_995, "10.0 µs"),
        (99_949, "99.9 µs"),
        (99_950, "100 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (1_500_000_000, "1.50 s"),
        (59_000_000_000, "59.0 s"),
        (999_499_999_999, "999 s"),
        (3_600_000_000_000, "3600 s"),
    ];
    for (nanos, expected) in expected {
        assert_eq!(text(nanos), expected, "{nanos} ns");
    }
    assert_eq!(
        HumanDuration(Duration::MAX).to_string(),
        "18446744073709551616 s"
    );
    assert_eq!(
        format!("{:>9}|", HumanDuration(Duration::ZERO)),
        "     0 ns|"
    );
}
