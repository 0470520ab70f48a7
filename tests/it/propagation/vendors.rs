//! The formats that are not the W3C's: what is read, what is said, what is written.

mod datadog;
mod xray;

use expect_test::{Expect, expect};
use trace_core::propagation::{
    B3MultiPropagator, B3Propagator, DatadogPropagator, JaegerPropagator, Propagator,
    XTracePropagator, XrayPropagator,
};
use trace_core::{SpanId, TraceContext, TraceFlags, TraceId};

use super::{check_found, written};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// A context of each kind of decision.
fn contexts() -> impl Iterator<Item = TraceContext> {
    let flags = [
        TraceFlags::SAMPLED,
        TraceFlags::NONE.with_random(true),
        TraceFlags::DEBUG,
        TraceFlags::DEFERRED,
    ];
    flags.into_iter().map(|flags| TraceContext {
        flags,
        parent_span_id: SpanId::new(0xc),
        ..TraceContext::new(TRACE.parse().unwrap(), SPAN.parse().unwrap())
    })
}

#[track_caller]
fn check_written(propagator: &dyn Propagator, expect: &Expect) {
    let texts: Vec<String> = contexts()
        .map(|context| written(propagator, &context))
        .collect();
    expect.assert_eq(&texts.join("\n"));
}

#[test]
fn b3_in_one_header() {
    let both: [&dyn Propagator; 2] = [&B3Propagator, &B3MultiPropagator];
    let check = |value: &str, expect: Expect| {
        for propagator in both {
            check_found(propagator, &[("B3", value)], &expect);
        }
    };
    check(
        &format!("{TRACE}-{SPAN}-1-05e3ac9a4f6e3b90"),
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 below 05e3ac9a4f6e3b90, sampled
        "#]],
    );
    check(
        " A3CE929D0E0E4736-00F067AA0BA902B7-0\t",
        expect![[r#"
            0000000000000000a3ce929d0e0e4736 00f067aa0ba902b7, not sampled
        "#]],
    );
    check(
        &format!("{TRACE}-{SPAN}-d"),
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, debug
        "#]],
    );
    check(
        &format!("{TRACE}-{SPAN}"),
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, not decided
        "#]],
    );
    check(
        "0",
        expect![[r#"
        start: not sampled
    "#]],
    );
    check(
        "1",
        expect![[r#"
        start: sampled
    "#]],
    );
    check(
        "d",
        expect![[r#"
        start: debug
    "#]],
    );
    check(
        &format!("{TRACE}-{SPAN}-x-0"),
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, not decided
            b3: sampling state in `b3` is `x`; expected `0`, `1` or `d`
            b3: parent span id in `b3` has 1 characters; expected 16 hex digits, not all 0
        "#]],
    );
    check(
        "",
        expect![[r#"
        b3: `b3` is ``; expected `{trace id}-{span id}`, or a sampling state alone: `0`, `1` or `d`
    "#]],
    );
    check(
        &format!("{TRACE}0-{SPAN}-1"),
        expect![[r#"
            b3: trace id in `b3` has 33 characters; expected 16 or 32 hex digits, not all 0
        "#]],
    );
    check(
        &format!("{TRACE}-0000000000000000-1"),
        expect![[r#"
            b3: span id in `b3` is all zeros; expected 16 hex digits, not all 0
        "#]],
    );
    check(
        &format!("{TRACE}-{SPAN}-1-{SPAN}-"),
        expect![[r#"
            b3: parent span id in `b3` is not the end; expected four parts, joined with `-`
        "#]],
    );
    check_written(
        &B3Propagator,
        &expect![[r#"
            b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1

            b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0

            b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d

            b3: 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7
        "#]],
    );
}

#[test]
fn b3_in_several_headers() {
    let ids = [("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN)];
    let check = |others: &[(&str, &str)], expect: Expect| {
        check_found(&B3Propagator, &[&ids[..], others].concat(), &expect);
        check_found(&B3MultiPropagator, &[others, &ids[..]].concat(), &expect);
    };
    check(
        &[
            ("X-B3-ParentSpanId", "05e3ac9a4f6e3b90"),
            ("X-B3-Sampled", "1"),
        ],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 below 05e3ac9a4f6e3b90, sampled
        "#]],
    );
    check(
        &[("X-B3-Sampled", "False")],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, not sampled
        "#]],
    );
    check(
        &[("X-B3-Flags", "1"), ("X-B3-Sampled", "0")],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, debug
        "#]],
    );
    check(
        &[("X-B3-Flags", "0")],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, not decided
        "#]],
    );
    check(
        &[
            ("X-B3-Flags", "2"),
            ("X-B3-Sampled", "d"),
            ("X-B3-ParentSpanId", ""),
        ],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, not decided
            x-b3-flags: `x-b3-flags` is `2`; expected `1` for debug
            x-b3-sampled: `x-b3-sampled` is `d`; expected `0` or `1`
            x-b3-parentspanid: `x-b3-parentspanid` has 0 characters; expected 16 hex digits, not all 0
        "#]],
    );
    // The one header is read first, and a bad one does not block the others.
    check(
        &[("b3", "000000000000000a-000000000000000b-1")],
        expect![[r#"
            0000000000000000000000000000000a 000000000000000b, sampled
        "#]],
    );
    // A state alone is all that counts, too.
    check(
        &[("b3", "0"), ("X-B3-Sampled", "1")],
        expect![[r#"
            start: not sampled
        "#]],
    );
    check(
        &[("b3", "x"), ("X-B3-Sampled", "1")],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
            b3: `b3` is `x`; expected `{trace id}-{span id}`, or a sampling state alone: `0`, `1` or `d`
        "#]],
    );
    check_found(
        &B3Propagator,
        &[("X-B3-Sampled", "0")],
        &expect![[r#"
            start: not sampled
        "#]],
    );
    check_found(
        &B3Propagator,
        &[("X-B3-Flags", "1")],
        &expect![[r#"
            start: debug
        "#]],
    );
    check_found(
        &B3Propagator,
        &ids[..1],
        &expect![[r#"
            x-b3-spanid: `x-b3-spanid` is missing; expected `x-b3-traceid` and `x-b3-spanid` together
        "#]],
    );
    check_written(
        &B3MultiPropagator,
        &expect![[r#"
            x-b3-traceid: 4bf92f3577b34da6a3ce929d0e0e4736
            x-b3-spanid: 00f067aa0ba902b7
            x-b3-sampled: 1

            x-b3-traceid: 4bf92f3577b34da6a3ce929d0e0e4736
            x-b3-spanid: 00f067aa0ba902b7
            x-b3-sampled: 0

            x-b3-traceid: 4bf92f3577b34da6a3ce929d0e0e4736
            x-b3-spanid: 00f067aa0ba902b7
            x-b3-flags: 1

            x-b3-traceid: 4bf92f3577b34da6a3ce929d0e0e4736
            x-b3-spanid: 00f067aa0ba902b7
        "#]],
    );
}

#[test]
fn jaeger() {
    let check = |value: &str, expect: Expect| {
        check_found(&JaegerPropagator, &[("Uber-Trace-Id", value)], &expect);
    };
    check(
        &format!("{TRACE}:{SPAN}:0000000000000000:03"),
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, debug
        "#]],
    );
    check(
        "a:B::1",
        expect![[r#"
        0000000000000000000000000000000a 000000000000000b, sampled
    "#]],
    );
    check(
        "a%3Ab%3ac%3A8",
        expect![[r#"
        0000000000000000000000000000000a 000000000000000b below 000000000000000c, not sampled
    "#]],
    );
    check(
        "a:b:12345678123456789:1",
        expect![[r#"
        0000000000000000000000000000000a 000000000000000b, sampled
        uber-trace-id: parent span id in `uber-trace-id` has 17 characters; expected 1 to 16 hex digits
    "#]],
    );
    check(
        "a:0:0:1",
        expect![[r#"
        uber-trace-id: span id in `uber-trace-id` is all zeros; expected 1 to 16 hex digits, not all 0
    "#]],
    );
    check(
        "a:b:0",
        expect![[r#"
        uber-trace-id: flags in `uber-trace-id` is missing; expected 1 or 2 hex digits
    "#]],
    );
    check(
        "a:b:0:001",
        expect![[r#"
        uber-trace-id: flags in `uber-trace-id` has 3 characters; expected 1 or 2 hex digits
    "#]],
    );
    check(
        "a:b:0:1:",
        expect![[r#"
        uber-trace-id: flags in `uber-trace-id` is not the end; expected four parts, joined with `:`
    "#]],
    );
    check(
        &format!("0{TRACE}:{SPAN}:0:1"),
        expect![[r#"
        uber-trace-id: trace id in `uber-trace-id` has 33 characters; expected 1 to 32 hex digits, not all 0
    "#]],
    );
    check_written(
        &JaegerPropagator,
        &expect![[r#"
            uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1

            uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:0

            uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:3

            uber-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:0
        "#]],
    );
}

#[test]
fn jaeger_has_a_header_for_each_entry_of_the_baggage() {
    check_found(
        &JaegerPropagator,
        &[
            ("uber-trace-id", "a:b:0:1"),
            ("Uberctx-Tenant", "Am%C3%A9lie+%26%20co"),
            ("uberctx-raw", "50% é%4"),
            ("uberctx-", "nobody"),
            ("uberctx", "another header"),
        ],
        &expect![[r#"
            0000000000000000000000000000000a 000000000000000b, sampled
            {"tenant": "Amélie & co", "raw": "50% é%4"}
            uberctx-: `uberctx-`: baggage key is empty; expected letters, digits, and !#$%&'*+-.^_`|~
        "#]],
    );
    let mut context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
    context.baggage.insert("Tenant", "a,b\r\nc: +é").unwrap();
    assert_eq!(
        written(&JaegerPropagator, &context),
        "uber-trace-id: 0000000000000000000000000000000a:000000000000000b:0:1\n\
         uberctx-tenant: a%2Cb%0D%0Ac%3A%20%2B%C3%A9\n"
    );
    // What was there before is another trace's.
    let mut used = vec![("Uberctx-Secret".to_owned(), "1".to_owned())];
    JaegerPropagator.inject(&context, &mut used);
    assert!(used.iter().all(|(name, _)| name != "Uberctx-Secret"));

    let found = JaegerPropagator.extract(&[("UBERCTX-a\r\nb", "1")]);
    assert_eq!(found.problems[0].header(), "uberctx-a\\r\\nb");
    assert!(
        found.problems[0]
            .to_string()
            .starts_with("`uberctx-a\\r\\nb`: ")
    );

    let many = (0..1_000).map(|number| (format!("uberctx-key{number}"), "1"));
    let found = JaegerPropagator.extract(&many.collect::<Vec<_>>());
    assert_eq!((found.baggage.len(), found.problems.len()), (64, 65));
    assert_eq!(found.problems[64].count(), 872);
    assert_eq!(
        found.problems[64].to_string(),
        "872 more headers `uberctx-…` are left out; expected up to 64"
    );
}

#[test]
fn x_trace() {
    let (trace, span) = (("X-Trace-Id", TRACE), ("X-Span-Id", SPAN));
    let check = |headers: &[(&str, &str)], expect: Expect| {
        check_found(&XTracePropagator, headers, &expect);
    };
    check(&[], expect![[""]]);
    check(
        &[trace, ("X-Span-Id", "00F067AA0BA902B7")],
        expect![[r#"
        4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
    "#]],
    );
    check(
        &[span],
        expect![[r#"
        x-trace-id: `x-trace-id` is missing; expected `x-trace-id` beside `x-span-id`
    "#]],
    );
    check(
        &[
            trace,
            span,
            ("X-Parent-Span-Id", "0000000000000000"),
            ("X-Sampled", "yes"),
        ],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
            x-sampled: `x-sampled` is `yes`; expected `1` or `0`
            x-parent-span-id: `x-parent-span-id` is all zeros; expected 16 hex digits, not all 0
        "#]],
    );
    // As proxies mint it.
    for id in [
        TRACE,
        "4BF92F3577B34DA6A3CE929D0E0E4736",
        "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    ] {
        check(
            &[("X-Trace-Id", id)],
            expect![[r#"
            start: 4bf92f3577b34da6a3ce929d0e0e4736
        "#]],
        );
    }
    check(
        &[("X-Trace-Id", "A3CE929D0E0E4736"), ("X-Sampled", "0")],
        expect![[r#"
        start: 0000000000000000a3ce929d0e0e4736
        start: not sampled
    "#]],
    );
    check(
        &[("X-Trace-Id", "4bf92f3-577b3-4da6-a3ce-929d0e0e4736")],
        expect![[r#"
        x-trace-id: `x-trace-id` has `-` at position 7; expected 16 or 32 hex digits, not all 0, or a UUID
    "#]],
    );
    check(
        &[("X-Trace-Id", "00000000-0000-0000-0000-000000000000")],
        expect![[r#"
        x-trace-id: `x-trace-id` is all zeros; expected 16 or 32 hex digits, not all 0, or a UUID
    "#]],
    );
    check_written(
        &XTracePropagator,
        &expect![[r#"
            x-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736
            x-span-id: 00f067aa0ba902b7
            x-parent-span-id: 000000000000000c
            x-sampled: 1

            x-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736
            x-span-id: 00f067aa0ba902b7
            x-parent-span-id: 000000000000000c
            x-sampled: 0

            x-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736
            x-span-id: 00f067aa0ba902b7
            x-parent-span-id: 000000000000000c
            x-sampled: 1

            x-trace-id: 4bf92f3577b34da6a3ce929d0e0e4736
            x-span-id: 00f067aa0ba902b7
            x-parent-span-id: 000000000000000c
            x-sampled: 0
        "#]],
    );
}
