//! Tests that a full queue counts its losses exactly, for a loss at any place.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{TraceFuture, TraceId, Tracer, collector_fn, span};

use super::{build, named, poll, settled};

/// Fills the running scope's chunk, so that it is handed over.
fn fill_chunk() {
    let text = "x".repeat(4_000);
    for _ in 0..10 {
        span::add_log(&text);
    }
}

#[test]
fn a_span_whose_end_is_lost_is_counted_although_its_opening_was_delivered() {
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().max_queue_spans(2));
    // The first chunk opens two spans and fills the queue. The second chunk ends them.
    tracer
        .root("root")
        .run_sync(|| span::in_span("child", fill_chunk));
    let stats = settled(&tracer);
    assert_eq!((stats.started, stats.delivered), (2, 0));
    assert_eq!(stats.dropped.queue, 2);
    assert!(spans.spans().is_empty());
}

#[test]
fn a_span_whose_opening_and_end_are_lost_is_counted_once() {
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().max_queue_spans(2));
    tracer
        .root("other")
        .run_sync(|| span::in_span("child", || {}));
    // The queue is full, so three chunks of this trace are lost.
    tracer.root("lost").run_sync(|| {
        fill_chunk();
        span::in_span("child of lost", fill_chunk);
    });
    tracer.root("also lost").run_sync(|| {});
    let stats = settled(&tracer);
    assert_eq!((stats.delivered, stats.dropped.queue), (2, 3));
    tracer.root("after").run_sync(|| {});
    assert_eq!(settled(&tracer).delivered, 3);
    assert_eq!(spans.spans().len(), 3);
}

#[test]
fn a_span_is_counted_if_it_moved_before_its_opening_is_lost() {
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().max_queue_spans(3));
    let mut moved = Box::pin(std::future::pending::<()>().in_span("moved"));
    tracer.root("first").run_sync(|| {
        assert!(poll(moved.as_mut()).is_pending());
        // The end of `moved` fits into the queue, and then the queue is full.
        drop(std::mem::replace(
            &mut moved,
            Box::pin(std::future::pending().in_span("unused")),
        ));
        tracer
            .root("second")
            .run_sync(|| span::in_span("child", || {}));
    });
    let stats = settled(&tracer);
    assert_eq!(
        (stats.started, stats.delivered, stats.dropped.queue),
        (4, 2, 2)
    );
    assert_eq!(named(&spans.spans(), "second").parent_span_id, None);
}

#[test]
fn the_end_of_a_trace_is_said_although_its_last_chunk_is_lost() {
    let completed = Arc::new(Mutex::new(Vec::<TraceId>::new()));
    let seen = Arc::clone(&completed);
    let tracer = Tracer::builder("stress")
        .on_demand()
        .max_queue_spans(2)
        .collector(collector_fn(move |batch| {
            seen.lock().unwrap().extend(batch.completed_traces());
        }))
        .build()
        .unwrap();
    let id = tracer.root("root").run_sync(|| {
        span::in_span("child", || {});
        let _report = tracer.flush(Duration::ZERO);
        tracer
            .root("other")
            .run_sync(|| span::in_span("child", || {}));
        span::current_context().unwrap().trace_id
    });
    let stats = settled(&tracer);
    assert_eq!((stats.delivered, stats.dropped.queue), (3, 1));
    let completed = completed.lock().unwrap();
    assert_eq!(completed.iter().filter(|trace| **trace == id).count(), 1);
    assert_eq!(completed.len(), 2);
}
