//! What recording allocates: nothing for each span, nothing at all where nothing is
//! recorded.
//!
//! Counted on the calling thread, after a few rounds in which buffers grow to the
//! size that they need.

use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::propagation::{
    DatadogPropagator, Extractor, JaegerPropagator, Propagator, W3cPropagator, XrayPropagator,
    extract, inject,
};
use trace_core::{AlwaysOff, HeadSampler, TraceContext, TraceFuture, Tracer, span, traced};

/// Allocations of each of `rounds` runs of `body`, in the steady state.
fn allocations(rounds: u32, mut body: impl FnMut()) -> f64 {
    (0..rounds).for_each(|_| body());
    let counted = allocation_counter::measure(|| (0..rounds).for_each(|_| body()));
    counted.count_total as f64 / f64::from(rounds)
}

/// Polls a future that suspends and needs no waking until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

async fn suspend() {
    let mut is_first = true;
    std::future::poll_fn(|_| match std::mem::take(&mut is_first) {
        true => Poll::Pending,
        false => Poll::Ready(()),
    })
    .await;
}

#[traced("leaf", tags(n, name))]
async fn leaf(n: u64, name: &str) {
    span::add_tag("added", n);
    span::add_log("log");
    suspend().await;
    black_box((n, name));
}

#[traced("plain", tags(n))]
fn plain(n: u64) {
    black_box(n);
}

/// A request with as many spans of each kind.
async fn work(spans: u64) {
    for n in 0..spans {
        leaf(n, "a name").await;
        plain(n);
        span::in_span("in span", || black_box(n));
        suspend().in_span("suspended").await;
    }
}

/// Runs requests of one and of 51 times four spans below the root; returns the
/// allocations of a request and those of each further span.
fn measure(tracer: &Tracer, mut after: impl FnMut()) -> (f64, f64) {
    let request = |spans| {
        block_on(tracer.root("request").run(work(spans)));
    };
    let mut run = |spans| {
        // What the tracer does when it delivers is none of the application's.
        let mut counted = 0;
        for round in 0..400 {
            let measured = allocation_counter::measure(|| request(spans));
            after();
            counted += if round < 200 { 0 } else { measured.count_total };
        }
        counted as f64 / 200.0
    };
    let (small, large) = (run(1), run(51));
    (small, (large - small) / 200.0)
}

#[test]
fn a_span_allocates_nothing_and_a_trace_once_or_twice() {
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let (request, span) = measure(&tracer, || {
        let _report = tracer.flush(Duration::ZERO);
    });
    println!("on demand: {request} allocations a request, {span} for each further span");
    assert!(request <= 2.0, "{request}");
    assert!(span < 0.001, "{span}");
}

#[test]
fn the_tracers_thread_gives_the_buffers_back() {
    let tracer = Tracer::builder("test").build().unwrap();
    let (request, span) = measure(&tracer, || {
        let _report = tracer.flush(Duration::from_secs(10));
    });
    println!("own thread: {request} allocations a request, {span} for each further span");
    assert!(request <= 2.0, "{request}");
    assert!(span < 0.001, "{span}");
}

#[test]
fn texts_and_errors_use_the_same_buffers() {
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let mut counted = 0;
    for round in 0..200 {
        tracer.root("root").run_sync(|| {
            let measured = allocation_counter::measure(|| {
                for n in 0..100 {
                    span::in_span("child", || {
                        span::add_tag("display", trace_core::display(n));
                        span::add_log_with("log", &[("n", &n), ("text", &"text")]);
                        span::record_error("an error");
                    });
                }
            });
            counted += if round < 100 { 0 } else { measured.count_total };
        });
        let _report = tracer.flush(Duration::ZERO);
    }
    println!("texts: {} allocations a span", counted as f64 / 10_000.0);
    assert_eq!(counted, 0);
}

#[traced("called", tags(n))]
fn called(n: u64) -> impl Future<Output = ()> {
    async move {
        suspend().await;
        black_box(n);
    }
}

#[test]
fn held_spans_and_called_futures_allocate_nothing() {
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let mut counted = 0;
    for round in 0..200 {
        tracer.root("root").run_sync(|| {
            let measured = allocation_counter::measure(|| {
                for n in 0..20 {
                    let mut held = span::start("held");
                    held.add_tag("n", n);
                    held.in_scope(|| plain(n));
                    let away = || {
                        let pending = held.poll(|| Poll::<()>::Pending, |()| None);
                        assert!(pending.is_pending());
                    };
                    tracer.attach_sync(away);
                    held.end();
                    drop(called(n));
                    block_on(called(n));
                }
            });
            counted += if round < 100 { 0 } else { measured.count_total };
        });
        let _report = tracer.flush(Duration::ZERO);
    }
    assert_eq!(counted, 0);
}

#[test]
fn without_a_tracer_nothing_is_allocated() {
    assert_eq!(allocations(100, || block_on(work(10))), 0.0);
}

thread_local! {
    static EVALUATED: Cell<u32> = const { Cell::new(0) };
}

fn evaluate(n: u64) -> u64 {
    EVALUATED.set(EVALUATED.get() + 1);
    n
}

#[traced("tagged", tags(n = evaluate(n)))]
async fn tagged(n: u64) {
    black_box(n);
}

#[test]
fn an_unsampled_request_allocates_nothing_and_evaluates_no_tag() {
    let spans = trace_core::MemoryCollector::new();
    let head = HeadSampler::new(0.0).unwrap();
    let tracers = [
        Tracer::builder("test").sampler(head),
        Tracer::builder("test").sampler(AlwaysOff),
    ];
    for builder in tracers {
        let tracer = builder
            .collector(spans.clone())
            .on_demand()
            .build()
            .unwrap();
        let request = || {
            block_on(tracer.root("request").run(async {
                work(10).await;
                tagged(1).await;
                assert!(!span::is_recording());
            }));
            tracer.root("plain").run_sync(|| plain(1));
        };
        assert_eq!(allocations(100, request), 0.0);
        let _report = tracer.flush(Duration::ZERO);
        let stats = tracer.stats();
        assert_eq!(
            (stats.started, stats.sampled_out, stats.open),
            (400, 400, 0)
        );
    }
    assert_eq!(EVALUATED.get(), 0);
    assert!(spans.spans().is_empty());
}

#[test]
fn an_unsampled_request_goes_on_with_its_trace_and_allocates_nothing() {
    let incoming = HashMap::from(
        [
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            ),
            ("tracestate", "vendor=1"),
            ("baggage", "user=alice"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let caller = extract(&incoming).context.unwrap();
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let mut here: Option<TraceContext> = None;
    let counted = allocations(100, || {
        let root = tracer.root("request").remote_parent(caller.clone());
        block_on(root.run(async {
            suspend().await;
            leaf(1, "name").await;
            here = span::current_context();
        }));
    });
    assert_eq!(counted, 0.0);
    let here = here.unwrap();
    assert_eq!(here.parent_span_id, Some(caller.span_id));
    assert_ne!(here.span_id, caller.span_id);
    let mut outgoing = HashMap::new();
    inject(&here, &mut outgoing);
    let traceparent = format!("00-0af7651916cd43dd8448eb211c80319c-{}-00", here.span_id);
    assert_eq!(outgoing["traceparent"], traceparent);
    assert_eq!(outgoing["tracestate"], "vendor=1");
    assert_eq!(outgoing["baggage"], "user=alice");
    assert_eq!(tracer.stats().sampled_out, 200);
}

/// Bytes that a future takes that sleeps in a root, above one without.
#[test]
fn a_root_that_sleeps_takes_250_bytes() {
    const ROOTS: usize = 1_000;
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut kept = Vec::with_capacity(2 * ROOTS);
    let mut bytes = |is_root: bool| {
        let measured = allocation_counter::measure(|| {
            for _ in 0..ROOTS {
                // Much is recorded on the same thread meanwhile.
                tracer.root("large").run_sync(|| (0..500).for_each(plain));
                let _report = tracer.flush(Duration::ZERO);
                let mut future: std::pin::Pin<Box<dyn Future<Output = ()>>> = if is_root {
                    Box::pin(sleeping_root())
                } else {
                    Box::pin(std::future::pending())
                };
                tracer.attach_sync(|| assert!(future.as_mut().poll(&mut cx).is_pending()));
                kept.push(future);
            }
        });
        measured.bytes_current as f64 / ROOTS as f64
    };
    let _warm = bytes(false);
    kept_few(bytes(true) - bytes(false));
}

#[trace_core::trace_root("sleeping")]
async fn sleeping_root() {
    std::future::pending::<()>().await;
}

/// The same of one that has recorded something whenever it was polled.
#[test]
fn a_root_that_is_woken_now_and_then_sleeps_with_little_more_than_it_has_recorded() {
    const ROOTS: usize = 200;
    let tracer = Tracer::builder("test").on_demand().build().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut kept = Vec::with_capacity(4 * ROOTS);
    // The first two make what the tracer keeps.
    for polls in [2, 20, 2, 20] {
        let measured = allocation_counter::measure(|| {
            for _ in 0..ROOTS {
                let mut future = Box::pin(waking_root());
                for _ in 0..polls {
                    tracer.root("large").run_sync(|| (0..500).for_each(plain));
                    let _report = tracer.flush(Duration::ZERO);
                    tracer.attach_sync(|| assert!(future.as_mut().poll(&mut cx).is_pending()));
                }
                kept.push(future);
            }
        });
        let bytes = measured.bytes_current / ROOTS as i64;
        println!("{bytes} bytes for each root that was polled {polls} times");
        // Chunks for more than 64 words have room for 512.
        let most = if polls == 2 { 1_000 } else { 5_500 };
        let is_warm = kept.len() > 2 * ROOTS;
        assert!(!is_warm || (100..most).contains(&bytes), "{bytes}");
    }
}

#[trace_core::trace_root("waking")]
async fn waking_root() {
    loop {
        leaf(1, "name").await;
        suspend().await;
    }
}

#[track_caller]
fn kept_few(bytes: f64) {
    println!("{bytes} bytes for each root that sleeps");
    assert!((100.0..=250.0).contains(&bytes), "{bytes}");
}

/// Headers that count how often they are asked for, and the bytes that they give.
struct Counting<'a> {
    headers: &'a [(String, String)],
    calls: Cell<usize>,
    bytes: Cell<usize>,
}

impl Counting<'_> {
    fn note(&self, calls: usize, bytes: usize) {
        self.calls.set(self.calls.get() + calls);
        self.bytes.set(self.bytes.get() + bytes);
    }
}

impl Extractor for Counting<'_> {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        self.note(1, 0);
        for (_, value) in self.headers.iter().filter(|(key, _)| key == name) {
            self.note(0, value.len());
            each(value.as_bytes());
        }
    }

    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.note(1, 0);
        for (key, value) in self
            .headers
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
        {
            self.note(0, value.len());
            each(key, value.as_bytes());
        }
    }
}

/// What reading so many entries costs: calls of the carrier, bytes that it gives, and bytes
/// that are allocated.
fn cost(propagator: &dyn Propagator, headers: &[(String, String)]) -> (usize, usize, u64) {
    let counting = Counting {
        headers,
        calls: Cell::new(0),
        bytes: Cell::new(0),
    };
    let allocated = allocation_counter::measure(|| {
        let _found = black_box(propagator.extract(&counting));
    });
    (
        counting.calls.get(),
        counting.bytes.get(),
        allocated.bytes_total,
    )
}

/// The work is counted, and not the time: a reader that begins again for each entry asks for
/// more bytes, or copies more, than four times as many for four times the entries.
#[test]
fn headers_are_read_in_linear_time() {
    const FEW: usize = 500;
    let one_line = |key: &str, entry: fn(usize) -> String| {
        let key = key.to_owned();
        move |count: usize| {
            let entries: Vec<String> = (0..count).map(entry).collect();
            vec![(key.clone(), entries.join(","))]
        }
    };
    let lines = |key: &str, entry: fn(usize) -> String| {
        let key = key.to_owned();
        move |count: usize| (0..count).map(|at| (key.clone(), entry(at))).collect()
    };
    let member: fn(usize) -> String = |at| format!("key{at}=value{at};meta");
    let bad: fn(usize) -> String = |at| format!("no member {at}");
    let traceparent = || {
        let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        ("traceparent".to_owned(), value.to_owned())
    };
    type Case = (
        &'static str,
        Box<dyn Propagator>,
        Box<dyn Fn(usize) -> Vec<(String, String)>>,
    );
    let with_parent = |states: Box<dyn Fn(usize) -> Vec<(String, String)>>| {
        move |count| {
            let mut headers: Vec<_> = states(count);
            headers.push(traceparent());
            headers
        }
    };
    let cases: [Case; 8] = [
        (
            "members",
            Box::new(W3cPropagator),
            Box::new(one_line("baggage", member)),
        ),
        (
            "bad members",
            Box::new(W3cPropagator),
            Box::new(one_line("baggage", bad)),
        ),
        (
            "lines of members",
            Box::new(W3cPropagator),
            Box::new(lines("baggage", member)),
        ),
        (
            "states",
            Box::new(W3cPropagator),
            Box::new(with_parent(Box::new(one_line("tracestate", |at| {
                format!("k{at}=v")
            })))),
        ),
        (
            "lines of states",
            Box::new(W3cPropagator),
            Box::new(with_parent(Box::new(lines("tracestate", |at| {
                format!("k{at}=v")
            })))),
        ),
        (
            "Jaeger's baggage",
            Box::new(JaegerPropagator),
            Box::new(|count| {
                let entries =
                    (0..count).map(|at| (format!("uberctx-key{at}"), format!("v%20{at}")));
                entries.collect()
            }),
        ),
        (
            "tags of Datadog",
            Box::new(DatadogPropagator),
            Box::new(|count| {
                let tags: Vec<String> = (0..count).map(|at| format!("_dd.p.k{at}=v")).collect();
                let pairs = [
                    ("x-datadog-trace-id", "7".to_owned()),
                    ("x-datadog-parent-id", "8".to_owned()),
                    ("x-datadog-tags", tags.join(",")),
                ];
                pairs.map(|(key, value)| (key.to_owned(), value)).into()
            }),
        ),
        (
            "parts of X-Ray",
            Box::new(XrayPropagator),
            Box::new(|count| {
                let parts: Vec<String> = (0..count).map(|at| format!("Key{at}=v")).collect();
                vec![("x-amzn-trace-id".to_owned(), parts.join(";"))]
            }),
        ),
    ];
    for (name, propagator, headers) in cases {
        // Once before, for what a process makes once.
        cost(&*propagator, &headers(FEW));
        let few = cost(&*propagator, &headers(FEW));
        let many = cost(&*propagator, &headers(4 * FEW));
        assert!(few.1 > 0, "{name}: nothing is read");
        assert_eq!(few.0, many.0, "{name}: calls");
        // Numbers are longer, and buffers grow by doubling.
        assert!(many.1 < few.1 * 5, "{name}: {few:?} {many:?} bytes read");
        assert!(
            many.2 < few.2 * 8 + 4_096,
            "{name}: {few:?} {many:?} bytes allocated"
        );
    }
}
