//! Keeps only the traces that are slow or have failed.
//!
//! A head sampler decides at the beginning, so it misses the slowest request as often as any
//! other. The collector here keeps the spans of each trace until the trace has ended in this
//! process, which the tracer reports exactly. Then it passes on the traces that are worth
//! keeping. Until then a trace is a list of spans under its id. A limit for all lists together
//! bounds the memory.
//!
//! Look at the numbers: the kept traces are exactly the slow and failed requests. Each task
//! hands over its spans when it ends. So spans wait in the collector only while one task of
//! their request has ended and another still runs. If the limit is too low, traces are lost
//! and counted.
//!
//! ```sh
//! cargo run -p trace-examples --example tail_sampling
//! ```

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::sleep;
use trace_core::{
    Clock, Collector, CollectorError, SpanBatch, SpanRecord, Tag, Timestamp, Trace, TraceCollector,
    TraceId, TraceJoinSet, Tracer, trace_root, traced,
};
use trace_examples::check;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const REQUESTS: u64 = 2_000;
const SLOW: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    println!("{REQUESTS} requests; kept are those of more than {SLOW:?} and those that fail\n");
    let outcome = run(10_000).await?;
    check(
        outcome.kept == outcome.wanted,
        "exactly the slow and the failed traces are kept",
    )?;
    check(
        outcome.whole == outcome.kept,
        "every kept trace has all its spans",
    )?;
    check(outcome.lost == 0, "no trace is lost")?;

    let outcome = run(100).await?;
    check(outcome.most_spans <= 100, "the limit is kept")?;
    check(outcome.lost > 0, "what does not fit is counted")?;
    check(outcome.whole == outcome.kept, "no kept trace misses a span")?;
    Ok(())
}

struct Outcome {
    /// The number of requests that were slow or failed.
    wanted: usize,
    kept: usize,
    /// The number of kept traces that have all their spans.
    whole: usize,
    lost: usize,
    most_spans: usize,
}

async fn run(max_spans: usize) -> Result<Outcome> {
    let traces = TraceCollector::new();
    let sampling = Arc::new(TailSampling::new(max_spans, traces.clone()));
    let tracer = Tracer::builder("shop")
        .collector(sampling.clone())
        .clock(Clock::tokio(Timestamp::default()))
        .on_demand()
        .build()?;

    let mut delays = SmallRng::seed_from_u64(4);
    let mut requests = JoinSet::new();
    let mut wanted = 0;
    for _ in 0..REQUESTS {
        let mut parts = [(); 3].map(|()| Duration::from_millis(delays.random_range(10..=200)));
        if delays.random_ratio(1, 50) {
            parts[2] = Duration::from_millis(delays.random_range(600..=3_000));
        }
        let has_stock = !delays.random_ratio(1, 100);
        wanted += usize::from(parts[2] > SLOW || !has_stock);
        requests.spawn(tracer.attach(order(parts, has_stock)));
        sleep(Duration::from_millis(2)).await;
        let _report = tracer.flush(Duration::ZERO);
    }
    while !requests.is_empty() {
        let _answer = requests.join_next().await;
        let _report = tracer.flush(Duration::ZERO);
    }

    let kept = traces.completed_traces();
    let buffer = sampling
        .buffer
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let outcome = Outcome {
        wanted,
        kept: kept.len(),
        whole: kept.iter().filter(|kept| is_whole(&kept.trace)).count(),
        lost: buffer.lost,
        most_spans: buffer.most_spans,
    };
    println!("limit of {max_spans} spans");
    println!("  slow or failed            {:>5}", outcome.wanted);
    println!("  kept                      {:>5}", outcome.kept);
    println!("  given up for lack of room {:>5}", outcome.lost);
    println!("  most spans at a time      {:>5}", outcome.most_spans);
    println!("  most requests waiting     {:>5}", buffer.most_requests);
    println!(
        "  most bytes of a request   {:>5}\n",
        buffer.most_bytes_of_a_request
    );
    Ok(outcome)
}

fn is_whole(trace: &Trace) -> bool {
    trace.len() == 4 && trace.problems().is_empty()
}

/// Passes a trace on when it has ended, if it is slow or has failed.
struct TailSampling<C> {
    max_spans: usize,
    collector: C,
    buffer: Mutex<Buffer>,
}

/// The spans of unfinished requests.
#[derive(Default)]
struct Buffer {
    requests: HashMap<TraceId, Waiting>,
    /// The requests that were not given up, by their number.
    by_age: BTreeMap<u64, TraceId>,
    next_number: u64,
    spans: usize,
    lost: usize,
    most_spans: usize,
    most_requests: usize,
    most_bytes_of_a_request: usize,
}

/// An unfinished request.
struct Waiting {
    number: u64,
    /// `None` if the request was given up. Its later spans are dropped, too.
    spans: Option<Vec<SpanRecord>>,
}

impl<C> TailSampling<C> {
    fn new(max_spans: usize, collector: C) -> Self {
        Self {
            max_spans,
            collector,
            buffer: Mutex::default(),
        }
    }
}

impl<C: Collector> Collector for TailSampling<C> {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        for span in batch.spans() {
            buffer.add(span.to_record(), self.max_spans);
        }
        let ended = batch.completed_traces();
        let traces = ended.filter_map(|trace_id| buffer.take(trace_id));
        let kept: Vec<SpanRecord> = traces.filter(|spans| is_kept(spans)).flatten().collect();
        drop(buffer);
        self.collector
            .collect(&SpanBatch::from_records(batch.resource(), &kept));
    }

    fn flush(&self, timeout: Duration) -> std::result::Result<(), CollectorError> {
        self.collector.flush(timeout)
    }
}

fn is_kept(spans: &[SpanRecord]) -> bool {
    let is_slow = |span: &SpanRecord| span.parent_span_id.is_none() && span.duration() > SLOW;
    spans.iter().any(|span| is_slow(span) || span.is_error())
}

impl Buffer {
    /// Adds a span. To make room, gives up the request that has waited longest.
    fn add(&mut self, span: SpanRecord, max_spans: usize) {
        if self.spans >= max_spans {
            self.give_up_oldest();
        }
        let trace_id = span.trace_id;
        let request = self.requests.entry(trace_id).or_insert_with(|| {
            self.next_number += 1;
            self.by_age.insert(self.next_number, trace_id);
            Waiting {
                number: self.next_number,
                spans: Some(Vec::new()),
            }
        });
        let Some(spans) = &mut request.spans else {
            return;
        };
        spans.push(span);
        self.most_bytes_of_a_request = self.most_bytes_of_a_request.max(bytes(spans));
        self.spans += 1;
        self.most_spans = self.most_spans.max(self.spans);
        self.most_requests = self.most_requests.max(self.by_age.len());
    }

    fn give_up_oldest(&mut self) {
        if let Some((_, trace_id)) = self.by_age.pop_first()
            && let Some(request) = self.requests.get_mut(&trace_id)
        {
            self.spans -= request.spans.take().map_or(0, |spans| spans.len());
            self.lost += 1;
        }
    }

    /// Removes a request that has ended.
    fn take(&mut self, trace_id: TraceId) -> Option<Vec<SpanRecord>> {
        let request = self.requests.remove(&trace_id)?;
        self.by_age.remove(&request.number);
        let spans = request.spans?;
        self.spans -= spans.len();
        Some(spans)
    }
}

/// Returns an estimate that does not include the texts of tags.
fn bytes(spans: &[SpanRecord]) -> usize {
    let tags: usize = spans.iter().map(|span| span.tags.capacity()).sum();
    size_of_val(spans) + tags * size_of::<Tag>()
}

#[derive(Debug, Clone, Copy)]
struct SoldOut;

impl std::fmt::Display for SoldOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sold out")
    }
}

#[trace_root("order")]
async fn order(parts: [Duration; 3], has_stock: bool) -> std::result::Result<(), SoldOut> {
    let mut tasks = JoinSet::new();
    for time in parts {
        tasks.spawn_in_current_trace(reserve(time));
    }
    tasks.join_all().await;
    if has_stock { Ok(()) } else { Err(SoldOut) }
}

#[traced("reserve")]
async fn reserve(time: Duration) {
    sleep(time).await;
}
