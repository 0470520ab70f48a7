//! `emit`, with an emitter that counts.
//!
//! It has no sampling. Here its filter decides for each span.

use std::cell::Cell;
use std::hint::black_box;

use emit::Emitter as _;
use tokio::task::JoinHandle;

use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct Emit;

#[emit::span("leaf")]
async fn leaf(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("sync_leaf")]
fn sync_leaf(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("tree", i, text)]
async fn tree(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    sum
}

#[emit::span("branch", i, text)]
async fn branch(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    sum
}

#[emit::span("tagged", i, text)]
async fn tagged(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

#[emit::span("waits")]
async fn waits(i: u64, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i)
}

#[emit::span(err_lvl: emit::Level::Error, "fails")]
async fn fails(i: u64) -> Result<u64, Declined> {
    if black_box(i) == u64::MAX {
        return Ok(i);
    }
    Err(Declined(i))
}

#[emit::span(
    "rich",
    order_id: i,
    order_card: text,
    order_items: i + 1,
    order_total: i as f64,
    customer_name: text,
    customer_id: i + 2,
    customer_is_new: i == 0,
    shop: text,
)]
async fn rich(i: u64, text: &str) -> u64 {
    emit::info!("asking the bank");
    emit::info!("paid");
    black_box(i + text.len() as u64)
}

#[emit::span("task")]
async fn task(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("root")]
async fn root(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("root")]
async fn rooted<F: Future<Output = u64>>(body: F) -> u64 {
    body.await
}

#[emit::span("step")]
async fn step(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("outer", i, text)]
async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    middle(i + 1, text, polls).await
}

#[emit::span("middle", i, text)]
async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    inner(i + 1, text, polls).await
}

#[emit::span("inner", i, text)]
async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i + text.len() as u64)
}

#[emit::span("level0")]
async fn level0(i: u64) -> u64 {
    black_box(i)
}

#[emit::span("level1")]
async fn level1(i: u64) -> u64 {
    level0(i).await + 1
}

#[emit::span("level2")]
async fn level2(i: u64) -> u64 {
    level1(i).await + 1
}

#[emit::span("level3")]
async fn level3(i: u64) -> u64 {
    level2(i).await + 1
}

#[emit::span("root")]
fn with_root<R>(body: impl FnOnce() -> R) -> R {
    body()
}

static DELIVERED: Counter = Counter::new();

thread_local! {
    static IS_SAMPLED: Cell<bool> = const { Cell::new(true) };
}

impl Library for Emit {
    const NAME: &'static str = "emit";
    const PACKAGE: Option<&'static str> = Some("emit");
    const TRACES_WITHOUT_CONTEXT: bool = true;

    fn set_up() {
        let counting = emit::emitter::from_fn(|event| {
            let is_span = event.extent().is_some_and(emit::Extent::is_range);
            DELIVERED.add(usize::from(is_span));
        });
        let _init = emit::setup()
            .emit_to(counting)
            .emit_when(emit::filter::from_fn(|_| IS_SAMPLED.get()))
            .init();
    }

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        IS_SAMPLED.set(is_sampled);
        let result = with_root(body);
        IS_SAMPLED.set(true);
        result
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
        tokio::spawn(emit::Frame::current(emit::ctxt()).in_future(task(i)))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        root(i)
    }

    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        IS_SAMPLED.set(is_sampled);
        rooted(body)
    }

    fn choosing<R>(body: impl FnOnce() -> R) -> R {
        let result = body();
        IS_SAMPLED.set(true);
        result
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
        emit::emitter().blocking_flush(std::time::Duration::from_secs(10));
    }

    fn delivered() -> u64 {
        DELIVERED.get()
    }
}
