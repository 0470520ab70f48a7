//! Tests of application code that the recorder calls. Its panics are caught, and its spans are
//! not recorded.

use std::cell::Cell;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use trace_core::{
    Carried, Collector, CollectorError, OpenSpan, SamplingDecision, SpanBatch, TraceContext,
    TraceFuture, Tracer, debug, display, propagation, root, sampler_fn, span, trace_root, traced,
};

use super::{build, named, poll, settled, tracer};

/// Panics when it is dropped, as does its content. So dropping it ends the process.
#[derive(Debug)]
struct Bomb(#[expect(dead_code, reason = "held for its destructor")] Option<Box<Bomb>>);

impl Drop for Bomb {
    fn drop(&mut self) {
        resume_unwind(Box::new("dropped"));
    }
}

fn throw<T>() -> T {
    resume_unwind(Box::new(Bomb(Some(Box::new(Bomb(None))))))
}

/// Panics with a bomb in every method.
struct Throws;

impl fmt::Debug for Throws {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        throw()
    }
}

impl fmt::Display for Throws {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        throw()
    }
}

impl std::error::Error for Throws {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        throw()
    }
}

impl Collector for Throws {
    fn collect(&self, _: &SpanBatch<'_>) {
        throw::<()>();
    }

    fn on_idle(&self) -> Option<Duration> {
        throw()
    }

    fn flush(&self, _: Duration) -> Result<(), CollectorError> {
        throw()
    }

    fn shutdown(&self, _: Duration) -> Result<(), CollectorError> {
        throw()
    }
}

impl Drop for Throws {
    fn drop(&mut self) {
        throw::<()>();
    }
}

#[test]
fn whatever_is_thrown_goes_no_further() {
    let throws = std::mem::ManuallyDrop::new(Throws);
    let (plain, spans) = tracer();
    plain.root("root").run_sync(|| {
        span::add_tag("debug", debug(&*throws));
        span::add_tag("display", display(&*throws));
        span::record_error(&*throws);
    });
    assert_eq!(settled(&plain).delivered, 1);
    assert_eq!(spans.take()[0].tags.len(), 3);

    let (sampled, _) = build(Tracer::builder("stress").sampler(sampler_fn(|_| throw())));
    assert_eq!(sampled.root("root").run_sync(|| 42), 42);
    assert_eq!(sampled.stats().sampler_panics, 1);
}

#[test]
fn what_an_error_of_a_collector_holds_may_throw_when_it_is_dropped() {
    #[derive(Debug)]
    struct Cause(OnceLock<Tracer>);
    impl fmt::Display for Cause {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cause")
        }
    }
    impl std::error::Error for Cause {}
    impl Drop for Cause {
        fn drop(&mut self) {
            if let Some(tracer) = self.0.get() {
                tracer.root("dropped").run_sync(|| ());
            }
            throw::<()>();
        }
    }
    struct Fails(Arc<OnceLock<Tracer>>);
    impl Collector for Fails {
        fn collect(&self, _: &SpanBatch<'_>) {}
        fn flush(&self, _: Duration) -> Result<(), CollectorError> {
            let cause = Cause((*self.0).clone());
            Err(CollectorError::new("failed").with_source(cause))
        }
    }
    let handle = Arc::new(OnceLock::new());
    let builder = Tracer::builder("stress").collector(Fails(Arc::clone(&handle)));
    let tracer = builder.build().unwrap();
    // Another tracer, so that the first is dropped within a recorded scope.
    let other = Tracer::builder("other").build().unwrap();
    handle.set(other.clone()).unwrap();
    for _ in 0..3 {
        let report = tracer.flush(Duration::from_secs(10));
        assert_eq!(report.errors.len(), 1);
    }
    drop(tracer);
    assert_ne!(other.stats().started, 0);
}

#[test]
fn collectors_may_throw_whatever_is_called_and_when_they_are_dropped() {
    // There are two. If both panicked in one drop, the process would end.
    let builder = || {
        Tracer::builder("stress")
            .collector(Throws)
            .collector(Throws)
    };
    for builder in [builder(), builder().on_demand()] {
        let (tracer, spans) = build(builder);
        tracer.root("root").run_sync(|| ());
        let report = tracer.flush(Duration::from_secs(10));
        assert!(!report.is_complete);
        assert_eq!(spans.spans().len(), 1);
        drop(tracer);
    }
}

#[trace_root]
fn look_up() -> Option<TraceContext> {
    look_up_below();
    span::current_context()
}

#[traced]
fn look_up_below() {}

/// Begins every kind of span and task. The returned values outlive the call.
fn begin_everything(tracer: &Tracer) -> (OpenSpan, impl Future<Output = ()> + use<>) {
    let context = look_up().unwrap();
    assert!(!context.is_sampled());
    assert!(!root("root").run_sync(span::is_recording));
    tracer.root("its own").run_sync(look_up_below);
    tracer.attach_sync(|| root("attached").run_sync(look_up_below));
    span::detached(look_up);
    look_up_below();
    span::in_span("in_span", || ());

    // A remote context continues, with its ids and baggage.
    let mut headers = std::collections::HashMap::new();
    root("remote").remote_parent(context.clone()).run_sync(|| {
        assert!(span::inject(&mut headers));
    });
    let sent = propagation::extract(&headers).context.unwrap();
    assert_eq!(sent.trace_id, context.trace_id);
    assert!(!sent.is_sampled() && sent.span_id != context.span_id);

    let mut run = Box::pin(root("async").run(async { look_up_below() }));
    assert!(poll(run.as_mut()).is_ready());
    let task = async { look_up_below() }.in_current_trace();
    span::start("held").in_scope(look_up_below);
    (root("held root").start(), task)
}

#[test]
fn nothing_that_is_called_to_be_recorded_leaves_spans_itself() {
    struct Begins<'a>(&'a Tracer, Cell<Vec<Box<dyn FnOnce()>>>);
    impl fmt::Debug for Begins<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let (held, task) = begin_everything(self.0);
            let later = Box::new(move || {
                // The scope of a task that was begun here does not belong to the trace.
                assert!(poll(Box::pin(task).as_mut()).is_ready());
                held.in_scope(look_up_below);
                held.end();
            });
            self.1.set(vec![later]);
            f.write_str("text")
        }
    }
    let (tracer, spans) = tracer();
    let begins = Begins(&tracer, Cell::default());
    tracer.root("root").run_sync(|| {
        span::add_tag("x", debug(&begins));
        // The trace continues.
        look_up_below();
    });
    for later in begins.1.take() {
        later();
    }
    assert_eq!(settled(&tracer).started, 2);
    let spans = spans.take();
    let text = named(&spans, "root").tag("x").unwrap().to_string();
    assert_eq!(text, "text");
    assert_eq!(
        named(&spans, "look_up_below").parent_span_id,
        Some(named(&spans, "root").span_id)
    );
}

#[tokio::test]
async fn tasks_that_are_spawned_to_be_recorded_are_none_of_the_trace() {
    #[derive(Default)]
    struct Spawns(Mutex<Vec<tokio::task::JoinHandle<()>>>);
    impl fmt::Display for Spawns {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut tasks = self.0.lock().unwrap();
            tasks.push(trace_core::spawn(async { look_up_below() }));
            tasks.push(trace_core::spawn_linked("linked", async {
                look_up_below();
            }));
            tasks.push(trace_core::spawn_blocking(look_up_below));
            let carried = Carried::new(());
            tasks.push(tokio::spawn(carried.run(|()| async { look_up_below() })));
            f.write_str("text")
        }
    }
    let (tracer, spans) = tracer();
    let spawns = Spawns::default();
    let run = tracer.root("root").run(async {
        span::add_tag("x", display(&spawns));
    });
    run.await;
    for task in spawns.0.into_inner().unwrap() {
        task.await.unwrap();
    }
    assert_eq!(settled(&tracer).started, 1);
    assert_eq!(tracer.stats().sampled_out, 0);
    assert_eq!(spans.take().len(), 1);
}

#[test]
fn a_sampler_may_begin_roots_which_are_not_recorded() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let other = Tracer::builder("other").on_demand().build().unwrap();
    let within = other.clone();
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().sampler(sampler_fn(
        move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            let (held, task) = within.attach_sync(|| begin_everything(&within));
            assert!(poll(Box::pin(task).as_mut()).is_ready());
            drop(held);
            SamplingDecision::Sample
        },
    )));
    tracer.root("root").run_sync(|| {
        tracer.root("within").run_sync(look_up_below);
    });
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(settled(&tracer).started, 3);
    assert_eq!(tracer.stats().sampled_out, 0);
    assert_eq!(other.stats().started, 0);
    assert_eq!(spans.take().len(), 3);
}
