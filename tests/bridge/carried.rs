//! What finds its trace although no trace runs where it is, or although the bridge has refused a
//! span around it.

use std::sync::Mutex;

use trace_bridge::{Bridge, BridgeSubscriber};
use trace_core::traced;
use tracing::{Dispatch, Span};
use tracing_subscriber::prelude::*;

use crate::harness::{Lines, Recorded, check, check_subscribers};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

fn on_a_thread(body: impl FnOnce() + Send) {
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    std::thread::scope(|threads| {
        threads.spawn(move || tracing::dispatcher::with_default(&dispatch, body));
    });
}

#[test]
fn a_parent_is_followed_where_no_trace_runs() {
    check(
        &Bridge::new(),
        || {
            let parent = tracing::info_span!("parent");
            on_a_thread(|| {
                tracing::info!(parent: &parent, "an event");
                tracing::info_span!(parent: &parent, "child").in_scope(|| ours(|| ()));
                tracing::info!("lost");
            });
        },
        "
        root
          parent
            - an event
            child
              ours
        ",
    );
}

#[test]
fn a_handle_within_a_span_that_the_rules_refuse_carries_the_trace() {
    check_subscribers(
        &Bridge::new(),
        || {
            ours(|| {
                tracing::trace_span!("too quiet").in_scope(|| {
                    let span = Span::current();
                    on_a_thread(|| span.in_scope(|| ours(|| ())));
                });
            });
        },
        "
        root
          ours
            ours
        ",
    );
}

/// The stack's span of `Span::current()` is the one that it has without the bridge.
#[test]
fn fields_of_a_span_that_the_rules_refuse_are_only_in_lines() {
    let lines = Lines::default();
    let stack = tracing_subscriber::registry().with(
        tracing_subscriber::fmt::layer()
            .with_writer(lines.clone())
            .with_ansi(false)
            .without_time(),
    );
    let dispatch = Dispatch::new(trace_bridge::around(stack));
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(&dispatch, || {
        recorded.tracer.root("root").run_sync(|| {
            let field = tracing::field::Empty;
            tracing::trace_span!("too quiet", password = field).in_scope(|| {
                Span::current().record("password", "of lines");
                tracing::info!("a line");
            });
        });
    });
    assert_eq!(recorded.tree(), "root\n  - a line\n");
    let lines = lines.text();
    assert!(
        lines.contains("too quiet{password=\"of lines\"}"),
        "{lines}"
    );
}

#[test]
fn a_span_outside_a_trace_is_counted_once() {
    let kept = Mutex::new(Vec::new());
    for stack in [false, true] {
        let dispatch = match stack {
            false => Dispatch::new(trace_bridge::subscriber()),
            true => Dispatch::new(trace_bridge::around(registry())),
        };
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info_span!("before any").in_scope(|| ());
            recorded.tracer.root("root").run_sync(|| {
                kept.lock().unwrap().push(tracing::info_span!("open"));
            });
            tracing::info_span!("while one is open").in_scope(|| ());
            tracing::trace_span!("that the rules refuse").in_scope(|| ());
            kept.lock().unwrap().clear();
        });
        let alone = dispatch.downcast_ref::<BridgeSubscriber>();
        let around = dispatch.downcast_ref::<trace_bridge::Around<tracing_subscriber::Registry>>();
        let stats = alone.map(BridgeSubscriber::stats);
        let stats = stats.or_else(|| around.map(trace_bridge::Around::stats));
        assert_eq!(stats.unwrap().ignored_spans, 2, "{stack}");
    }
}

fn registry() -> tracing_subscriber::Registry {
    tracing_subscriber::registry()
}
