//! Tests of shutdowns that wait until no trace is open, with and without an executor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use trace_core::{
    Carried, Collector, MemoryCollector, SpanBatch, TraceFuture, Tracer, TracerBuilder, span,
};

use crate::wait::timed;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// Returns a tracer with a thread, and one without.
fn tracers() -> impl Iterator<Item = (Tracer, MemoryCollector)> {
    let kinds: [fn(TracerBuilder) -> TracerBuilder; 2] =
        [|builder| builder, TracerBuilder::on_demand];
    kinds.into_iter().map(|kind| {
        let spans = MemoryCollector::new();
        let tracer = Tracer::builder("test").collector(spans.clone());
        (kind(tracer).build().unwrap(), spans)
    })
}

fn names(spans: &MemoryCollector) -> Vec<String> {
    let spans = spans.spans();
    let mut names: Vec<String> = spans.iter().map(|s| s.operation_name.to_string()).collect();
    names.sort();
    names
}

/// A minimal executor that parks the thread.
fn block_on<F: Future>(future: F) -> F::Output {
    block_on_with(future, None)
}

/// Runs `event` on another thread when the future waits. The future must wait.
fn block_on_until<F: Future>(future: F, event: impl FnOnce() + Send + 'static) -> F::Output {
    block_on_with(future, Some(Box::new(event)))
}

fn block_on_with<F: Future>(future: F, mut event: Option<Box<dyn FnOnce() + Send>>) -> F::Output {
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            assert!(event.is_none(), "it did not wait");
            return output;
        }
        if let Some(event) = event.take() {
            std::thread::Builder::new().spawn(event).unwrap();
        }
        std::thread::park();
    }
}

#[test]
fn where_nothing_is_open_it_does_not_wait() {
    for (tracer, spans) in tracers() {
        tracer.root("root").run_sync(|| {});
        let (report, took) = timed(|| block_on(tracer.shutdown_when_idle(LONG)));
        assert!(report.is_complete && report.left == 0, "{report:?}");
        assert_eq!(names(&spans), ["root"]);
        assert!(took < LONG / 2, "{took:?}");
        // The tracer is shut down. Another shutdown returns the same report.
        tracer.root("late").run_sync(|| {});
        assert_eq!(tracer.stats().dropped.shutdown, 1);
        assert!(block_on(tracer.shutdown_when_idle(LONG)).is_complete);
    }
}

#[test]
fn it_waits_for_a_root_that_sleeps() {
    for (tracer, spans) in tracers() {
        let mut root = Box::pin(tracer.root("root").run(async {
            span::in_span("before", || {});
            tokio::task::yield_now().await;
            span::in_span("after", || {});
        }));
        assert!((&mut root).now_or_never().is_none());
        // It also waits if the root has already handed over.
        tracer.flush(LONG);
        let ends = || assert!(root.now_or_never().is_some());
        let report = block_on_until(tracer.shutdown_when_idle(LONG), ends);
        assert!(report.is_complete && report.left == 0, "{report:?}");
        assert_eq!(names(&spans), ["after", "before", "root"]);
    }
}

#[test]
fn it_waits_for_a_task_that_has_not_begun() {
    for (tracer, spans) in tracers() {
        let task = tracer.root("root").run_sync(|| {
            let task = async { span::in_span("task", || {}) };
            task.in_current_trace()
        });
        let report = block_on_until(tracer.shutdown_when_idle(LONG), || block_on(task));
        assert!(report.is_complete);
        assert_eq!(names(&spans), ["root", "task"]);
    }
}

#[test]
fn it_waits_for_a_span_that_is_held_and_for_a_message() {
    for (tracer, spans) in tracers() {
        let (held, message) = tracer
            .root("root")
            .run_sync(|| (span::start("held"), Carried::new(())));
        let mut shutdown = Box::pin(tracer.shutdown_when_idle(LONG));
        assert!((&mut shutdown).now_or_never().is_none());
        held.end();
        let runs = || message.run_sync(|()| span::in_span("message", || {}));
        assert!(block_on_until(shutdown, runs).is_complete);
        assert_eq!(names(&spans), ["held", "message", "root"]);
    }
}

#[test]
fn it_gives_up_in_time_and_delivers_what_is_there() {
    for (tracer, spans) in tracers() {
        let open = tracer.root("open").start();
        tracer.root("root").run_sync(|| {});
        let (report, took) = timed(|| block_on(tracer.shutdown_when_idle(SHORT)));
        assert!(took >= SHORT && took < LONG, "{took:?}");
        assert_eq!(names(&spans), ["root"]);
        assert_eq!(report.left, tracer.stats().open);
        drop(open);
        assert_eq!(tracer.stats().dropped.shutdown, 1);
    }
}

#[test]
fn dropped_while_it_waits_it_ends_nothing() {
    for (tracer, spans) in tracers() {
        drop(tracer.shutdown_when_idle(LONG));
        let open = tracer.root("open").start();
        let mut ends = Box::pin(tracer.shutdown_when_idle(LONG));
        assert!((&mut ends).now_or_never().is_none());
        drop(ends);
        drop(open);
        // Waits for a shutdown that must not happen. There is no event for this.
        std::thread::sleep(SHORT);
        tracer.root("later").run_sync(|| {});
        assert!(tracer.flush(LONG).is_complete);
        assert_eq!(names(&spans), ["later", "open"]);
    }
}

#[test]
fn a_future_that_outlives_the_other_handles_shuts_down() {
    for (tracer, spans) in tracers() {
        tracer.root("root").run_sync(|| {});
        let ends = tracer.shutdown_when_idle(LONG);
        drop(tracer);
        assert!(block_on(ends).is_complete);
        assert_eq!(names(&spans), ["root"]);
    }
    for (tracer, spans) in tracers() {
        tracer.root("root").run_sync(|| {});
        let open = tracer.root("open").start();
        let mut ends = Box::pin(tracer.shutdown_when_idle(LONG));
        assert!((&mut ends).now_or_never().is_none());
        drop(tracer);
        drop(ends);
        assert_eq!(names(&spans), ["root"]);
        drop(open);
    }
}

#[test]
fn several_wait_for_the_same_end_with_any_executor() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (tracer, spans) in tracers() {
        tracer.root("root").run_sync(|| {});
        let reports = runtime.block_on(async {
            let other = tokio::spawn(tracer.shutdown_when_idle(LONG));
            (tracer.shutdown_when_idle(LONG).await, other.await.unwrap())
        });
        assert!(reports.0.is_complete && reports.1.is_complete);
        assert_eq!(names(&spans), ["root"]);
    }
}

/// Waits for its own tracer.
struct Waits(Arc<OnceLock<Tracer>>, Arc<AtomicBool>);

impl Collector for Waits {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        let report = block_on(self.0.wait().shutdown_when_idle(LONG));
        self.1.store(!report.is_complete, Ordering::Relaxed);
    }
}

#[test]
fn in_a_collector_it_does_not_wait() {
    for on_demand in [false, true] {
        let (own, has_waited) = (Arc::default(), Arc::default());
        let waits = Waits(Arc::clone(&own), Arc::clone(&has_waited));
        let mut tracer = Tracer::builder("test").collector(waits);
        if on_demand {
            tracer = tracer.on_demand();
        }
        let tracer = tracer.build().unwrap();
        own.set(tracer.clone()).unwrap();
        tracer.root("root").run_sync(|| {});
        let (_, took) = timed(|| tracer.shutdown(LONG));
        assert!(took < LONG / 2, "{took:?}");
        assert!(has_waited.load(Ordering::Relaxed));
    }
}

#[test]
fn a_slow_collector_is_waited_for() {
    struct Slow(Mutex<MemoryCollector>);
    impl Collector for Slow {
        fn collect(&self, batch: &SpanBatch<'_>) {
            std::thread::sleep(SHORT);
            self.0.lock().unwrap().collect(batch);
        }
    }
    let spans = MemoryCollector::new();
    let slow = Slow(Mutex::new(spans.clone()));
    let tracer = Tracer::builder("test").collector(slow).build().unwrap();
    tracer.root("root").run_sync(|| {});
    assert!(block_on(tracer.shutdown_when_idle(LONG)).is_complete);
    assert_eq!(names(&spans), ["root"]);
}
