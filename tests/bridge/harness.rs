//! Runs a body in a root with a bridge, and shows the spans that came.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_bridge::Bridge;
use trace_core::{MemoryCollector, SpanRecord, Tracer};
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// The faces of a bridge, as programs use them.
pub(crate) fn faces(bridge: &Bridge) -> Vec<(&'static str, Dispatch)> {
    let bridge = || bridge.clone();
    let registry = || tracing_subscriber::registry().with(sink());
    vec![
        ("alone", Dispatch::new(bridge().subscriber())),
        (
            "around nothing",
            Dispatch::new(bridge().around(tracing_core::subscriber::NoSubscriber::new())),
        ),
        ("around a stack", Dispatch::new(bridge().around(registry()))),
        (
            "around a stack that refuses all",
            Dispatch::new(
                bridge().around(registry().with(tracing_subscriber::EnvFilter::new("off"))),
            ),
        ),
        ("a layer", Dispatch::new(registry().with(bridge().layer()))),
    ]
}

/// A layer that formats all lines and drops them.
fn sink<S>() -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer().with_writer(std::io::sink)
}

/// Lines that were written.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A tracer that keeps its spans.
pub(crate) struct Recorded {
    pub(crate) tracer: Tracer,
    spans: MemoryCollector,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        let spans = MemoryCollector::new();
        let tracer = Tracer::builder("test").collector(spans.clone()).on_demand();
        Self {
            tracer: tracer.build().unwrap(),
            spans,
        }
    }

    /// Returns the names of the spans that were delivered so far.
    pub(crate) fn delivered(&self) -> Vec<String> {
        let spans = self.spans.spans();
        let names = spans.iter().map(|span| span.operation_name.to_string());
        names.collect()
    }

    /// Returns all spans, and checks that each one that began has ended.
    pub(crate) fn spans(&self) -> Vec<SpanRecord> {
        assert!(self.tracer.flush(Duration::from_secs(5)).is_complete);
        assert_eq!(self.tracer.stats().open, 0, "a span has not ended");
        self.spans.spans()
    }

    /// Returns the spans as lines, children indented below their parents in the order of their
    /// beginnings, with tags and logs.
    pub(crate) fn tree(&self) -> String {
        let mut spans = self.spans();
        spans.sort_by_key(|span| (span.start, span.end));
        let mut tree = String::new();
        for root in &spans {
            let parent = root.parent_span_id;
            if parent.is_none_or(|id| spans.iter().all(|span| span.span_id != id)) {
                write_below(&spans, root, 0, &mut tree);
            }
        }
        tree
    }
}

fn write_below(spans: &[SpanRecord], span: &SpanRecord, depth: usize, tree: &mut String) {
    let indent = "  ".repeat(depth);
    write!(tree, "{indent}{}", span.operation_name).unwrap();
    for tag in &span.tags {
        write!(tree, " {}={}", tag.key, tag.value).unwrap();
    }
    tree.push('\n');
    for log in &span.logs {
        writeln!(tree, "{indent}  - {}", log.message).unwrap();
    }
    let children = spans
        .iter()
        .filter(|child| child.parent_span_id == Some(span.span_id));
    for child in children {
        write_below(spans, child, depth + 1, tree);
    }
}

/// Runs a body in a root, with each face, and compares the tree.
pub(crate) fn check(bridge: &Bridge, body: impl Fn(), expected: &str) {
    check_faces(bridge, |_| true, body, expected);
}

/// The same, with the faces that are not a layer.
pub(crate) fn check_subscribers(bridge: &Bridge, body: impl Fn(), expected: &str) {
    check_faces(bridge, |face| face != "a layer", body, expected);
}

fn check_faces(bridge: &Bridge, wanted: impl Fn(&str) -> bool, body: impl Fn(), expected: &str) {
    let expected = trim(expected);
    for (face, dispatch) in faces(bridge) {
        if !wanted(face) {
            continue;
        }
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(&body);
        });
        assert_eq!(trim(&recorded.tree()), expected, "{face}");
    }
}

/// Removes the indentation that all lines have.
fn trim(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let common = lines
        .iter()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line[common..].trim_end()).collect();
    lines.join("\n")
}
