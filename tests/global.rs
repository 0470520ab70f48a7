//! The process's tracer. One test, as there is one tracer: the steps build on each
//! other.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trace_core::propagation::{self, B3Propagator, XrayPropagator};
use trace_core::{
    Collector, MemoryCollector, Outcome, Sampler, SamplingDecision, SamplingInput, SpanBatch,
    Tracer, TracerGuard, span, trace_root, traced,
};

#[traced("child")]
async fn child(fails: bool) -> Result<(), String> {
    if fails {
        return Err("failed".to_owned());
    }
    Ok(())
}

#[trace_root("request")]
async fn request(fails: bool) -> Result<(), String> {
    child(fails).await
}

#[trace_root("plain")]
fn plain() {
    span::in_span("inner", || {});
}

/// Fails after a minute.
#[track_caller]
fn wait_until(mut holds: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it did not happen within a minute");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn the_installed_tracer_lasts_as_long_as_its_guard() {
    nothing_is_recorded_before();
    let spans = roots_are_recorded();
    nothing_is_recorded_after(&spans);
    a_second_one_is_refused_and_harmless();
    a_guard_ends_in_time_though_its_collector_blocks();
    a_guard_waits_once();
    a_guard_may_be_dropped_while_scopes_run();
    a_guard_may_be_dropped_within_its_own_trace();
    a_guard_may_be_dropped_by_a_panic();
    what_is_refused_may_begin_roots_and_panic_when_it_is_dropped();
    roots_begin_with_a_tracer_that_lives();
    a_guard_waits_for_the_shutdown_that_runs();
    a_propagator_lasts_as_long_as_its_guard();
}

/// Returns the headers of the context in a root.
fn headers() -> Vec<String> {
    let mut headers = HashMap::new();
    trace_core::root("call").run_sync(|| span::inject(&mut headers));
    headers.into_keys().collect()
}

fn a_propagator_lasts_as_long_as_its_guard() {
    let builder = || Tracer::builder("shop").collector(MemoryCollector::new());
    let tracing = builder().propagator(B3Propagator).install().unwrap();
    assert_eq!(headers(), ["b3"]);
    // Neither of them is the process's.
    drop(builder().propagator(XrayPropagator).install().unwrap_err());
    let other = builder().propagator(XrayPropagator).build().unwrap();
    other.attach_sync(|| assert_eq!(headers(), ["b3"]));
    drop(tracing);
    let caller = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
    assert!(propagation::extract(&[("b3", caller)]).context.is_none());
    let tracing = builder().install().unwrap();
    assert_eq!(headers(), ["traceparent"]);
    drop(tracing);
}

fn nothing_is_recorded_before() {
    plain();
    assert_eq!(span::current_context(), None);
    block_on(request(false)).unwrap();
}

fn install(spans: &MemoryCollector) -> TracerGuard {
    Tracer::builder("test")
        .collector(spans.clone())
        .install()
        .unwrap()
}

fn roots_are_recorded() -> MemoryCollector {
    let spans = MemoryCollector::new();
    let tracing = install(&spans);
    plain();
    block_on(request(true)).unwrap_err();
    trace_core::root("described").run_sync(|| {});
    assert_eq!(tracing.stats().started, 5);
    drop(tracing); // Delivers.
    let mut names: Vec<_> = spans
        .spans()
        .iter()
        .map(|span| span.operation_name.to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["child", "described", "inner", "plain", "request"]);
    spans
}

fn nothing_is_recorded_after(spans: &MemoryCollector) {
    plain();
    block_on(request(false)).unwrap();
    assert_eq!(spans.spans().len(), 5);
}

fn a_second_one_is_refused_and_harmless() {
    let spans = MemoryCollector::new();
    let tracing = install(&spans);
    let error = Tracer::builder("second").install().unwrap_err();
    assert!(error.to_string().contains("installed already"), "{error}");
    // One of its own has precedence within its scopes.
    let (own, own_spans) = {
        let spans = MemoryCollector::new();
        (
            Tracer::builder("own")
                .collector(spans.clone())
                .on_demand()
                .build()
                .unwrap(),
            spans,
        )
    };
    own.attach_sync(plain);
    plain();
    drop(own);
    drop(tracing);
    assert_eq!((own_spans.spans().len(), spans.spans().len()), (2, 2));
    // The place is free again.
    drop(install(&spans));
}

/// Waits for ever, or until its gate is dropped.
struct Blocking(Mutex<Receiver<()>>);

impl Collector for Blocking {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        let _opened = self.0.lock().unwrap().recv();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures that a deadline is kept"
)]
fn now() -> Instant {
    Instant::now()
}

/// The guard's drop waits, and the drop of its handle, the last one, does not do so again.
fn a_guard_waits_once() {
    let (opener, gate) = channel();
    let timeout = Duration::from_secs(1);
    let builder = Tracer::builder("test").collector(Blocking(Mutex::new(gate)));
    let tracing = builder.shutdown_timeout(timeout).install().unwrap();
    plain();
    let start = now();
    drop(tracing);
    let took = start.elapsed();
    assert!(took < 2 * timeout, "{took:?}");
    drop(opener);
}

fn a_guard_ends_in_time_though_its_collector_blocks() {
    let (opener, gate) = channel();
    let tracing = Tracer::builder("test")
        .collector(Blocking(Mutex::new(gate)))
        .scheduled_delay(Duration::ZERO)
        .max_queue_spans(10)
        .shutdown_timeout(Duration::from_millis(100))
        .install()
        .unwrap();
    let tracer = Tracer::clone(&tracing);
    let start = now();
    for _ in 0..1_000 {
        plain();
        block_on(request(false)).unwrap();
    }
    drop(tracing);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    let stats = tracer.stats();
    assert_eq!(stats.started, 4_000);
    assert_eq!(stats.dropped.total() + stats.waiting + stats.open, 4_000);
    assert!(stats.dropped.queue > 3_900, "{stats:?}");
    drop(opener);
    // What the collector held is delivered when it goes on.
    wait_until(|| tracer.stats().waiting == 0);
}

fn a_guard_may_be_dropped_while_scopes_run() {
    let spans = MemoryCollector::new();
    let tracing = install(&spans);
    let tracer = Tracer::clone(&tracing);
    let (entered, has_entered) = channel();
    let (go_on, goes_on) = channel::<()>();
    let thread = std::thread::Builder::new()
        .spawn(move || {
            trace_core::root("running").run_sync(|| {
                entered.send(()).unwrap();
                let _closed = goes_on.recv();
                span::in_span("late", || {});
            });
        })
        .unwrap();
    has_entered.recv().unwrap();
    drop(tracing);
    drop(go_on);
    thread.join().unwrap();
    let stats = tracer.stats();
    assert_eq!(
        (stats.started, stats.dropped.shutdown, stats.open),
        (2, 2, 0)
    );
    assert!(spans.spans().is_empty());
}

fn a_guard_may_be_dropped_within_its_own_trace() {
    let spans = MemoryCollector::new();
    let tracing = install(&spans);
    let tracer = Tracer::clone(&tracing);
    trace_core::root("around").run_sync(|| {
        span::in_span("before", || {});
        drop(tracing);
        span::in_span("after", || {});
        plain(); // Nobody's: a trace of the tracer that surrounds the code.
    });
    let stats = tracer.stats();
    assert_eq!((stats.delivered, stats.open), (1, 0));
    assert_eq!(stats.started, stats.delivered + stats.dropped.shutdown);
    assert_eq!(spans.spans()[0].operation_name, "before");
}

fn a_guard_may_be_dropped_by_a_panic() {
    let spans = Arc::new(MemoryCollector::new());
    let collector = MemoryCollector::clone(&spans);
    let caught = std::panic::catch_unwind(move || {
        let _tracing = install(&collector);
        trace_core::root("panics").run_sync(|| std::panic::resume_unwind(Box::new("oops")))
    });
    assert!(caught.is_err());
    assert_eq!(spans.spans()[0].outcome, Outcome::Panicked);
    plain();
}

/// Begins roots and installs a tracer when it is dropped, and panics.
struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        plain();
        drop(Tracer::builder("within").install());
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

impl Collector for Dropped {
    fn collect(&self, _batch: &SpanBatch<'_>) {}
}

impl Sampler for Dropped {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        SamplingDecision::Sample
    }
}

fn what_is_refused_may_begin_roots_and_panic_when_it_is_dropped() {
    let spans = MemoryCollector::new();
    let tracing = install(&spans);
    // On a thread of its own: should it wait for itself, the test ends all the same.
    let (done, is_done) = channel();
    let thread = std::thread::Builder::new().spawn(move || {
        let builder = Tracer::builder("refused").sampler(Dropped);
        let builder = builder.collector(Dropped).collector(Dropped);
        done.send(builder.install().is_err()).unwrap();
    });
    let refused = is_done.recv_timeout(Duration::from_secs(60));
    assert_eq!(refused, Ok(true));
    thread.unwrap().join().unwrap();
    // That of the sampler; what collectors do is not recorded.
    assert_eq!(tracing.stats().started, 2);
}

fn roots_begin_with_a_tracer_that_lives() {
    let (first, second, other) = (
        MemoryCollector::new(),
        MemoryCollector::new(),
        MemoryCollector::new(),
    );
    let builder = Tracer::builder("other").collector(other.clone());
    let around = builder.on_demand().build().unwrap();
    let tracing = install(&first);
    let installed = trace_core::root("around").run_sync(|| {
        drop(tracing);
        // Nobody lives: it is as lost as what surrounds it.
        plain();
        let tracing = install(&second);
        plain();
        span::detached(plain);
        block_on(request(false)).unwrap();
        // One that surrounds the code and lives comes first.
        around.attach_sync(|| {
            let ended = Tracer::builder("ended").on_demand().build().unwrap();
            ended.root("ended").run_sync(|| {
                let _report = ended.shutdown(Duration::ZERO);
                plain();
            });
        });
        tracing
    });
    drop(installed);
    assert!(first.spans().is_empty());
    assert_eq!(second.spans().len(), 6);
    assert!(around.flush(Duration::ZERO).is_complete);
    assert_eq!(other.spans().len(), 2);
}

fn a_guard_waits_for_the_shutdown_that_runs() {
    let (opener, gate) = channel();
    let spans = MemoryCollector::new();
    let tracing = Tracer::builder("test")
        .collector(Blocking(Mutex::new(gate)))
        .collector(spans.clone())
        .shutdown_timeout(Duration::from_secs(60))
        .install()
        .unwrap();
    let tracer = Tracer::clone(&tracing);
    plain();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| tracer.shutdown(Duration::from_secs(60)));
        wait_until(|| {
            plain(); // Taken until the shutdown has begun.
            tracer.stats().dropped.shutdown > 0
        });
        scope.spawn(|| {
            // The guard begins to wait meanwhile; no thread can tell that it does.
            std::thread::sleep(Duration::from_millis(50));
            drop(opener);
        });
        drop(tracing);
        let stats = tracer.stats();
        assert!(stats.delivered > 0 && stats.waiting + stats.open == 0);
        assert!(first.join().unwrap().is_complete);
    });
    assert!(!spans.spans().is_empty());
}
