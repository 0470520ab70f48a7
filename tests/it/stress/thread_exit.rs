//! Tests that code at the end of a thread is recorded like any other code.

use std::cell::Cell;
use std::sync::Arc;

use trace_core::{Outcome, TraceFuture, Tracer, span};

use super::{named, poll, settled, tracer};

/// Runs a closure when the thread ends.
struct OnExit(Cell<Option<Box<dyn FnOnce()>>>);

impl Drop for OnExit {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

thread_local! {
    static ON_EXIT: OnExit = const { OnExit(Cell::new(None)) };
}

/// Runs closures on a thread: `first` and `last` in its body, and `exit` at its end, in the
/// destructor of a thread-local that is registered between them.
fn thread(
    first: impl FnOnce() + Send + 'static,
    exit: impl FnOnce() + Send + 'static,
    last: impl FnOnce() + Send + 'static,
) {
    std::thread::Builder::new()
        .spawn(move || {
            first();
            ON_EXIT.with(|cell| cell.0.set(Some(Box::new(exit))));
            last();
        })
        .unwrap()
        .join()
        .unwrap();
}

fn record(tracer: &Tracer, name: &'static str) {
    tracer.root(name).run_sync(|| {
        span::add_tag("text", "at the end".to_owned());
        span::in_span("child", || span::add_log("log"));
    });
}

#[test]
fn spans_of_thread_local_destructors_are_recorded() {
    let nothing = || {};
    for tracing_comes_first in [true, false] {
        let (tracer, spans) = tracer();
        let tracer = Arc::new(tracer);
        let (before, exit) = (Arc::clone(&tracer), Arc::clone(&tracer));
        let body = move || record(&before, "body");
        let exit = move || record(&exit, "exit");
        if tracing_comes_first {
            thread(body, exit, nothing);
        } else {
            thread(nothing, exit, body);
        }
        assert_eq!(settled(&tracer).delivered, 4);
        let all = spans.take();
        let root = named(&all, "exit");
        assert_eq!(root.tag("text").unwrap().as_str(), Some("at the end"));
        let children = all
            .iter()
            .filter(|s| s.parent_span_id == Some(root.span_id));
        assert_eq!(children.count(), 1);
    }
}

#[test]
fn a_future_that_a_thread_local_drops_is_cancelled_in_its_trace() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            span::add_tag("dropped", true);
        }
    }
    for tracing_comes_first in [true, false] {
        let (tracer, spans) = tracer();
        let mut moved = Box::pin(
            async {
                let _on_drop = OnDrop;
                std::future::pending::<()>().await;
            }
            .in_span("moved"),
        );
        tracer.root("home").run_sync(|| {
            assert!(poll(moved.as_mut()).is_pending());
        });
        let other = tracer.clone();
        let body = move || record(&other, "body");
        let exit = move || drop(moved);
        if tracing_comes_first {
            thread(body, exit, || {});
        } else {
            thread(|| {}, exit, body);
        }
        assert_eq!(settled(&tracer).delivered, 4);
        let all = spans.take();
        let moved = named(&all, "moved");
        assert_eq!(moved.outcome, Outcome::Cancelled);
        assert_eq!(moved.parent_span_id, Some(named(&all, "home").span_id));
        assert_eq!(moved.tag("dropped").unwrap().as_bool(), Some(true));
    }
}
