//! Tests of what scopes hand over, at their end and from time to time before.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{
    MemoryCollector, Sampler, SamplingDecision, SamplingInput, SpanBatch, SpanKind, TraceFuture,
    Tracer, collector_fn, span,
};

use crate::wait;

/// A timeout. If it passes, the test fails.
const LONG: Duration = Duration::from_secs(20);

fn tracer(spans: &MemoryCollector) -> Tracer {
    let builder = Tracer::builder("scopes").collector(spans.clone());
    builder.on_demand().build().unwrap()
}

fn once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future until `holds` returns true.
fn poll_until<F: Future>(mut future: std::pin::Pin<&mut F>, holds: impl Fn() -> bool) {
    wait::until(|| {
        let _is_ready = once(future.as_mut());
        holds()
    });
}

async fn messages() {
    loop {
        span::in_span("message", || {});
        tokio::task::yield_now().await;
    }
}

#[test]
fn scopes_that_live_hand_over_after_the_scheduled_delay() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("scopes")
        .collector(spans.clone())
        .scheduled_delay(Duration::from_millis(20))
        .build()
        .unwrap();
    let mut one = pin!(tracer.root("one").run(messages()));
    // Records once, and is then polled without recording anything.
    let mut other = pin!(tracer.root("other").run(async {
        span::in_span("once", || {});
        std::future::pending::<()>().await;
    }));
    assert!(once(one.as_mut()).is_pending());
    let has = |name| spans.spans().iter().any(|span| span.operation_name == name);
    poll_until(one.as_mut(), || has("message"));
    poll_until(other.as_mut(), || has("once"));
    // The same after the tracer sleeps. It first naps for ten delays, and there is no signal
    // for the sleep.
    std::thread::sleep(Duration::from_millis(300));
    let before = spans.spans().len();
    poll_until(one.as_mut(), || spans.spans().len() > before);
}

#[test]
fn scopes_hand_over_while_a_collector_blocks() {
    let (called, calls) = channel();
    let (open, gate) = sync_channel::<()>(0);
    let gate = Mutex::new(gate);
    let tracer = Tracer::builder("scopes")
        .collector(collector_fn(move |_: &SpanBatch<'_>| {
            let _sent = called.send(());
            let _opened = gate.lock().unwrap().recv();
        }))
        .scheduled_delay(Duration::from_millis(20))
        .build()
        .unwrap();
    tracer.root("first").run_sync(|| {});
    calls.recv_timeout(LONG).unwrap();
    let mut connection = pin!(tracer.root("connection").run(messages()));
    for _ in 0..200 {
        assert!(once(connection.as_mut()).is_pending());
        std::thread::sleep(Duration::from_millis(1));
    }
    // Spans that were handed over are lost with the tracer. The others are open.
    let report = tracer.shutdown(Duration::from_millis(1));
    assert!(!report.is_complete);
    drop(open);
    let stats = tracer.stats();
    assert!(stats.dropped.shutdown > 0, "{stats:?}");
}

#[test]
fn a_held_root_hands_over_after_the_scheduled_delay() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("scopes")
        .collector(spans.clone())
        .on_demand()
        .scheduled_delay(Duration::ZERO)
        .build()
        .unwrap();
    let root = tracer.root("root").start();
    root.in_scope(|| span::in_span("child", || {}));
    assert_eq!(tracer.stats().started, 2);
    tracer.flush(Duration::ZERO);
    assert_eq!(spans.spans().len(), 1);
    root.end();
}

#[test]
fn long_texts_of_a_short_root_are_its_own() {
    let spans = MemoryCollector::new();
    let tracer = tracer(&spans);
    let long = "L".repeat(200);
    let roots: [(&str, &[&str]); 4] = [
        ("first", &[]),
        ("second", &[&long, "short"]),
        ("third", &["of the third", &long, &long]),
        ("fourth", &["of the fourth"]),
    ];
    for (name, texts) in roots {
        tracer.root(name).run_sync(|| {
            for (index, text) in texts.iter().enumerate() {
                span::add_tag(format!("tag {index}"), *text);
            }
        });
    }
    tracer.flush(Duration::ZERO);
    for (span, (name, texts)) in spans.spans().iter().zip(roots) {
        assert_eq!(span.operation_name, name);
        let found: Vec<_> = span.tags.iter().map(|tag| tag.value.as_str()).collect();
        let expected: Vec<_> = texts.iter().map(|text| Some(*text)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// Keeps the last handle of a tracer. Its drop hands over the scopes of the dropping thread.
struct Owner(Tracer);

impl Sampler for Owner {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        (self.0.stats().started == 0).into()
    }
}

#[test]
fn a_sampler_is_dropped_where_it_may_use_tracers() {
    let spans = MemoryCollector::new();
    let outer = tracer(&spans);
    let other = || {
        let helper = Tracer::builder("helper").on_demand().build().unwrap();
        let builder = Tracer::builder("other").on_demand();
        builder.sampler(Owner(helper)).build().unwrap()
    };
    let future = async { span::add_tag("tag", true) };
    let mut moved = None;
    outer.root("root").run_sync(|| {
        let mut child = Box::pin(
            async {
                tokio::task::yield_now().await;
                future.await;
            }
            .in_span("child"),
        );
        assert!(once(child.as_mut()).is_pending());
        moved = Some(child);
        let other = other();
        other.root("other").run_sync(|| {});
        drop(other);
        let mut captured = pin!(async { span::add_tag("tag", 1) }.in_current_trace());
        assert!(once(captured.as_mut()).is_ready());
    });
    let other = other();
    other.root("other").run_sync(|| {});
    other.attach_sync(|| trace_core::root("attached").run_sync(|| {}));
    drop(other);
    outer.attach_sync(|| trace_core::root("attached").run_sync(|| {}));
    assert!(once(moved.unwrap().as_mut()).is_ready());
    outer.flush(Duration::ZERO);
    let spans = spans.spans();
    let mut names: Vec<_> = spans.iter().map(|span| &*span.operation_name).collect();
    names.sort_unstable();
    assert_eq!(names, ["attached", "child", "root"]);
}

/// Panics when it is dropped.
struct Thrower;

impl Sampler for Thrower {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        SamplingDecision::Sample
    }
}

impl Drop for Thrower {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a sampler that is dropped");
    }
}

#[test]
fn a_sampler_may_panic_when_the_last_trace_ends() {
    let outer = Tracer::builder("outer").on_demand().build().unwrap();
    let builder = Tracer::builder("thrower").on_demand().sampler(Thrower);
    let tracer = builder.build().unwrap();
    let mut root = Box::pin(tracer.root("root").run(async {
        tokio::task::yield_now().in_span("child").await;
    }));
    assert!(once(root.as_mut()).is_pending());
    drop(tracer);
    assert!(once(root.as_mut()).is_ready());
    drop(root);
    // A thread keeps the core of its last tracer.
    outer.root("root").run_sync(|| {});
}

#[test]
fn names_and_kinds_of_one_place_are_told_apart() {
    let spans = MemoryCollector::new();
    let tracer = tracer(&spans);
    let long = "n".repeat(200);
    let names = ["one", "two", "one", &long];
    for name in names {
        let root = tracer.root(name.to_owned()).kind(SpanKind::Server);
        root.run_sync(|| span::build(name.to_owned()).start().end());
    }
    tracer.flush(Duration::ZERO);
    let found = spans.spans();
    let roots = found.iter().filter(|span| span.parent_span_id.is_none());
    let children = found.iter().filter(|span| span.parent_span_id.is_some());
    assert!(roots.clone().map(|span| &*span.operation_name).eq(names));
    assert!(children.map(|span| &*span.operation_name).eq(names));
    assert!(roots.clone().all(|span| span.kind == SpanKind::Server));
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_of_an_idle_tracer_sleeps() {
    let (sender, id) = channel();
    let sender = Mutex::new(sender);
    let tracer = Tracer::builder("scopes")
        .scheduled_delay(Duration::from_millis(1))
        .collector(collector_fn(move |_: &SpanBatch<'_>| {
            let path = std::fs::read_link("/proc/thread-self").unwrap();
            let _sent = sender.lock().unwrap().send(path);
        }))
        .build()
        .unwrap();
    // A root that has requested a tick, and sleeps.
    let mut root = Box::pin(tracer.root("root").run(std::future::pending::<()>()));
    assert!(once(root.as_mut()).is_pending());
    tracer.root("other").run_sync(|| {});
    let status = std::path::Path::new("/proc").join(id.recv_timeout(LONG).unwrap());
    let switches = || {
        let status = std::fs::read_to_string(status.join("status")).unwrap();
        let mut lines = status.lines();
        let line = lines.find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.unwrap().to_owned()
    };
    let sleeps = || {
        let before = switches();
        std::thread::sleep(Duration::from_millis(300));
        switches() == before
    };
    assert!((0..60).any(|_| sleeps()), "it wakes up again and again");
    drop(root);
}

#[test]
fn a_short_piece_in_the_chunk_of_a_large_one_without_texts_is_counted() {
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let many = |spans: u32| {
        tracer.root("many").run_sync(|| {
            (0..spans).for_each(|_| span::in_span("leaf", || {}));
        });
    };
    // The piece is large, so its chunk goes to the queue. This chunk is reused, and has no
    // room for texts.
    many(700);
    tracer.flush(Duration::ZERO);
    for _ in 0..2 {
        tracer
            .root("short")
            .run_sync(|| span::add_tag("key", "some text"));
        // This piece is copied after it.
        many(150);
    }
    tracer.flush(Duration::ZERO);
    let stats = tracer.stats();
    assert_eq!(
        (stats.started, stats.delivered),
        (1_005, 1_005),
        "{stats:?}"
    );
}

/// Tags the current span when it is dropped.
struct Teller(Arc<AtomicU64>);

impl Sampler for Teller {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        SamplingDecision::Sample
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        span::add_tag("tag", 1);
        let _context = span::current_context();
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_sampler_is_dropped_to_its_end_with_a_scope_that_was_left_long_ago() {
    let dropped = Arc::new(AtomicU64::new(0));
    let teller = Teller(Arc::clone(&dropped));
    let tracer = Tracer::builder("test").on_demand().sampler(teller).build();
    let tracer = tracer.unwrap();
    let other = Tracer::builder("other").on_demand().build().unwrap();
    leave_out_of_order(&tracer);
    drop(tracer);
    (0..80).for_each(|_| leave_out_of_order(&other));
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}

/// Leaves the visit of a held span while a span that began within it is current.
fn leave_out_of_order(tracer: &Tracer) {
    let held = tracer.root("root").run_sync(|| span::start("held"));
    held.enter_unguarded();
    let inner = span::start("inner");
    inner.enter_unguarded();
    held.exit();
    inner.exit();
    inner.end();
    held.end();
}
