//! Where no trace runs: spans are ignored and counted, or roots by a rule.

use trace_bridge::{Bridge, SpanExt, Targets};
use trace_core::traced;
use tracing::Level;

use crate::harness::{Recorded, faces};

#[traced]
fn ours() {}

#[test]
fn without_a_rule_spans_outside_a_trace_are_ignored_and_counted() {
    let subscriber = trace_bridge::subscriber();
    let dispatch = tracing::Dispatch::new(subscriber);
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(&dispatch, || {
        tracing::info_span!("ignored").in_scope(ours);
        recorded.tracer.root("root").run_sync(|| {
            tracing::info_span!(parent: None, "ignored, too").in_scope(ours);
        });
    });
    let bridge = dispatch
        .downcast_ref::<trace_bridge::BridgeSubscriber>()
        .unwrap();
    assert_eq!(bridge.stats().ignored_spans, 2);
    assert_eq!(recorded.tree(), "root\n  ours\n");
}

fn with_roots(body: impl Fn(), expected: &str) {
    let roots = "off,bridge::roots=info".parse::<Targets>().unwrap();
    for (face, dispatch) in faces(&Bridge::new().roots(roots)) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || recorded.tracer.attach_sync(&body));
        assert_eq!(recorded.tree(), expected, "{face}");
    }
}

#[test]
fn a_rule_makes_roots() {
    with_roots(
        || {
            tracing::info_span!("request", id = 1).in_scope(|| {
                ours();
                tracing::info_span!("below").in_scope(ours);
            });
            tracing::debug_span!("too quiet").in_scope(|| ());
            tracing::info_span!(target: "elsewhere", "not covered").in_scope(|| ());
        },
        "request id=1\n  ours\n  below\n    ours\n",
    );
}

#[test]
fn a_parent_can_be_set_until_the_root_is_entered() {
    let caller = Recorded::new();
    let mut context = None;
    caller
        .tracer
        .root("caller")
        .run_sync(|| context = trace_core::span::current_context());
    let mut context = context.unwrap();
    context.is_remote = true;
    let roots = Targets::from(Level::INFO);
    for (face, dispatch) in faces(&Bridge::new().roots(roots)) {
        let recorded = Recorded::new();
        let body = || {
            let span = tracing::info_span!("request", later = tracing::field::Empty);
            assert!(span.set_parent(context.clone()), "{face}");
            span.record("later", 1);
            span.in_scope(ours);
            assert!(!span.set_parent(context.clone()), "{face}");
        };
        tracing::dispatcher::with_default(&dispatch, || recorded.tracer.attach_sync(body));
        let spans = recorded.spans();
        let request = spans
            .iter()
            .find(|span| span.operation_name == "request")
            .unwrap();
        assert_eq!(request.trace_id, context.trace_id, "{face}");
        assert_eq!(request.parent_span_id, Some(context.span_id), "{face}");
        assert_eq!(
            request.tag("later").and_then(|v| v.as_i64()),
            Some(1),
            "{face}"
        );
    }
}

#[test]
fn links_tags_and_status_can_be_set_from_outside() {
    let recorded = Recorded::new();
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded_here = Recorded::new();
        let mut other = None;
        recorded
            .tracer
            .root("other")
            .run_sync(|| other = trace_core::span::current_context());
        let other = other.unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded_here.tracer.root("root").run_sync(|| {
                let span = tracing::info_span!("theirs");
                span.add_link(&other);
                span.set_attribute(format!("key.{}", 1), 2);
                span.set_status("no");
                let following = tracing::info_span!("following");
                following.follows_from(&span);
            });
        });
        let spans = recorded_here.spans();
        let named = |name: &str| {
            spans
                .iter()
                .find(|span| span.operation_name == name)
                .unwrap()
        };
        let theirs = named("theirs");
        assert_eq!(theirs.links[0].span_id, other.span_id, "{face}");
        assert_eq!(
            theirs.tag("key.1").and_then(|v| v.as_i64()),
            Some(2),
            "{face}"
        );
        assert!(theirs.is_error(), "{face}");
        assert_eq!(
            named("following").links[0].span_id,
            theirs.span_id,
            "{face}"
        );
    }
}
