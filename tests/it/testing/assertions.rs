//! Tests of the assertions on traces: their arguments and failure messages.

use std::sync::Arc;

use expect_test::expect;
use trace_core::testing::TestTracer;
use trace_core::{
    AlwaysOff, Trace, TraceContext, Tracer, TreeOptions, assert_no_orphans, assert_trace, span,
    trace,
};

use super::fails;
use crate::spans::{span_id, trace_id};

fn declined() -> Trace {
    let tracer = TestTracer::new();
    tracer.attach_sync(|| {
        trace_core::root("checkout")
            .tag("order.id", 42)
            .run_sync(|| {
                span::in_span("charge", || {
                    span::add_tag("order.id", 42);
                    span::add_tag("card", "visa gold");
                    span::record_error("card declined");
                });
                span::in_span("mail", || span::in_span("render", || {}));
            });
    });
    trace!(tracer)
}

#[test]
fn gaps_indentation_and_ownership_do_not_matter() {
    let trace = declined();
    assert_trace!(
        &trace,
        "
  checkout
  ├─ charge error:   card declined\t

  └─ mail
     └─ render
"
    );
    assert_trace!(
        &trace,
        "checkout
         ├─ charge error: card declined
         └─ mail
            └─ render"
    );
    let tree = trace.tree_with(TreeOptions::compact()).to_string();
    assert_trace!(trace, tree);
    assert_trace!(&&trace, &tree);
    assert_trace!(Arc::new(trace.clone()), tree.as_str());
    assert_trace!(&Arc::new(trace), tree,);
}

#[test]
fn depth_matters() {
    fails(
        || {
            assert_trace!(
                declined(),
                "
                checkout
                ├─ charge   error: card declined
                ├─ mail
                └─ render
            "
            );
        },
        expect![[r#"
            the trace differs from the expected tree (- expected, + actual):

                  checkout
                  ├─ charge      error: card declined
                - ├─ mail
                - └─ render
                + └─ mail
                +    └─ render

            the actual tree:

                checkout
                ├─ charge      error: card declined
                └─ mail
                   └─ render
        "#]],
    );
}

#[test]
fn tags_are_compared_where_they_are_named() {
    assert_trace!(
        declined(),
        "
        checkout      order.id=42
        ├─ charge     order.id=42 card=visa gold  error: card declined
        └─ mail
           └─ render
    "
    );
    fails(
        || {
            assert_trace!(
                declined(),
                "
                checkout      order.id=43
                ├─ charge     error: card declined
                └─ mail
                   └─ render
            "
            );
        },
        expect![[r#"
            the trace differs from the expected tree (- expected, + actual):

                - checkout      order.id=43
                - ├─ charge     error: card declined
                + checkout       order.id=42
                + ├─ charge      order.id=42  error: card declined
                  └─ mail
                     └─ render

            the actual tree:

                checkout       order.id=42
                ├─ charge      order.id=42  error: card declined
                └─ mail
                   └─ render
        "#]],
    );
}

#[test]
fn a_long_text_is_expected_whole_or_as_it_is_shown() {
    let text = |last: char| format!("{}{last}", "declined by the bank. ".repeat(10));
    let tracer = TestTracer::new();
    tracer.root("charge").run_sync(|| {
        span::add_tag("reason", "a".repeat(300));
        span::record_error(&text('.'));
    });
    let trace = trace!(tracer);
    let shown = trace.tree_with(TreeOptions::compact()).to_string();
    assert!(shown.contains('…'), "{shown}");
    assert_trace!(&trace, shown);
    assert_trace!(&trace, format!("charge  error: {}", text('.')));
    assert_trace!(
        &trace,
        format!("charge reason={} error: {}", "a".repeat(300), text('.'))
    );
    let other = std::panic::catch_unwind(|| {
        assert_trace!(&trace, format!("charge  error: {}", text('!')));
    });
    assert!(other.is_err(), "another text is the same when it is cut");
}

#[test]
fn a_trace_without_spans_can_be_compared() {
    fails(
        || assert_trace!(Trace::new(trace_id(1)), "checkout"),
        expect![[r#"
            the trace differs from the expected tree (- expected, + actual):

                - checkout

            the actual tree:

                (no spans)
        "#]],
    );
    assert_trace!(Trace::new(trace_id(1)), "");
}

#[test]
fn orphans_are_shown() {
    let remote = TraceContext::new(trace_id(1), span_id(9));
    let tracer = TestTracer::new();
    tracer.root("serve").remote_parent(remote).run_sync(|| {});
    fails(
        || tracer.assert_no_orphans(),
        expect![[r#"
        1 span has a parent that is not in the trace:

            serve   called from 0000000000000009, elsewhere
    "#]],
    );
    fails(
        || assert_no_orphans!(tracer.trace()),
        expect![[r#"
        1 span has a parent that is not in the trace:

            serve   called from 0000000000000009, elsewhere
    "#]],
    );
}

#[test]
fn no_trace_has_a_reason() {
    let tracer = TestTracer::new();
    fails(
        || drop(tracer.trace()),
        expect![[r#"
            no trace was recorded: nothing was traced; expected the test to run a `#[trace_root]` function or, in a `#[traced_test]`, a `#[traced]` one, and no `tokio::spawn` in between, which inherits nothing
        "#]],
    );
    tracer.root("open").run_sync(|| {
        fails(|| drop(tracer.trace()), expect![[r#"
            no trace was recorded: spans that have not ended, or whose task has not: 1; await them before
        "#]]);
    });
    assert_trace!(tracer.trace(), "open");

    let tracer = TestTracer::with("test", |builder| builder.sampler(AlwaysOff));
    tracer.root("refused").run_sync(|| {});
    fails(
        || drop(tracer.trace()),
        expect![[r#"
            no trace was recorded: traces that the sampler refused: 1
        "#]],
    );
    tracer.assert_conservation();

    fails(
        || drop(trace!()),
        expect![[r#"
        no test tracer surrounds this code; expected a `#[traced_test]`, `TestTracer::attach`, or a task that goes on with a trace of theirs (`trace_core::spawn`; `tokio::spawn` inherits nothing)
    "#]],
    );
    let elsewhere = Tracer::builder("other").on_demand().build().unwrap();
    elsewhere.attach_sync(|| fails(|| drop(trace!()), expect![[r#"
        no test tracer surrounds this code; expected a `#[traced_test]`, `TestTracer::attach`, or a task that goes on with a trace of theirs (`trace_core::spawn`; `tokio::spawn` inherits nothing)
    "#]]));
}
