//! Custom collectors: several at the same time, one of which fails.
//!
//! `Collector` is a trait with one required method, which takes a batch of finished spans.
//! `Slow` below needs ten lines. A tracer can have several collectors, and each gets every
//! span. They are called on the tracer's own threads.
//!
//! Look at the end of the output. One of the four collectors panics at every third batch, and
//! prints the messages on the standard error. Still, every request is answered, the other
//! collectors get every span, and the loss is counted exactly.
//!
//! ```sh
//! cargo run -p trace-examples --example custom_collector
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use trace_core::{
    Collector, HumanDuration, SpanBatch, TraceCollector, Tracer, collector_fn, trace_root, traced,
};
use trace_examples::check;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const REQUESTS: u64 = 60;

#[tokio::main]
async fn main() -> Result<()> {
    let traces = TraceCollector::new();
    let flaky = Arc::new(Flaky::default());
    let time_by_operation = Arc::new(Mutex::new(BTreeMap::<String, Duration>::new()));
    let times = Arc::clone(&time_by_operation);

    let tracing = Tracer::builder("shop")
        .scheduled_delay(Duration::from_millis(25))
        .collector(Slow)
        .collector(collector_fn(move |batch| {
            let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
            for span in batch.spans() {
                let time = times.entry(span.operation_name().to_owned()).or_default();
                *time += span.duration();
            }
        }))
        .collector(flaky.clone())
        .collector(traces.clone())
        .install()?;

    // Prints one line for a panic, regardless of `RUST_BACKTRACE`.
    std::panic::set_hook(Box::new(|panic| eprintln!("  {panic}")));
    println!("spans of more than 15 ms, as they come:");
    let mut answered = 0;
    for number in 0..REQUESTS {
        answered += u64::from(get_order(number).await.is_ok());
    }
    let _report = tracing.flush(Duration::from_secs(5));

    println!("\ntime by operation:");
    for (operation, time) in &*time_by_operation
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
    {
        println!("  {operation:<10} {}", HumanDuration(*time));
    }
    let stats = tracing.stats();
    println!("\nrequests answered     {answered:>4} of {REQUESTS}");
    println!(
        "traces completed      {:>4}",
        traces.stats().traces_completed
    );
    println!("spans started         {:>4}", stats.started);
    println!("  taken by all four   {:>4}", stats.delivered);
    println!(
        "  refused by one      {:>4}, in {} panics",
        stats.dropped.collector, stats.collector_panics
    );
    println!("  open                {:>4}", stats.open);

    check(answered == REQUESTS, "no request suffers from a collector")?;
    check(
        traces.stats().traces_completed == REQUESTS,
        "the other collectors have every span",
    )?;
    check(stats.collector_panics > 0, "a collector panicked")?;
    check(
        stats.dropped.collector == flaky.refused.load(Ordering::Relaxed)
            && stats.delivered + stats.dropped.collector == stats.started,
        "the loss is counted exactly",
    )?;
    Ok(())
}

/// Prints slow spans.
struct Slow;

impl Collector for Slow {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let long = Duration::from_millis(15);
        for span in batch.spans().filter(|span| span.duration() > long) {
            println!("  {} took {:.1?}", span.operation_name(), span.duration());
        }
    }
}

/// Loses every third batch.
#[derive(Default)]
struct Flaky {
    batches: AtomicU64,
    refused: AtomicU64,
}

impl Collector for Flaky {
    fn collect(&self, batch: &SpanBatch<'_>) {
        if self.batches.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            let spans = batch.len();
            self.refused.fetch_add(spans as u64, Ordering::Relaxed);
            panic!("the disk is full, {spans} spans are lost");
        }
    }
}

#[trace_root("get_order")]
async fn get_order(number: u64) -> Result<()> {
    query(number).await;
    render().await;
    Ok(())
}

#[traced("query", tags(order.id = number))]
async fn query(number: u64) {
    let millis = if number % 10 == 7 { 20 } else { 2 };
    sleep(Duration::from_millis(millis)).await;
}

#[traced("render")]
async fn render() {
    sleep(Duration::from_millis(1)).await;
}
