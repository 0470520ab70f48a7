//! fastrace, used as in its README: `#[trace]`, properties, and a reporter.
//!
//! Errors are marked by hand, because there is no other way. The future of a spawned task is
//! wrapped in a `Span`.

use std::hint::black_box;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace::future::FutureExt as _;
use fastrace::local::LocalSpan;
use fastrace::{Event, Span, trace};
use tokio::task::JoinHandle;

use super::plain;
use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct Fastrace;

#[trace]
async fn leaf(i: u64) -> u64 {
    black_box(i)
}

#[trace]
fn sync_leaf(i: u64) -> u64 {
    black_box(i)
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn tree(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    sum
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn branch(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    sum
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn tagged(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

#[trace]
async fn waits(i: u64, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i)
}

#[trace]
async fn fails(i: u64) -> Result<u64, Declined> {
    if black_box(i) == u64::MAX {
        return Ok(i);
    }
    let error = Declined(i);
    LocalSpan::add_property(|| ("error", error.to_string()));
    Err(error)
}

#[trace]
async fn rich(i: u64, text: &str) -> u64 {
    LocalSpan::add_properties(|| {
        [
            ("order.id", i.to_string()),
            ("order.card", text.to_owned()),
            ("order.items", (i + 1).to_string()),
            ("order.total", (i as f64).to_string()),
            ("customer.name", text.to_owned()),
            ("customer.id", (i + 2).to_string()),
            ("customer.is_new", (i == 0).to_string()),
            ("shop", text.to_owned()),
        ]
    });
    LocalSpan::add_event(Event::new("asking the bank"));
    LocalSpan::add_event(Event::new("paid"));
    black_box(i + text.len() as u64)
}

#[trace]
async fn step(i: u64) -> u64 {
    black_box(i)
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    middle(i + 1, text, polls).await
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    inner(i + 1, text, polls).await
}

#[trace(properties = { "i": "{i}", "text": "{text}" })]
async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i + text.len() as u64)
}

#[trace]
async fn level0(i: u64) -> u64 {
    black_box(i)
}

#[trace]
async fn level1(i: u64) -> u64 {
    level0(i).await + 1
}

#[trace]
async fn level2(i: u64) -> u64 {
    level1(i).await + 1
}

#[trace]
async fn level3(i: u64) -> u64 {
    level2(i).await + 1
}

static DELIVERED: Counter = Counter::new();

struct Counting;

impl Reporter for Counting {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        DELIVERED.add(spans.len());
    }
}

impl Library for Fastrace {
    const NAME: &'static str = "fastrace";
    const PACKAGE: Option<&'static str> = Some("fastrace");

    fn set_up() {
        fastrace::set_reporter(Counting, Config::default());
    }

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        let root = Span::root("root", SpanContext::random().sampled(is_sampled));
        let _guard = root.set_local_parent();
        body()
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
        tokio::spawn(plain::task(i).in_span(Span::enter_with_local_parent("leaf")))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        plain::root(i).in_span(Span::root("root", SpanContext::random()))
    }

    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        let context = SpanContext::random().sampled(is_sampled);
        plain::rooted(body).in_span(Span::root("root", context))
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
        fastrace::flush();
    }

    fn delivered() -> u64 {
        DELIVERED.get()
    }
}
