//! Several propagators: who wins, and what is said of the others.

use expect_test::expect;
use trace_core::propagation::{
    B3Propagator, BaggagePropagator, CompositePropagator, Extracted, Extractor, HeaderProblem,
    Injector, JaegerPropagator, Propagator, TraceContextPropagator, W3cPropagator,
    XTracePropagator, XrayPropagator,
};
use trace_core::{SpanId, TraceContext, TraceId};

use super::{check_found, written};

const GOOD: (&str, &str) = (
    "traceparent",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
);
const B3: (&str, &str) = ("b3", "000000000000000a-000000000000000b-0");

fn all() -> CompositePropagator {
    CompositePropagator::new()
        .with(W3cPropagator)
        .with(B3Propagator)
        .with(JaegerPropagator)
        .with(XrayPropagator)
        .with(XTracePropagator)
}

#[test]
fn the_first_good_context_wins() {
    let headers = [B3, GOOD, ("uber-trace-id", "c:d:0:1")];
    check_found(
        &all(),
        &headers,
        &expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
        "#]],
    );
    let other_order = CompositePropagator::new()
        .with(B3Propagator)
        .with(W3cPropagator);
    check_found(
        &other_order,
        &headers,
        &expect![[r#"
            0000000000000000000000000000000a 000000000000000b, not sampled
        "#]],
    );
}

#[test]
fn one_that_fails_neither_clears_nor_blocks_and_is_reported() {
    let bad = ("traceparent", "00-bad");
    check_found(
        &all(),
        &[bad, B3, ("uber-trace-id", "c:d:0:1"), ("baggage", "a=1")],
        &expect![[r#"
            0000000000000000000000000000000a 000000000000000b, not sampled
            {"a": "1"}
            traceparent: `trace-id` in `traceparent` has 3 characters; expected 32 lower-case hex digits
        "#]],
    );
}

#[test]
fn what_a_good_context_made_irrelevant_is_no_problem() {
    let irrelevant = [
        GOOD,
        ("b3", "nonsense"),
        ("uber-trace-id", "nonsense"),
        ("x-amzn-trace-id", "nonsense"),
        ("x-trace-id", "nonsense"),
        ("x-sampled", "nonsense"),
    ];
    check_found(
        &all(),
        &irrelevant,
        &expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
        "#]],
    );
    // Without that context each of them is.
    let found = all().extract(&&irrelevant[1..]);
    assert_eq!((found.context, found.problems.len()), (None, 4));
}

#[test]
fn baggage_is_apart() {
    let propagator = CompositePropagator::new()
        .with(B3Propagator)
        .with(BaggagePropagator)
        .with(JaegerPropagator);
    check_found(
        &propagator,
        &[
            B3,
            ("baggage", "a=1,bad"),
            ("uberctx-c", "2"),
            ("uberctx-d e", "3"),
        ],
        &expect![[r#"
            0000000000000000000000000000000a 000000000000000b, not sampled
            {"a": "1"}
            baggage: `bad`, member 2 of `baggage`, has no `=`; expected `key=value`
        "#]],
    );
    check_found(
        &propagator,
        &[B3, ("uberctx-c", "2"), ("uberctx-d e", "3")],
        &expect![[r#"
            0000000000000000000000000000000a 000000000000000b, not sampled
            {"c": "2"}
            uberctx-d e: `uberctx-d e`: baggage key `d e` has ` ` at position 1; expected letters, digits, and !#$%&'*+-.^_`|~
        "#]],
    );
}

/// The ids that nginx, HAProxy and Caddy mint.
#[test]
fn minted_ids_are_no_problem() {
    let minted = [
        "50a17f7942454a279fe6e59148ff6374",
        "50A17F7942454A279FE6E59148FF6374",
        "50a17f79-4245-4a27-9fe6-e59148ff6374",
    ];
    let orders = [
        all(),
        CompositePropagator::new()
            .with(XTracePropagator)
            .with(W3cPropagator),
    ];
    for (propagator, id) in orders.iter().flat_map(|order| minted.map(|id| (order, id))) {
        let found = propagator.extract(&[GOOD, ("X-Trace-Id", id)]);
        assert_eq!(found.problems, []);
        assert_eq!(found.start, <_>::default());
        let context = found.context.unwrap();
        assert_eq!(context.span_id.to_string(), "00f067aa0ba902b7");

        let found = propagator.extract(&[("X-Trace-Id", id)]);
        assert_eq!((found.context, found.problems), (None, Vec::new()));
        let trace_id = found.start.trace_id.unwrap();
        assert_eq!(trace_id.to_string(), minted[0]);
    }
}

/// An id and a decision may come from two, as long as no context does.
#[test]
fn a_start_is_put_together() {
    check_found(
        &all(),
        &[("b3", "0"), ("x-trace-id", "4bf92f3577b34da6")],
        &expect![[r#"
            start: 00000000000000004bf92f3577b34da6
            start: not sampled
        "#]],
    );
}

/// A propagator of another crate.
struct Foreign;

impl Propagator for Foreign {
    fn inject(&self, _context: &TraceContext, _headers: &mut dyn Injector) {}

    fn extract(&self, _headers: &dyn Extractor) -> Extracted {
        let mut found = Extracted::default();
        found.problems.push(HeaderProblem::new("x-foreign", "bad"));
        let baggage = HeaderProblem::of_baggage("x-foreign-baggage", "bad");
        found.problems.push(baggage);
        found
    }
}

#[test]
fn a_foreign_propagator_says_which_problems_are_of_baggage() {
    let propagator = CompositePropagator::new()
        .with(TraceContextPropagator)
        .with(Foreign);
    let headers = |found: Extracted| -> Vec<String> {
        let problems = found.problems.iter();
        problems
            .map(|problem| problem.header().to_owned())
            .collect()
    };
    assert_eq!(
        headers(propagator.extract(&[("a", "")])),
        ["x-foreign", "x-foreign-baggage"]
    );
    assert_eq!(headers(propagator.extract(&[GOOD])), ["x-foreign-baggage"]);
}

#[test]
fn names_make_a_composite_in_their_order() {
    let context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
    let first_names = |names: &str| {
        let (propagator, unknown) = CompositePropagator::from_names(names);
        assert_eq!(unknown, [""; 0]);
        let headers = written(&propagator, &context);
        let names = headers.lines().map(|line| line.split_once(':').unwrap().0);
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(first_names(""), "traceparent");
    assert_eq!(first_names(" , "), "traceparent");
    assert_eq!(first_names("none"), "");
    assert_eq!(first_names("B3, TraceContext,b3"), "b3 traceparent");
    assert_eq!(
        first_names("baggage,b3multi,jaeger,xray,datadog,xtrace"),
        "x-b3-traceid x-b3-spanid x-b3-sampled uber-trace-id x-amzn-trace-id x-datadog-trace-id \
         x-datadog-parent-id x-datadog-sampling-priority x-trace-id x-span-id x-sampled"
    );

    let (propagator, unknown) = CompositePropagator::from_names("zipkin,b3,ottrace,");
    assert_eq!(unknown, ["zipkin", "ottrace"]);
    assert!(written(&propagator, &context).starts_with("b3: "));
    let (propagator, unknown) = CompositePropagator::from_names("zipkin");
    assert_eq!(unknown, ["zipkin"]);
    assert!(written(&propagator, &context).starts_with("traceparent: "));
}
