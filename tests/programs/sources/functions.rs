//! Everything that records, called: nothing may come of it.

use std::collections::HashMap;
use std::task::Poll;
use std::time::Duration;

use trace_core::{
    Carried, LinkSource, MemoryCollector, OpenSpan, SpanBatch, Stats, TraceContext, TraceFuture,
    TraceJoinSet, Tracer, collector_fn, propagation, span,
};

async fn body() -> u64 {
    tokio::task::yield_now().await;
    42
}

fn size_of_task<F: Future>(_: impl FnOnce() -> F) -> usize {
    size_of::<F>()
}

fn contexts(links: &dyn LinkSource) -> usize {
    let mut links_found = 0;
    links.for_each_link(&mut |_| links_found += 1);
    links_found
}

fn main() {
    let tracing = Tracer::builder("shop")
        .tag("service.version", "1")
        .collector(MemoryCollector::new())
        .collector(collector_fn(|batch: &SpanBatch<'_>| assert!(batch.spans().next().is_none())))
        .scheduled_delay(Duration::from_millis(1))
        .install()
        .unwrap();
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, |tasks| tasks.count());
    assert_eq!(threads, 1, "a thread was started");

    let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
    let caller = propagation::extract(&headers);
    let remote: Option<TraceContext> = caller.context.clone();
    assert_eq!(contexts(&remote), 1); // plain values stay as they are

    let root = || trace_core::root("GET /orders").tag("order.id", 7).extracted(caller.clone());
    let answer = root().run_sync(|| {
        span::add_tag("order.id", 42);
        span::add_log_with("asking", &[("bank", &"yes")]);
        span::record_error("declined");
        span::set_operation_name("GET /orders/{id}");
        assert!(!span::is_recording());
        assert_eq!(span::current_context(), None);
        assert!(!span::inject(&mut HashMap::new()));
        assert_eq!(span::set_baggage("a", "b"), Ok(false));
        assert_eq!(span::baggage("a"), None);
        Carried::new(1).run_sync(|one| span::in_span("add", || one + 41))
    });
    assert_eq!(answer, 42);

    assert_eq!(size_of::<OpenSpan>(), 0);
    let mut held = span::build("held").tag("order.id", 7).start();
    held.add_tag("order.id", 42);
    held.in_scope(|| assert!(!span::is_recording()));
    held.enter_unguarded();
    held.exit();
    assert_eq!(held.poll(|| Poll::Ready(42), |_| None), Poll::Ready(42));
    assert!(!held.inject(&mut HashMap::new()));
    held.end();
    root().start().end();
    drop(span::start("held").entered());
    assert_eq!(span::detached(|| Carried::new(42).with(|answer| *answer)), 42);

    let plain = size_of_task(body);
    assert_eq!(size_of_task(|| body().in_current_trace()), plain);
    assert_eq!(size_of_task(|| body().in_span("body")), plain);
    assert_eq!(size_of_task(|| root().run(body())), plain);
    assert_eq!(size_of_task(|| tracing.attach(body())), plain);

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn_in_current_trace(body());
        assert_eq!(tasks.join_all().await, [42]);
        assert_eq!(trace_core::spawn(body().in_span("body")).await.unwrap(), 42);
        assert_eq!(trace_core::spawn_linked("cache", body()).await.unwrap(), 42);
        assert_eq!(trace_core::spawn_blocking(|| 42).await.unwrap(), 42);
        assert_eq!(tracing.attach(root().run(body())).await, 42);
        assert!(root().run_result(async { Err::<(), _>("no") }).await.is_err());
        assert!(tracing.shutdown_when_idle(Duration::MAX).await.is_complete);
    });
    drop(runtime);

    let report = tracing.flush(Duration::ZERO);
    assert!(report.is_complete && report.left == 0 && report.errors.is_empty());
    assert!(tracing.shutdown(Duration::ZERO).is_complete);
    assert_eq!(tracing.stats(), Stats::default());
    println!("nothing");
}
