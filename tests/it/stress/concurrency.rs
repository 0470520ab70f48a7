//! Tests with a thousand concurrent requests on several threads, some of which are cancelled
//! at random.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{JoinSet, yield_now};
use trace_core::{
    Completion, MemoryCollector, Outcome, SpanRecord, TraceCollector, TraceCollectorOptions,
    TraceFuture, TraceJoinSet, Tracer, span, traced,
};

use super::{assert_conserved, settled};
use crate::random::Random;

type Task = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// The shared state of all requests: the next number of a span, which is also their count.
#[derive(Default)]
struct World {
    opened: AtomicU64,
}

/// The place of a step in its request.
#[derive(Clone)]
struct Here {
    world: Arc<World>,
    request: u64,
    parent: u64,
    depth: u64,
    random: Random,
}

impl Here {
    /// Tags the current span with its identity. Returns the place of its children.
    fn enter(&self) -> Self {
        let own = self.world.opened.fetch_add(1, Ordering::Relaxed) + 1;
        span::add_tag("request", self.request);
        span::add_tag("own", own);
        span::add_tag("parent", self.parent);
        let mut here = self.clone();
        here.parent = own;
        here.depth += 1;
        here
    }

    fn child(&mut self) -> Self {
        let mut child = self.clone();
        child.random = Random::new(self.random.next());
        child
    }
}

fn step(here: Here) -> Task {
    Box::pin(traced_step(here))
}

#[traced("step", tags(depth = here.depth))]
async fn traced_step(here: Here) -> Result<(), String> {
    let mut here = here.enter();
    if here.depth > 4 {
        yield_now().await;
        return Ok(());
    }
    for _ in 0..here.random.below(3) + 1 {
        match here.random.below(9) {
            0 => step(here.child()).await?,
            1 => {
                let (one, two) = tokio::join!(step(here.child()), step(here.child()));
                one.and(two)?;
            }
            2 => tokio::select! {
                one = step(here.child()) => one?,
                two = step(here.child()) => two?,
            },
            3 => {
                let task = trace_core::spawn(step(here.child()));
                if here.random.chance(50) {
                    task.await.unwrap()?;
                }
            }
            4 => {
                let task = trace_core::spawn(step(here.child()));
                yield_now().await;
                task.abort();
            }
            5 => {
                let child = here.child();
                let task = trace_core::spawn_blocking(move || {
                    span::in_span("blocking", || drop(child.enter()));
                });
                task.await.unwrap();
            }
            6 => {
                let mut tasks = JoinSet::new();
                for _ in 0..3 {
                    tasks.spawn_in_current_trace(step(here.child()));
                }
                drop(tasks.join_next().await);
            }
            7 => {
                // A future that begins here and continues in a task without a trace.
                let mut moved = step(here.child());
                let ready = std::future::poll_fn(|cx| {
                    std::task::Poll::Ready(moved.as_mut().poll(cx).is_ready())
                });
                if !ready.await {
                    tokio::spawn(moved).await.unwrap()?;
                }
            }
            _ => {
                let child = here.child();
                span::in_span("sync", || drop(child.enter()));
                yield_now().await;
            }
        }
        if here.random.chance(3) {
            return Err("failed".to_owned());
        }
        if here.random.chance(2) {
            let caught = std::panic::AssertUnwindSafe(panicking(here.child()));
            let caught = futures_util::FutureExt::catch_unwind(caught).await;
            assert!(caught.is_err());
        }
    }
    Ok(())
}

#[traced("panicking")]
async fn panicking(here: Here) {
    drop(here.enter());
    yield_now().await;
    std::panic::resume_unwind(Box::new("oops"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

fn request(tracer: &Tracer, world: &Arc<World>, request: u64) -> impl Future<Output = ()> + use<> {
    let here = Here {
        world: Arc::clone(world),
        request,
        parent: 0,
        depth: 0,
        random: Random::new(request),
    };
    tracer.root("request").run(async move {
        let _result = step(here.enter()).await;
    })
}

/// Checks that every span is in the trace of its request and below the span that it names.
fn check_places(spans: &[SpanRecord]) {
    let number = |span: &SpanRecord, key: &str| span.tag(key).unwrap().as_i64().unwrap();
    let mut traces = HashMap::new();
    let mut seen = HashSet::new();
    let by_id: HashMap<_, _> = spans.iter().map(|span| (span.span_id, span)).collect();
    for span in spans {
        let request = number(span, "request");
        assert_eq!(
            *traces.entry(request).or_insert(span.trace_id),
            span.trace_id
        );
        assert!(
            seen.insert(number(span, "own")),
            "delivered twice: {span:?}"
        );
        let parent = span
            .parent_span_id
            .map_or(0, |parent| number(by_id[&parent], "own"));
        assert_eq!(parent, number(span, "parent"), "{span:?}");
    }
    let ids: HashSet<_> = traces.values().collect();
    assert_eq!(ids.len(), traces.len(), "two requests share a trace");
}

#[test]
fn a_thousand_requests_cancelled_at_random_keep_their_spans() {
    let spans = MemoryCollector::new();
    let traces = TraceCollector::with_options(TraceCollectorOptions {
        // A slow machine must not cause a trace to be given up.
        give_up_time: Duration::MAX,
        max_active_traces: 10_000,
        max_completed_traces: 10_000,
        ..TraceCollectorOptions::default()
    });
    let tracer = Tracer::builder("stress")
        .collector(spans.clone())
        .collector(traces.clone())
        .build()
        .unwrap();
    let world = Arc::new(World::default());
    let runtime = runtime();
    let is_running = AtomicBool::new(true);
    let mut cancelled = HashSet::new();
    std::thread::scope(|scope| {
        // Checks continuously while the counters change.
        scope.spawn(|| {
            while is_running.load(Ordering::Relaxed) {
                assert_conserved(&tracer.stats());
                std::thread::yield_now();
            }
        });
        runtime.block_on(async {
            let mut random = Random::new(1);
            let mut running = JoinSet::new();
            for number in 0..1_000 {
                let handle = running.spawn(request(&tracer, &world, number));
                if random.chance(30) {
                    cancelled.insert(number);
                    let polls = random.below(8);
                    tokio::spawn(async move {
                        for _ in 0..polls {
                            yield_now().await;
                        }
                        handle.abort();
                    });
                }
            }
            while running.join_next().await.is_some() {}
        });
        is_running.store(false, Ordering::Relaxed);
    });
    drop(runtime); // Ends the detached tasks in any state.
    let stats = settled(&tracer);
    let opened = world.opened.load(Ordering::Relaxed);
    assert_eq!((stats.started, stats.delivered), (opened, opened));
    let all = spans.take();
    check_places(&all);
    assert!(opened > 5_000, "{opened}");
    for outcome in [
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ] {
        assert!(
            all.iter().any(|span| span.outcome == outcome),
            "{outcome:?}"
        );
    }
    let completed = traces.completed_traces();
    let requests: HashSet<_> = all.iter().map(|span| span.trace_id).collect();
    assert_eq!(completed.len(), requests.len());
    assert!(requests.len() >= 1_000 - cancelled.len());
    let mut assembled = 0;
    for completed in completed {
        assert_eq!(completed.completion, Completion::Complete);
        assert_eq!(completed.late_spans, 0);
        assembled += completed.trace.len() as u64;
    }
    assert_eq!(assembled, opened);
}

#[test]
fn a_runtime_that_stops_with_tasks_pending_loses_nothing() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("stress")
        .collector(spans.clone())
        .build()
        .unwrap();
    let world = Arc::new(World::default());
    for round in 0..20 {
        let runtime = runtime();
        runtime.block_on(async {
            for number in 0..50 {
                let body = request(&tracer, &world, round * 50 + number);
                tokio::spawn(async {
                    body.await;
                    std::future::pending::<()>().in_span("never").await;
                });
            }
            yield_now().await;
        });
    }
    let stats = settled(&tracer);
    assert_eq!(stats.delivered, world.opened.load(Ordering::Relaxed));
    check_places(&spans.take());
}

#[test]
fn threads_flat_out_with_flushes_and_a_small_queue_conserve_spans() {
    let tracer = Tracer::builder("stress")
        .max_queue_spans(2_000)
        .build()
        .unwrap();
    let threads = 4;
    let rounds = 2_000;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let tracer = &tracer;
            scope.spawn(move || {
                let mut random = Random::new(thread);
                for _ in 0..rounds {
                    tracer.root("root").run_sync(|| {
                        for n in 0..9 {
                            span::in_span("child", || span::add_tag("n", n));
                        }
                    });
                    if random.chance(1) {
                        let _report = tracer.flush(std::time::Duration::from_secs(10));
                    }
                    assert_conserved(&tracer.stats());
                }
            });
        }
    });
    let stats = settled(&tracer);
    assert_eq!(stats.started, threads * rounds * 10);
    assert_eq!(stats.delivered + stats.dropped.queue, stats.started);
}
