//! Ids under stress: what is out of date, used again, given back on other threads, and much at
//! once.

use std::sync::mpsc;

use trace_bridge::{Bridge, BridgeSubscriber};
use trace_core::{Tracer, span};
use tracing::{Dispatch, Span};
use tracing_core::span::Id;
use tracing_subscriber::prelude::*;

use crate::harness::{Recorded, faces};

/// What `tracing` allows to be called with any id does nothing with one that is out of date.
#[test]
fn an_id_that_is_out_of_date_finds_nothing() {
    let dispatch = Dispatch::new(trace_bridge::subscriber());
    let recorded = Recorded::new();
    tracing::dispatcher::with_default(&dispatch, || {
        recorded.tracer.root("root").run_sync(|| {
            let span = tracing::info_span!("first");
            let stale = span.id().unwrap();
            drop(span);
            for reused in [false, true] {
                let second = reused.then(|| tracing::info_span!("second"));
                let ids = [
                    stale.clone(),
                    Id::from_u64(1),
                    Id::from_u64(u64::MAX),
                    Id::from_u64(u64::MAX - 1),
                    Id::from_u64(u64::MAX - 2),
                    Id::from_u64(1 << 37),
                ];
                for id in ids {
                    dispatch.enter(&id);
                    assert!(span::current_context().is_some());
                    tracing::info_span!("within").in_scope(|| ());
                    dispatch.exit(&id);
                    dispatch.exit(&id);
                    let clone = dispatch.clone_span(&id);
                    dispatch.try_close(clone);
                    dispatch.record_follows_from(&id, &stale);
                    let _child = tracing::info_span!(parent: id.clone(), "child of nothing");
                    tracing::info!(parent: id.clone(), "of nothing");
                    assert!(!dispatch.try_close(id));
                }
                drop(second);
            }
        });
    });
    let names = recorded.spans();
    assert!(names.iter().all(|span| {
        span.parent_span_id.is_none()
            || span.parent_span_id
                == names
                    .iter()
                    .find(|s| s.operation_name == "root")
                    .map(|s| s.span_id)
    }));
}

#[test]
fn handles_that_are_dropped_at_once_on_several_threads_end_the_span_once() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let (senders, receivers): (Vec<_>, Vec<_>) =
                    (0..3).map(|_| mpsc::sync_channel::<Span>(4)).unzip();
                std::thread::scope(|threads| {
                    for receiver in receivers {
                        let dispatch = &dispatch;
                        threads.spawn(move || {
                            tracing::dispatcher::with_default(dispatch, || {
                                for (number, span) in receiver.into_iter().enumerate() {
                                    if number.is_multiple_of(2) {
                                        span.in_scope(|| drop(span.clone()));
                                    }
                                }
                            });
                        });
                    }
                    for _ in 0..300 {
                        let span = tracing::info_span!("shared");
                        for sender in &senders {
                            sender.send(span.clone()).unwrap();
                        }
                    }
                    drop(senders);
                });
            });
        });
        assert_eq!(recorded.spans().len(), 301, "{face}");
    }
}

#[test]
fn a_hundred_thousand_spans_are_open_at_once() {
    const SPANS: usize = 100_000;
    for (face, dispatch) in faces(&Bridge::new()) {
        if face != "alone" && face != "around a stack" {
            continue;
        }
        let spans = trace_core::MemoryCollector::new();
        let tracer = Tracer::builder("test")
            .on_demand()
            .max_queue_spans(2 * SPANS)
            .collector(spans.clone())
            .build()
            .unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            let mut open = Vec::with_capacity(SPANS);
            tracer.root("root").run_sync(|| {
                open.extend((0..SPANS).map(|_| tracing::info_span!("open")));
            });
            assert_eq!(tracer.stats().started, SPANS as u64 + 1, "{face}");
            // Some of them on another thread.
            let half = open.split_off(SPANS / 2);
            std::thread::scope(|threads| {
                threads.spawn(|| drop(half));
            });
            drop(open);
        });
        assert!(tracer.flush(std::time::Duration::from_secs(20)).is_complete);
        let stats = tracer.stats();
        assert_eq!((stats.open, stats.started), (0, SPANS as u64 + 1), "{face}");
        // A trace keeps 65,536 spans that are open beside others; the rest is counted.
        let kept = stats.delivered + stats.dropped.limit + stats.dropped.queue;
        assert_eq!(kept, stats.started, "{face}: {stats:?}");
        assert!(stats.delivered > 60_000, "{face}: {stats:?}");
        let mut ids: Vec<_> = spans.take().iter().map(|span| span.span_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len() as u64, stats.delivered, "{face}");
    }
}

#[test]
fn two_bridges_on_two_threads_do_not_mix() {
    let dispatches = [(); 2].map(|()| {
        let stack = tracing_subscriber::registry().with(tracing_subscriber::EnvFilter::new("info"));
        Dispatch::new(trace_bridge::around(stack))
    });
    let recorded = [(); 2].map(|()| Recorded::new());
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|threads| {
        for (dispatch, recorded) in dispatches.iter().zip(&recorded) {
            let barrier = &barrier;
            threads.spawn(move || {
                barrier.wait();
                tracing::dispatcher::with_default(dispatch, || {
                    for _ in 0..200 {
                        recorded.tracer.root("root").run_sync(|| {
                            let span = tracing::info_span!("outer");
                            span.in_scope(|| tracing::debug_span!("inner").in_scope(|| ()));
                        });
                    }
                });
            });
        }
    });
    for recorded in recorded {
        let spans = recorded.spans();
        assert_eq!(spans.len(), 600);
        for span in &spans {
            let parent = spans
                .iter()
                .find(|one| Some(one.span_id) == span.parent_span_id);
            let expected = match &*span.operation_name {
                "outer" => Some("root"),
                "inner" => Some("outer"),
                _ => None,
            };
            let parent = parent.map(|parent| &*parent.operation_name);
            assert_eq!(parent, expected, "{span:?}");
        }
    }
}

/// A span of one bridge is entered where another one is the default.
#[test]
fn spans_of_two_bridges_nest_on_one_thread() {
    let alone = Dispatch::new(trace_bridge::subscriber());
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        let with = |dispatch: &Dispatch, body: &dyn Fn()| {
            tracing::dispatcher::with_default(dispatch, body);
        };
        recorded.tracer.root("root").run_sync(|| {
            with(&alone, &|| {
                let outer = tracing::info_span!("outer");
                with(&dispatch, &|| {
                    let _outer = outer.enter();
                    let inner = tracing::info_span!("inner");
                    let inner_guard = inner.enter();
                    with(&alone, &|| {
                        let current = Span::current();
                        current.in_scope(|| tracing::info_span!("innermost").in_scope(|| ()));
                    });
                    drop(inner_guard);
                });
            });
        });
        let expected = "root\n  outer\n    inner\n      innermost\n";
        assert_eq!(recorded.tree(), expected, "{face}");
    }
    assert!(alone.downcast_ref::<BridgeSubscriber>().is_some());
}
