//! `tracing-opentelemetry` within a bridge, as while a program moves from one to the other.

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use trace_core::traced;
use tracing::{Dispatch, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Registry};

use crate::harness::Recorded;

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

/// Each span with its parent and the names of its events, sorted.
fn exported(exporter: &InMemorySpanExporter) -> Vec<String> {
    let spans = exporter.get_finished_spans().unwrap();
    let mut lines: Vec<String> = spans
        .iter()
        .map(|span| {
            let parent = spans
                .iter()
                .find(|one| one.span_context.span_id() == span.parent_span_id);
            let parent = parent.map_or("nothing", |parent| &parent.name);
            let mut events: Vec<_> = span.events.iter().map(|event| &event.name).collect();
            // Without the bridge, it is of the span around ours.
            events.retain(|name| *name != "of ours");
            let tags: Vec<_> = span.attributes.iter().map(|tag| tag.key.as_str()).collect();
            let is_tagged = tags.contains(&"from.outside");
            format!("{} in {parent} {events:?} {is_tagged}", span.name)
        })
        .collect();
    lines.sort();
    lines
}

/// A program that uses what `tracing-opentelemetry` adds to spans.
fn program() {
    tracing::info_span!("outer", id = 1).in_scope(|| {
        Span::current().set_attribute("from.outside", 1);
        ours(|| {
            // Finds nothing that it does not know.
            let current = Span::current();
            let _context = current.context();
            current.set_attribute("from.outside", 1);
            current.add_event("of ours", vec![KeyValue::new("key", 1)]);
            let inner = tracing::debug_span!("inner");
            let _set = inner.set_parent(Context::new());
            inner.set_attribute("from.outside", 1);
            inner.in_scope(|| {
                tracing::info!("quiet");
                tracing::warn!("loud");
                let _context = Span::current().context().span().span_context().clone();
            });
            let child = tracing::info_span!(parent: &current, "child");
            child.follows_from(&inner);
            child.in_scope(|| ours(|| tracing::info!("within")));
        });
    });
}

fn run<S>(
    stack: impl Fn(Registry, SdkTracerProvider) -> S,
    is_around: bool,
) -> (Vec<String>, String)
where
    S: Subscriber + Send + Sync + 'static,
{
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let stack = stack(tracing_subscriber::registry(), provider.clone());
    let dispatch = match is_around {
        true => Dispatch::new(trace_bridge::around(stack)),
        false => Dispatch::new(stack),
    };
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(&dispatch, || {
        recorded.tracer.root("root").run_sync(program);
    });
    provider.force_flush().unwrap();
    (exported(&exporter), recorded.tree())
}

const TREE: &str = "root
  outer id=1
    ours
      inner
        - quiet
        - loud
      child
        ours
          - within
";

#[test]
fn what_it_exports_is_as_without_the_bridge() {
    let layer = |provider: &SdkTracerProvider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer("test"))
    };
    let check = |name: &str, plain: Vec<String>, around: (Vec<String>, String), shows: bool| {
        let (mut around, tree) = around;
        assert_eq!(tree, TREE, "{name}");
        let is_stand_in = |line: &String| line.starts_with("trace in");
        let stand_ins = around.iter().filter(|line| is_stand_in(line)).count();
        assert_eq!(stand_ins > 0, shows, "{name}: {around:?}");
        around.retain(|line| !is_stand_in(line));
        assert_eq!(around, plain, "{name}");
    };
    let stack = |registry: Registry, provider: SdkTracerProvider| registry.with(layer(&provider));
    check("all", run(stack, false).0, run(stack, true), true);
    let stack = |registry: Registry, provider: SdkTracerProvider| {
        registry.with(layer(&provider).with_filter(LevelFilter::INFO))
    };
    check("a level", run(stack, false).0, run(stack, true), false);
    for filter in ["off", "info", "[outer]=debug"] {
        let stack = |registry: Registry, provider: SdkTracerProvider| {
            registry.with(layer(&provider).with_filter(EnvFilter::new(filter)))
        };
        check(filter, run(stack, false).0, run(stack, true), false);
        let stack = |registry: Registry, provider: SdkTracerProvider| {
            registry.with(layer(&provider)).with(EnvFilter::new(filter))
        };
        check(filter, run(stack, false).0, run(stack, true), true);
    }
}
