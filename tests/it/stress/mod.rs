//! Stress tests of the recorder: every span is delivered correctly or counted as lost.

mod bounds;
mod callbacks;
mod concurrency;
mod conserved;
mod cuts;
mod delivery;
mod futures;
mod hostile;
mod lost;
mod moved;
mod program;
mod thread_exit;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use conserved::{assert_conserved, settled};
use trace_core::{MemoryCollector, SpanRecord, Tracer, TracerBuilder};

/// Returns a tracer that delivers on demand, and a collector that keeps all spans.
fn tracer() -> (Tracer, MemoryCollector) {
    build(Tracer::builder("stress").on_demand())
}

fn build(builder: TracerBuilder) -> (Tracer, MemoryCollector) {
    let spans = MemoryCollector::new();
    let tracer = builder.collector(spans.clone()).build().unwrap();
    (tracer, spans)
}

/// Polls a future once.
fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the only span with this operation name.
#[track_caller]
fn named<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    let mut found = spans.iter().filter(|span| span.operation_name == name);
    let Some(span) = found.next() else {
        panic!("no span `{name}` in {spans:#?}")
    };
    assert!(found.next().is_none(), "more than one span `{name}`");
    span
}
