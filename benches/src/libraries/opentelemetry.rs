//! The OpenTelemetry API, used by hand, with its SDK.
//!
//! The queue of the batch processor is large enough for a whole measurement. Its default of
//! 2,048 places would lose most of the spans.

use std::hint::black_box;
use std::sync::{LazyLock, OnceLock};

use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use tokio::task::JoinHandle;

use super::plain;
use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct OpenTelemetry;

static TRACER: LazyLock<SdkTracer> = LazyLock::new(|| PROVIDER.get().tracer("bench"));

/// Makes a context in which a new span is the current one. The span ends with the context.
fn span(name: &'static str) -> Context {
    Context::current_with_span(TRACER.start(name))
}

fn root_span(is_sampled: bool) -> Context {
    let caller = if is_sampled {
        Context::new()
    } else {
        unsampled_caller()
    };
    let root = TRACER.start_with_context("root", &caller);
    caller.with_span(root)
}

fn tagged_span(name: &'static str, i: u64, text: &'static str) -> Context {
    let tags = [KeyValue::new("i", i as i64), KeyValue::new("text", text)];
    let builder = TRACER.span_builder(name).with_attributes(tags);
    Context::current_with_span(TRACER.build(builder))
}

async fn tree(i: u64, text: &'static str) -> u64 {
    let cx = tagged_span("tree", i, text);
    let body = async {
        let mut sum = 0;
        for k in 0..9 {
            sum += branch(black_box(i + k), text).await;
        }
        sum
    };
    body.with_context(cx).await
}

async fn branch(i: u64, text: &'static str) -> u64 {
    let cx = tagged_span("branch", i, text);
    let body = async {
        let mut sum = 0;
        for k in 0..10 {
            sum += tagged(black_box(i + k), text).await;
        }
        sum
    };
    body.with_context(cx).await
}

async fn tagged(i: u64, text: &'static str) -> u64 {
    let cx = tagged_span("tagged", i, text);
    async { black_box(i + text.len() as u64) }
        .with_context(cx)
        .await
}

async fn leaf(i: u64) -> u64 {
    plain::leaf(i).with_context(span("leaf")).await
}

async fn step(i: u64) -> u64 {
    plain::step(i).with_context(span("step")).await
}

async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    let body = async { middle(i + 1, text, polls).await };
    body.with_context(tagged_span("outer", i, text)).await
}

async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    let body = async { inner(i + 1, text, polls).await };
    body.with_context(tagged_span("middle", i, text)).await
}

async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    let body = async {
        Yield(polls).await;
        black_box(i + text.len() as u64)
    };
    body.with_context(tagged_span("inner", i, text)).await
}

async fn level0(i: u64) -> u64 {
    plain::task(i).with_context(span("level0")).await
}

async fn level1(i: u64) -> u64 {
    let body = async { level0(i).await + 1 };
    body.with_context(span("level1")).await
}

async fn level2(i: u64) -> u64 {
    let body = async { level1(i).await + 1 };
    body.with_context(span("level2")).await
}

async fn level3(i: u64) -> u64 {
    let body = async { level2(i).await + 1 };
    body.with_context(span("level3")).await
}

async fn fails(i: u64) -> Result<u64, Declined> {
    let cx = span("fails");
    let result = plain::fails(i).with_context(cx.clone()).await;
    if let Err(error) = &result {
        cx.span().record_error(error);
        cx.span().set_status(Status::error(error.to_string()));
    }
    result
}

async fn rich(i: u64, text: &'static str) -> u64 {
    let tags = [
        KeyValue::new("order.id", i as i64),
        KeyValue::new("order.card", text),
        KeyValue::new("order.items", (i + 1) as i64),
        KeyValue::new("order.total", i as f64),
        KeyValue::new("customer.name", text),
        KeyValue::new("customer.id", (i + 2) as i64),
        KeyValue::new("customer.is_new", i == 0),
        KeyValue::new("shop", text),
    ];
    let builder = TRACER.span_builder("rich").with_attributes(tags);
    let body = async {
        let cx = Context::current();
        cx.span().add_event("asking the bank", Vec::new());
        cx.span().add_event("paid", Vec::new());
        black_box(i + text.len() as u64)
    };
    let cx = Context::current_with_span(TRACER.build(builder));
    body.with_context(cx).await
}

/// The context of a caller that does not sample.
pub fn unsampled_caller() -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::NOT_SAMPLED,
        true,
        TraceState::NONE,
    ))
}

/// A provider that counts exported spans.
#[derive(Debug)]
pub struct Provider {
    provider: OnceLock<SdkTracerProvider>,
    delivered: &'static Counter,
}

#[derive(Debug)]
struct Counting(&'static Counter);

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.add(batch.len());
        Ok(())
    }
}

impl Provider {
    pub const fn new(delivered: &'static Counter) -> Self {
        Self {
            provider: OnceLock::new(),
            delivered,
        }
    }

    pub fn get(&self) -> &SdkTracerProvider {
        self.provider.get_or_init(|| {
            let batches = BatchConfigBuilder::default()
                .with_max_queue_size(65_536)
                .build();
            let processor = BatchSpanProcessor::builder(Counting(self.delivered))
                .with_batch_config(batches)
                .build();
            SdkTracerProvider::builder()
                .with_span_processor(processor)
                .build()
        })
    }

    pub fn flush(&self) {
        // The number of delivered spans shows whether a flush failed.
        let _flushed = self.get().force_flush();
    }
}

static DELIVERED: Counter = Counter::new();
pub static PROVIDER: Provider = Provider::new(&DELIVERED);

impl Library for OpenTelemetry {
    const NAME: &'static str = "OTel API";
    const PACKAGE: Option<&'static str> = Some("opentelemetry_sdk");
    const TRACES_WITHOUT_CONTEXT: bool = true;

    fn set_up() {
        PROVIDER.get();
    }

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        let _entered = root_span(is_sampled).attach();
        body()
    }

    fn leaf(i: u64) -> impl Future<Output = u64> + Send + 'static {
        leaf(i)
    }

    fn sync_leaf(i: u64) -> u64 {
        let _entered = span("sync_leaf").attach();
        plain::sync_leaf(i)
    }

    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        tree(i, text)
    }

    fn waits(i: u64, polls: u64) -> impl Future<Output = u64> + Send {
        plain::waits(i, polls).with_context(span("waits"))
    }

    fn fails(i: u64) -> impl Future<Output = Result<u64, Declined>> + Send {
        fails(i)
    }

    fn rich(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        rich(i, text)
    }

    fn spawned(i: u64) -> JoinHandle<u64> {
        tokio::spawn(plain::task(i).with_context(span("leaf")))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        plain::root(i).with_context(root_span(true))
    }

    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        plain::rooted(body).with_context(root_span(is_sampled))
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
