//! What users have in their stacks, within a bridge: layers that keep spans, that panic, filters
//! of each sort, and other bridges.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use trace_bridge::Bridge;
use trace_core::traced;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Span, Subscriber};
use tracing_subscriber::filter::{FilterExt, Targets, dynamic_filter_fn, filter_fn};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::harness::{Lines, Recorded};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

fn tree_with(dispatch: &Dispatch, body: impl FnOnce()) -> String {
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(dispatch, || recorded.tracer.root("root").run_sync(body));
    recorded.tree()
}

/// A layer that keeps a span of its own in each span's extensions.
struct Keeps;

struct Kept {
    _own: Span,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeps {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        if span.extensions().get::<Kept>().is_none() {
            let kept = Kept {
                _own: tracing::info_span!(target: "kept", parent: None, "of a layer"),
            };
            span.extensions_mut().insert(kept);
        }
    }
}

/// A layer that keeps handles that the application gives it, until a span closes.
#[derive(Clone, Default)]
struct KeepsGiven(Arc<Mutex<Vec<Span>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for KeepsGiven {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "keeper" {
            let given: Vec<Span> = self.0.lock().unwrap().drain(..).collect();
            context.span(id).unwrap().extensions_mut().insert(given);
        }
    }
}

#[test]
fn spans_that_a_layer_keeps_in_spans_end_with_them() {
    for filter in ["off", "info"] {
        let given = KeepsGiven::default();
        let stack = tracing_subscriber::registry()
            .with(Keeps)
            .with(given.clone())
            .with(EnvFilter::new(filter));
        let dispatch = Dispatch::new(trace_bridge::around(stack));
        let tree = tree_with(&dispatch, || {
            let kept = tracing::info_span!("kept");
            let open_child = tracing::info_span!(parent: &kept, "child");
            given.0.lock().unwrap().push(kept);
            let keeper = tracing::info_span!("keeper");
            keeper.in_scope(|| ours(|| Span::current().in_scope(|| ())));
            // What is kept by no layer.
            given.0.lock().unwrap().clear();
            drop(keeper);
            drop(open_child);
        });
        let expected = "root\n  kept\n    child\n  keeper\n    ours\n";
        assert_eq!(tree, expected, "{filter}");
    }
}

/// A layer that panics, if it is told to.
#[derive(Clone, Default)]
struct Panics {
    at: Arc<Mutex<&'static str>>,
}

impl Panics {
    fn maybe(&self, at: &str) {
        if *self.at.lock().unwrap() == at {
            std::panic::resume_unwind(Box::new("of a layer"));
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Panics {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.maybe("new_span");
    }

    fn on_record(&self, _: &Id, _: &tracing::span::Record<'_>, _: Context<'_, S>) {
        self.maybe("record");
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.maybe("event");
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.maybe("enter");
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        self.maybe("exit");
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.maybe("close");
    }
}

#[test]
fn a_layer_that_panics_loses_no_span() {
    for at in ["new_span", "record", "event", "enter", "exit", "close"] {
        let layer = Panics::default();
        let stack = tracing_subscriber::registry().with(layer.clone());
        let dispatch = Dispatch::new(trace_bridge::around(stack));
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let body = || {
                    *layer.at.lock().unwrap() = at;
                    let span = tracing::info_span!("span", later = tracing::field::Empty);
                    span.record("later", 1);
                    span.in_scope(|| tracing::info!("an event"));
                };
                let caught = catch_unwind(AssertUnwindSafe(body));
                *layer.at.lock().unwrap() = "";
                assert!(caught.is_err(), "{at}");
                tracing::info_span!("after").in_scope(|| ours(|| ()));
                let current = ours_current(&dispatch);
                drop(current);
            });
        });
        let tree = recorded.tree();
        assert!(tree.contains("\n  after\n    ours\n"), "{at}: {tree}");
    }
}

fn ours_current(dispatch: &Dispatch) -> Option<Span> {
    let mut current = None;
    tracing::dispatcher::with_default(dispatch, || ours(|| current = Some(Span::current())));
    current
}

/// Filters of each sort, by what they let through.
fn filters<S: Subscriber + for<'a> LookupSpan<'a>>()
-> Vec<(&'static str, Box<dyn Filter<S> + Send + Sync>)> {
    let is_outer = |metadata: &tracing::Metadata<'_>| metadata.name() != "inner";
    vec![
        ("level", Box::new(LevelFilter::INFO)),
        ("off", Box::new(LevelFilter::OFF)),
        (
            "targets",
            Box::new(Targets::new().with_target("bridge", LevelFilter::WARN)),
        ),
        ("function", Box::new(filter_fn(is_outer))),
        (
            "dynamic",
            Box::new(dynamic_filter_fn(|metadata, context| {
                metadata.is_span() || context.lookup_current().is_some()
            })),
        ),
        ("levels of spans", Box::new(EnvFilter::new("[outer]=debug"))),
        (
            "values of spans",
            Box::new(EnvFilter::new("warn,[outer{id=1}]=trace")),
        ),
        (
            "text of spans",
            Box::new(EnvFilter::new("[{name=\"a\"}]=trace")),
        ),
        ("both", Box::new(LevelFilter::INFO.and(filter_fn(is_outer)))),
        ("neither", Box::new(filter_fn(is_outer).not())),
    ]
}

fn nested() {
    for id in [1, 2] {
        tracing::info_span!("outer", id, name = "a").in_scope(|| {
            ours(|| {
                tracing::debug_span!("inner").in_scope(|| {
                    tracing::trace!("hidden");
                    tracing::debug!("silent");
                    tracing::info!("quiet");
                    tracing::warn!("loud");
                });
            });
        });
    }
    tracing::info_span!(parent: None, "alone").in_scope(|| tracing::error!("at last"));
}

const NESTED: &str = "root
  - at last
  outer id=1 name=a
    ours
      inner
        - quiet
        - loud
  outer id=2 name=a
    ours
      inner
        - quiet
        - loud
";

fn lines_of<S>(
    lines: &Lines,
) -> tracing_subscriber::fmt::Layer<
    S,
    tracing_subscriber::fmt::format::DefaultFields,
    tracing_subscriber::fmt::format::Format<tracing_subscriber::fmt::format::Full, ()>,
    Lines,
>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .with_ansi(false)
        .without_time()
}

/// The lines of a stack with and without a bridge, and the tree.
fn compare_lines<S>(name: &str, stack: impl Fn(&Lines) -> S)
where
    S: Subscriber + Send + Sync + 'static,
{
    let (plain, within) = (Lines::default(), Lines::default());
    tree_with(&Dispatch::new(stack(&plain)), nested);
    let dispatch = Dispatch::new(trace_bridge::around(stack(&within)));
    assert_eq!(tree_with(&dispatch, nested), NESTED, "{name}");
    assert_eq!(within.text(), plain.text(), "{name}");
}

#[test]
fn filters_of_each_sort_change_lines_and_no_spans() {
    for number in 0..filters::<Registry>().len() {
        let name = filters::<Registry>()[number].0;
        compare_lines(name, |lines| {
            let (_, filter) = filters().swap_remove(number);
            tracing_subscriber::registry().with(lines_of(lines).with_filter(filter))
        });
        // Beside a layer with another filter, which shares the registry's notes.
        compare_lines(name, |lines| {
            let (_, filter) = filters().swap_remove(number);
            let others = Lines::default();
            tracing_subscriber::registry()
                .with(lines_of(lines).with_filter(filter))
                .with(lines_of(&others).with_filter(EnvFilter::new("error")))
        });
    }
    compare_lines("a level of all", |lines| {
        tracing_subscriber::registry()
            .with(lines_of(lines))
            .with(LevelFilter::WARN)
    });
    compare_lines("targets of all", |lines| {
        let targets = Targets::new().with_target("bridge", LevelFilter::INFO);
        tracing_subscriber::registry()
            .with(lines_of(lines))
            .with(targets)
    });
    compare_lines("a filter within `reload`", |lines| {
        let (filter, _) = reload::Layer::new(EnvFilter::new("info"));
        tracing_subscriber::registry().with(lines_of(lines).with_filter(filter))
    });
    compare_lines("a layer within `reload`", |lines| {
        let (layer, _) = reload::Layer::new(lines_of(lines));
        tracing_subscriber::registry().with(layer)
    });
    compare_lines("a box of layers", |lines| {
        tracing_subscriber::registry().with(vec![lines_of(lines).boxed()])
    });
    compare_lines("a subscriber in an `Arc`", |lines| {
        let stack = tracing_subscriber::registry().with(lines_of(lines));
        Arc::new(stack) as Arc<dyn Subscriber + Send + Sync>
    });
    compare_lines("`fmt()`", |lines| {
        let builder = tracing_subscriber::fmt().with_writer(lines.clone());
        builder.with_ansi(false).without_time().finish()
    });
}

/// Lines of spans show when they are made, entered, left and closed. `time.busy` differs. A filter
/// of the whole stack does not hide the stand-ins of what it refuses, as the docs say.
#[test]
fn lines_about_spans_are_as_without_the_bridge() {
    let without_times = |text: &str| -> Vec<String> {
        let cut = |line: &str| line.split(" time.busy").next().unwrap().to_owned();
        text.lines().map(cut).collect()
    };
    let sorts: [fn(&Lines) -> Dispatch; 3] = [
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            Dispatch::new(tracing_subscriber::registry().with(layer))
        },
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            let layer = layer.with_filter(EnvFilter::new("info"));
            Dispatch::new(tracing_subscriber::registry().with(layer))
        },
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            Dispatch::new(
                tracing_subscriber::registry()
                    .with(layer)
                    .with(EnvFilter::new("info")),
            )
        },
    ];
    let around: [fn(&Lines) -> Dispatch; 3] = [
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            Dispatch::new(trace_bridge::around(
                tracing_subscriber::registry().with(layer),
            ))
        },
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            let layer = layer.with_filter(EnvFilter::new("info"));
            Dispatch::new(trace_bridge::around(
                tracing_subscriber::registry().with(layer),
            ))
        },
        |lines| {
            let layer = lines_of(lines).with_span_events(FmtSpan::FULL);
            let stack = tracing_subscriber::registry()
                .with(layer)
                .with(EnvFilter::new("info"));
            Dispatch::new(trace_bridge::around(stack))
        },
    ];
    for (number, (plain, around)) in sorts.iter().zip(around).enumerate() {
        let (lines, within) = (Lines::default(), Lines::default());
        tree_with(&plain(&lines), nested);
        tree_with(&around(&within), nested);
        let (lines, mut within) = (without_times(&lines.text()), without_times(&within.text()));
        let stand_ins: Vec<String> = within
            .extract_if(.., |line| line.contains("trace_bridge: "))
            .collect();
        assert_eq!(within, lines, "{number}");
        let is_made_or_closed = |line: &String| line.ends_with("new") || line.ends_with("close");
        assert!(stand_ins.iter().all(is_made_or_closed), "{stand_ins:?}");
        let expected = if number == 2 { 4 } else { 0 };
        assert_eq!(stand_ins.len(), expected, "{number}: {stand_ins:?}");
    }
}

#[test]
fn a_bridge_around_a_bridge_records_each_span_once() {
    let registry = || tracing_subscriber::registry().with(EnvFilter::new("info"));
    let dispatches = [
        Dispatch::new(trace_bridge::around(trace_bridge::around(registry()))),
        Dispatch::new(trace_bridge::around(trace_bridge::subscriber())),
        Dispatch::new(trace_bridge::around(trace_bridge::around(
            trace_bridge::subscriber(),
        ))),
        Dispatch::new(trace_bridge::around(registry().with(trace_bridge::layer()))),
    ];
    for (number, dispatch) in dispatches.into_iter().enumerate() {
        let tree = tree_with(&dispatch, || {
            nested();
            ours(|| {
                let current = Span::current();
                std::thread::scope(|threads| {
                    threads.spawn(|| {
                        tracing::dispatcher::with_default(&dispatch, || current.in_scope(nested));
                    });
                });
            });
        });
        let below: String = NESTED
            .lines()
            .skip(1)
            .map(|line| format!("  {line}\n"))
            .collect();
        assert_eq!(tree, format!("{NESTED}  ours\n{below}"), "{number}");
    }
}

/// A registry gives back the reference of a parent to the subscriber that is the thread's default,
/// which may have a span with that id.
#[test]
fn a_handle_that_is_dropped_beside_another_bridge_ends_no_span_of_that() {
    let bridges = [(); 2].map(|()| {
        // A registry frees spans only below a layer.
        let stack = tracing_subscriber::registry().with(lines_of(&Lines::default()));
        Dispatch::new(trace_bridge::around(stack))
    });
    let [first, second] = &bridges;
    let recorded = Recorded::new();
    recorded.tracer.root("root").run_sync(|| {
        let child = tracing::dispatcher::with_default(first, || {
            let parent = tracing::info_span!("parent");
            parent.in_scope(|| tracing::info_span!("child"))
        });
        tracing::dispatcher::with_default(second, || {
            let others: Vec<Span> = (0..8).map(|_| tracing::info_span!("other")).collect();
            drop(child);
            for other in &others {
                other.in_scope(|| tracing::info!("an event"));
            }
        });
    });
    let spans = recorded.spans();
    let others = spans.iter().filter(|span| span.operation_name == "other");
    assert_eq!(others.filter(|other| other.logs.len() == 1).count(), 8);
    assert_eq!(spans.len(), 11);
}

/// What a layer's own filter has answered about one line says nothing about the next.
#[test]
fn a_line_that_a_filter_always_wants_comes_after_one_that_it_refused() {
    let lines = Lines::default();
    // As another subscriber of the process wants all, `tracing` asks about each line.
    let _other = Dispatch::new(tracing_subscriber::registry());
    let layer = lines_of(&lines).with_filter(EnvFilter::new("info"));
    let stack = tracing_subscriber::registry().with(layer);
    let dispatch = Dispatch::new(trace_bridge::around(stack));
    tree_with(&dispatch, || {
        tracing::debug!("refused");
        tracing::info!("wanted");
    });
    assert!(lines.text().contains("wanted"), "{}", lines.text());
    assert!(!lines.text().contains("refused"), "{}", lines.text());
}

#[test]
fn a_subscriber_that_is_dropped_before_its_spans_lets_them_end() {
    let recorded = Recorded::new();
    let mut kept = None;
    let is_dropped = Arc::new(AtomicBool::new(false));
    struct SaysDrop(Arc<AtomicBool>);
    impl Drop for SaysDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    impl<S: Subscriber> Layer<S> for SaysDrop {}
    {
        let stack = tracing_subscriber::registry().with(SaysDrop(Arc::clone(&is_dropped)));
        let dispatch = Dispatch::new(trace_bridge::around(stack));
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let span = tracing::info_span!("span");
                let child = span.in_scope(|| tracing::info_span!("child"));
                kept = Some((span, child, ours_current(&dispatch)));
            });
        });
    }
    // Handles keep their subscriber; where they are dropped, there is none.
    let (span, child, current) = kept.unwrap();
    drop(span);
    assert!(!is_dropped.load(Ordering::Relaxed));
    child.in_scope(|| ours(|| ()));
    drop((child, current));
    assert!(is_dropped.load(Ordering::Relaxed));
    assert_eq!(
        recorded.tree(),
        "root\n  span\n    child\n      ours\n  ours\n"
    );
}

#[test]
fn rules_and_names_of_the_bridge_are_debug() {
    let around = Bridge::new().around(tracing_subscriber::registry());
    assert!(format!("{around:?}").starts_with("Around"));
}
