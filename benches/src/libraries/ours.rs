//! trace-core.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::task::JoinHandle;
use trace_core::{
    AlwaysOff, Collector, SpanBatch, Tracer, TracerBuilder, TracerGuard, sampler_fn, span,
    trace_root, traced,
};

use super::plain;
use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct TraceCore;

#[traced]
async fn leaf(i: u64) -> u64 {
    black_box(i)
}

#[traced]
fn sync_leaf(i: u64) -> u64 {
    black_box(i)
}

#[traced(tags(i, text))]
async fn tree(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    sum
}

#[traced(tags(i, text))]
async fn branch(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    sum
}

#[traced(tags(i, text))]
async fn tagged(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

#[traced]
async fn waits(i: u64, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i)
}

#[traced]
async fn fails(i: u64) -> Result<u64, Declined> {
    if black_box(i) == u64::MAX {
        return Ok(i);
    }
    Err(Declined(i))
}

#[traced(tags(
    order.id = i,
    order.card = text,
    order.items = i + 1,
    order.total = i as f64,
    customer.name = text,
    customer.id = i + 2,
    customer.is_new = i == 0,
    shop = text,
))]
async fn rich(i: u64, text: &str) -> u64 {
    span::add_log("asking the bank");
    span::add_log("paid");
    black_box(i + text.len() as u64)
}

#[trace_root("root")]
async fn root(i: u64) -> u64 {
    black_box(i)
}

#[traced]
async fn task(i: u64) -> u64 {
    black_box(i)
}

#[trace_root("root")]
async fn rooted<F: Future<Output = u64>>(body: F) -> u64 {
    body.await
}

#[traced]
async fn step(i: u64) -> u64 {
    black_box(i)
}

#[traced(tags(i, text))]
async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    middle(i + 1, text, polls).await
}

#[traced(tags(i, text))]
async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    inner(i + 1, text, polls).await
}

#[traced(tags(i, text))]
async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i + text.len() as u64)
}

#[traced]
async fn level0(i: u64) -> u64 {
    black_box(i)
}

#[traced]
async fn level1(i: u64) -> u64 {
    level0(i).await + 1
}

#[traced]
async fn level2(i: u64) -> u64 {
    level1(i).await + 1
}

#[traced]
async fn level3(i: u64) -> u64 {
    level2(i).await + 1
}

static DELIVERED: Counter = Counter::new();
static SAMPLED: OnceLock<TracerGuard> = OnceLock::new();
static UNSAMPLED: OnceLock<Tracer> = OnceLock::new();
static CHOOSING: OnceLock<Tracer> = OnceLock::new();

thread_local! {
    /// Whether the tracer of [`choosing`] samples the next root.
    static IS_SAMPLED: Cell<bool> = const { Cell::new(true) };
}

fn counting() -> impl Collector {
    trace_core::collector_fn(|batch: &SpanBatch<'_>| DELIVERED.add(batch.len()))
}

/// Returns the tracer of the sampled workloads.
pub fn tracer() -> &'static Tracer {
    tracer_with(Vec::new)
}

/// Returns this tracer. If it does not exist yet, makes it with these collectors beside the
/// counting one.
pub fn tracer_with(others: impl FnOnce() -> Vec<Box<dyn Collector>>) -> &'static Tracer {
    SAMPLED.get_or_init(|| {
        let builder = Tracer::builder("bench").collector(counting());
        let builder = others().into_iter().fold(builder, TracerBuilder::collector);
        builder
            .install()
            .expect("no other tracer is installed in this process")
    })
}

fn unsampled() -> &'static Tracer {
    UNSAMPLED.get_or_init(|| {
        Tracer::builder("bench")
            .sampler(AlwaysOff)
            .build()
            .expect("the operating system gives a thread")
    })
}

fn choosing() -> &'static Tracer {
    CHOOSING.get_or_init(|| {
        Tracer::builder("bench")
            .collector(counting())
            .sampler(sampler_fn(|_| IS_SAMPLED.get().into()))
            .build()
            .expect("the operating system gives a thread")
    })
}

impl Library for TraceCore {
    const NAME: &'static str = "trace-core";
    const PACKAGE: Option<&'static str> = Some("trace-core");

    fn set_up() {
        tracer();
        unsampled();
        choosing();
    }

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        let tracer = if is_sampled { tracer() } else { unsampled() };
        tracer.root("root").run_sync(|| {
            assert_eq!(span::is_recording(), is_sampled);
            body()
        })
    }

    fn leaf(i: u64) -> impl Future<Output = u64> + Send + 'static {
        leaf(i)
    }

    fn sync_leaf(i: u64) -> u64 {
        sync_leaf(i)
    }

    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        tree(i, text)
    }

    fn waits(i: u64, polls: u64) -> impl Future<Output = u64> + Send {
        waits(i, polls)
    }

    fn fails(i: u64) -> impl Future<Output = Result<u64, Declined>> + Send {
        fails(i)
    }

    fn rich(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        rich(i, text)
    }

    fn spawned(i: u64) -> JoinHandle<u64> {
        trace_core::spawn(task(i))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        root(i)
    }

    fn built_root(i: u64) -> impl Future<Output = u64> + Send {
        trace_core::root("root").run(plain::root(i))
    }

    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        IS_SAMPLED.set(is_sampled);
        rooted(body)
    }

    fn choosing<R>(body: impl FnOnce() -> R) -> R {
        choosing().attach_sync(body)
    }

    fn step(i: u64) -> impl Future<Output = u64> + Send + 'static {
        step(i)
    }

    fn nested(
        i: u64,
        text: &'static str,
        polls: u64,
    ) -> impl Future<Output = u64> + Send + 'static {
        outer(i, text, polls)
    }

    fn nested_sizes() -> [usize; 4] {
        [
            size_of_val(&level0(1)),
            size_of_val(&level1(1)),
            size_of_val(&level2(1)),
            size_of_val(&level3(1)),
        ]
    }

    fn flush() {
        for tracer in [tracer(), choosing()] {
            let report = tracer.flush(Duration::from_secs(10));
            assert!(report.is_complete, "{report:?}");
        }
    }

    fn delivered() -> u64 {
        DELIVERED.get()
    }
}
