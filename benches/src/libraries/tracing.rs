//! `tracing` with `tracing-opentelemetry` and `opentelemetry_sdk`.
//!
//! Idle times and thread names are switched off, because no other library records them.

use std::hint::black_box;

use opentelemetry::trace::TracerProvider as _;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{opentelemetry as sdk, plain};
use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct Tracing;

#[instrument(skip_all)]
async fn leaf(i: u64) -> u64 {
    black_box(i)
}

#[instrument(skip_all)]
fn sync_leaf(i: u64) -> u64 {
    black_box(i)
}

#[instrument]
async fn tree(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    sum
}

#[instrument]
async fn branch(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    sum
}

#[instrument]
async fn tagged(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

#[instrument(skip_all)]
async fn waits(i: u64, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i)
}

#[instrument(skip_all, err)]
async fn fails(i: u64) -> Result<u64, Declined> {
    if black_box(i) == u64::MAX {
        return Ok(i);
    }
    Err(Declined(i))
}

#[instrument(skip_all, fields(
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
    tracing::info!("asking the bank");
    tracing::info!("paid");
    black_box(i + text.len() as u64)
}

#[instrument(skip_all)]
async fn step(i: u64) -> u64 {
    black_box(i)
}

#[instrument(skip(polls))]
async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    middle(i + 1, text, polls).await
}

#[instrument(skip(polls))]
async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    inner(i + 1, text, polls).await
}

#[instrument(skip(polls))]
async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i + text.len() as u64)
}

#[instrument(skip_all)]
async fn level0(i: u64) -> u64 {
    black_box(i)
}

#[instrument(skip_all)]
async fn level1(i: u64) -> u64 {
    level0(i).await + 1
}

#[instrument(skip_all)]
async fn level2(i: u64) -> u64 {
    level1(i).await + 1
}

#[instrument(skip_all)]
async fn level3(i: u64) -> u64 {
    level2(i).await + 1
}

fn root_span(is_sampled: bool) -> Span {
    let root = info_span!(parent: Span::none(), "root");
    if !is_sampled {
        root.set_parent(sdk::unsampled_caller())
            .expect("the layer is there");
    }
    root
}

static DELIVERED: Counter = Counter::new();
static PROVIDER: sdk::Provider = sdk::Provider::new(&DELIVERED);

impl Library for Tracing {
    const NAME: &'static str = "tracing + OTel";
    const PACKAGE: Option<&'static str> = Some("tracing-opentelemetry");
    const TRACES_WITHOUT_CONTEXT: bool = true;

    fn set_up() {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(PROVIDER.get().tracer("bench"))
            .with_tracked_inactivity(false)
            .with_threads(false);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("no other subscriber is set in this process");
    }

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        root_span(is_sampled).in_scope(body)
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
        tokio::spawn(plain::task(i).instrument(info_span!("leaf")))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        plain::root(i).instrument(root_span(true))
    }

    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        plain::rooted(body).instrument(root_span(is_sampled))
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
        PROVIDER.flush();
    }

    fn delivered() -> u64 {
        DELIVERED.get()
    }
}
