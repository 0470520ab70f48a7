//! Around a stack of `tracing-subscriber`: what it sees, and what is taken out of it.

use std::sync::Mutex;

use trace_bridge::{Bridge, JsonWithIds, WithIds};
use trace_core::traced;
use tracing::{Dispatch, Level, Span};
use tracing_error::{ErrorLayer, SpanTrace};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::prelude::*;

use crate::harness::{Lines, Recorded};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

fn lines_layer<S>(lines: &Lines) -> impl tracing_subscriber::Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .with_ansi(false)
        .without_time()
}

fn run(dispatch: &Dispatch, body: impl FnOnce()) -> String {
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(dispatch, || recorded.tracer.root("root").run_sync(body));
    recorded.tree()
}

fn nested() {
    tracing::info_span!("outer", id = 1).in_scope(|| {
        ours(|| {
            tracing::debug_span!("inner").in_scope(|| {
                tracing::info!("quiet");
                tracing::warn!("loud");
            });
        });
    });
}

const NESTED: &str = "root
  outer id=1
    ours
      inner
        - quiet
        - loud
";

#[test]
fn lines_are_as_without_the_bridge_and_spans_are_all_there() {
    for filter in [
        "off",
        "warn",
        "info",
        "debug",
        "warn,bridge::around=info",
        "[outer]=debug",
    ] {
        let stacks: [fn(&Lines, &str) -> Dispatch; 4] = [
            |lines, filter| {
                let stack = tracing_subscriber::registry().with(lines_layer(lines));
                Dispatch::new(stack.with(EnvFilter::new(filter)))
            },
            |lines, filter| {
                let layer = lines_layer(lines).with_filter(EnvFilter::new(filter));
                Dispatch::new(tracing_subscriber::registry().with(layer))
            },
            |lines, filter| {
                let stack = tracing_subscriber::registry().with(lines_layer(lines));
                Dispatch::new(trace_bridge::around(stack.with(EnvFilter::new(filter))))
            },
            |lines, filter| {
                let layer = lines_layer(lines).with_filter(EnvFilter::new(filter));
                Dispatch::new(trace_bridge::around(
                    tracing_subscriber::registry().with(layer),
                ))
            },
        ];
        let results = stacks.map(|stack| {
            let lines = Lines::default();
            let tree = run(&stack(&lines, filter), nested);
            (lines.text(), tree)
        });
        let [
            (whole, _),
            (layer, _),
            (around_whole, whole_tree),
            (around_layer, layer_tree),
        ] = results;
        assert_eq!(whole, around_whole, "{filter}");
        assert_eq!(layer, around_layer, "{filter}");
        assert_eq!(whole_tree, NESTED, "{filter}");
        assert_eq!(layer_tree, NESTED, "{filter}");
    }
}

/// `tracing-error` takes the registry out of the subscriber, and panics at an id that the
/// registry does not know.
#[test]
fn span_traces_find_each_id() {
    for filter in ["off", "warn", "info", "trace"] {
        let stack = tracing_subscriber::registry()
            .with(ErrorLayer::default())
            .with(EnvFilter::new(filter));
        let dispatch = Dispatch::new(trace_bridge::around(stack));
        let seen = Mutex::new(Vec::new());
        let capture = || {
            let trace = SpanTrace::capture();
            let mut names = Vec::new();
            trace.with_spans(|metadata, _| {
                names.push(metadata.name());
                true
            });
            seen.lock().unwrap().push(names);
        };
        run(&dispatch, || {
            capture();
            tracing::info_span!("outer").in_scope(|| {
                capture();
                ours(capture);
                ours(|| {
                    let current = Span::current();
                    current.in_scope(capture);
                    tracing::info_span!(parent: &current, "inner").in_scope(capture);
                });
            });
        });
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen.len(), 5, "{filter}");
        if filter == "info" || filter == "trace" {
            assert_eq!(seen[1], ["outer"], "{filter}");
            assert!(seen[2].contains(&"outer"), "{filter}: {seen:?}");
            assert_eq!(seen[4].first(), Some(&"inner"), "{filter}: {seen:?}");
        }
    }
}

#[test]
fn what_is_within_is_found_by_a_downcast() {
    let dispatch = Dispatch::new(trace_bridge::around(tracing_subscriber::registry()));
    assert!(
        dispatch
            .downcast_ref::<tracing_subscriber::Registry>()
            .is_some()
    );
    assert!(dispatch.downcast_ref::<EnvFilter>().is_none());
}

#[test]
fn a_filter_that_is_changed_changes_lines_and_no_spans() {
    let lines = Lines::default();
    let (filter, handle) = tracing_subscriber::reload::Layer::new(EnvFilter::new("warn"));
    let stack = tracing_subscriber::registry()
        .with(lines_layer(&lines))
        .with(filter);
    let dispatch = Dispatch::new(trace_bridge::around(stack));
    assert_eq!(run(&dispatch, nested), NESTED);
    assert_eq!(lines.text().lines().count(), 1);
    // Where the subscriber is current: if it is the only one of the process, `tracing` asks the
    // thread's own again what it wants.
    let reload = |filter| {
        let reload = || handle.reload(EnvFilter::new(filter)).unwrap();
        tracing::dispatcher::with_default(&dispatch, reload);
    };
    reload("info");
    assert_eq!(run(&dispatch, nested), NESTED);
    assert_eq!(lines.text().lines().count(), 3);
    reload("off");
    assert_eq!(run(&dispatch, nested), NESTED);
    assert_eq!(lines.text().lines().count(), 3);
}

#[test]
fn lines_have_the_ids_of_what_is_current_for_us() {
    let (text, json) = (Lines::default(), Lines::default());
    let stack = tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(text.clone())
                .with_timer(WithIds::new(SystemTime)),
        )
        .with(
            tracing_subscriber::fmt::layer()
                .json()
                .with_writer(json.clone())
                .event_format(JsonWithIds::new(format().json())),
        );
    let dispatch = Dispatch::new(Bridge::new().logs(Level::TRACE).around(stack));
    let mut ids = None;
    run(&dispatch, || {
        ours(|| {
            ids = trace_bridge::current_ids();
            tracing::info!("in a trace");
        });
    });
    tracing::dispatcher::with_default(&dispatch, || tracing::info!("outside"));
    let (trace_id, span_id) = ids.unwrap();
    let text = text.text();
    let [within, outside] = &text.lines().collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    assert!(
        within.contains(&format!("trace_id={trace_id} span_id={span_id}")),
        "{within}"
    );
    assert!(!outside.contains("trace_id"), "{outside}");
    let json = json.text();
    let [within, outside] = &json.lines().collect::<Vec<_>>()[..] else {
        panic!("{json}")
    };
    let start = format!("{{\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\",\"");
    assert!(
        within.starts_with(&start) && within.ends_with('}'),
        "{within}"
    );
    assert!(!outside.contains("trace_id"), "{outside}");
}

/// A layer that writes events and spans of its own.
struct Recursive;

impl<S> tracing_subscriber::Layer<S> for Recursive
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "recursive" {
            tracing::info_span!(target: "recursive", "within").in_scope(|| {
                tracing::info!(target: "recursive", "an event of an event");
                ours(|| ());
            });
        }
    }
}

#[test]
fn recording_within_an_event_is_no_deadlock() {
    let dispatch = Dispatch::new(trace_bridge::around(
        tracing_subscriber::registry().with(Recursive),
    ));
    let tree = run(&dispatch, || tracing::info!("first"));
    // `tracing` itself ignores what is recorded within a subscriber, for this thread.
    assert!(tree.starts_with("root\n  - first\n"), "{tree}");
}
