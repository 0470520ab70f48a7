//! A sampled trace through a chain of services, and the effect of recording only half of the
//! traces.
//!
//! ```text
//! Client -> ServiceA -> ServiceB -> Database
//! ```
//!
//! Each service has its own task, queue and tracer. They are connected only by the headers of
//! the request, a map that `propagation::inject` writes and `extract` reads. The client's
//! `HeadSampler` decides once for the whole chain. The other services follow their caller.
//!
//! Look first at the chain of parents: every span's parent is the previous span, in another
//! service. Then look at ten requests at a rate of 0.5, run 5,000 times. The number of traces
//! has the mean and the variance of a binomial distribution. The slowest of the ten requests
//! is missed half of the time, because the sampler decides before the request runs.
//!
//! ```sh
//! cargo run -p trace-examples --example sampled_chain
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use trace_core::{
    AlwaysOn, Clock, Collector, HeadSampler, IdGenerator, MemoryCollector, Sampler, SpanKind,
    Timestamp, Trace, Tracer, propagation, span,
};
use trace_examples::check;

const EXPERIMENTS: u32 = 5_000;
const REQUESTS: u32 = 10;
const RATE: f64 = 0.5;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    show_chain().await?;
    show_experiments().await
}

/// A request from one service to the next.
struct PropagatedRequest {
    headers: HashMap<String, String>,
    response_queue: oneshot::Sender<()>,
}

/// A service that records what its caller records.
struct SampledService {
    tracer: Tracer,
    request_queue: mpsc::Receiver<PropagatedRequest>,
    downstream: Option<mpsc::Sender<PropagatedRequest>>,
}

impl SampledService {
    async fn run(mut self) -> Result<()> {
        while let Some(request) = self.request_queue.recv().await {
            let caller = propagation::extract(&request.headers).context;
            let root = self.tracer.root("handle").kind(SpanKind::Server);
            root.remote_parent(caller).run(self.handle()).await?;
            // A caller that is gone needs no answer.
            let _sent = request.response_queue.send(());
        }
        Ok(())
    }

    async fn handle(&self) -> Result<()> {
        sleep(Duration::from_millis(rand::random_range(100..=300))).await;
        match &self.downstream {
            Some(service) => call(service).await,
            None => Ok(()),
        }
    }
}

/// Sends a request with the current context in its headers, and waits for the answer.
async fn call(service: &mpsc::Sender<PropagatedRequest>) -> Result<()> {
    let mut headers = HashMap::new();
    if let Some(context) = span::current_context() {
        propagation::inject(&context, &mut headers);
    }
    let (response_queue, response) = oneshot::channel();
    let request = PropagatedRequest {
        headers,
        response_queue,
    };
    service.send(request).await?;
    Ok(response.await?)
}

/// The client, which decides whether to record, and the three services behind it.
struct Chain {
    client: Tracer,
    services: Vec<Tracer>,
    service_a: mpsc::Sender<PropagatedRequest>,
}

impl Chain {
    fn start(
        sampler: impl Sampler + 'static,
        collector: impl Collector + Clone + 'static,
    ) -> Result<Self> {
        let clock = Clock::tokio(Timestamp::default());
        let ids = IdGenerator::seeded(1);
        let tracer = |name| {
            Tracer::builder(name)
                .collector(collector.clone())
                .clock(clock.clone())
                .ids(ids.clone())
        };
        let mut services = Vec::new();
        let mut start = |name, downstream| -> Result<_> {
            let (sender, request_queue) = mpsc::channel(16);
            let tracer = tracer(name).build()?;
            services.push(tracer.clone());
            let service = SampledService {
                tracer,
                request_queue,
                downstream,
            };
            tokio::spawn(service.run());
            Ok(sender)
        };
        let database = start("Database", None)?;
        let service_b = start("ServiceB", Some(database))?;
        let service_a = start("ServiceA", Some(service_b))?;
        Ok(Self {
            client: tracer("Client").sampler(sampler).build()?,
            services,
            service_a,
        })
    }

    /// Returns whether the request was sampled.
    async fn request(&self) -> Result<bool> {
        let request = async {
            call(&self.service_a).await?;
            Ok(span::current_context().is_some_and(|context| context.is_sampled()))
        };
        self.client.root("request").run(request).await
    }

    fn tracers(&self) -> impl Iterator<Item = &Tracer> {
        std::iter::once(&self.client).chain(&self.services)
    }

    fn flush(&self) {
        for tracer in self.tracers() {
            let _report = tracer.flush(Duration::from_secs(5));
        }
    }
}

/// Shows the parents of the spans of one recorded request.
async fn show_chain() -> Result<()> {
    let collector = MemoryCollector::new();
    let chain = Chain::start(AlwaysOn, collector.clone())?;
    chain.request().await?;
    chain.flush();

    let traces = Trace::group(collector.take());
    let [trace] = &traces[..] else {
        return Err(format!("one request is {} traces; expected one", traces.len()).into());
    };
    println!("{}", trace.tree());
    println!("service   span id           parent span id");
    let mut expected_parent = None;
    let mut chained = Vec::new();
    let mut next = trace.root();
    while let Some(span) = next {
        let parent = span.parent_span_id.map(|parent| parent.to_string());
        let parent = parent.as_deref().unwrap_or("none");
        println!("{:<8}  {}  {parent}", span.service_name, span.span_id);
        check(
            span.parent_span_id == expected_parent,
            "a parent is the span before",
        )?;
        expected_parent = Some(span.span_id);
        chained.push(&*span.service_name);
        next = trace.children(span.span_id).next();
    }
    check(
        chained == ["Client", "ServiceA", "ServiceB", "Database"] && trace.len() == 4,
        "the trace is one chain of four services",
    )?;
    Ok(())
}

/// Repeats an experiment many times: ten requests at a rate of one half.
async fn show_experiments() -> Result<()> {
    let sampler = HeadSampler::new(RATE)?;
    let chain = Chain::start(sampler.clone(), ())?;
    let mut experiments_with = [0_u32; REQUESTS as usize + 1];
    let mut slowest_missed = 0;
    for _ in 0..EXPERIMENTS {
        let mut recorded = 0;
        let mut slowest = Duration::ZERO;
        let mut is_slowest_recorded = false;
        for _ in 0..REQUESTS {
            let started = Instant::now();
            let is_sampled = chain.request().await?;
            recorded += usize::from(is_sampled);
            if started.elapsed() > slowest {
                slowest = started.elapsed();
                is_slowest_recorded = is_sampled;
            }
        }
        experiments_with[recorded] += 1;
        slowest_missed += u32::from(!is_slowest_recorded);
    }
    chain.flush();

    let (experiments, requests) = (f64::from(EXPERIMENTS), f64::from(REQUESTS));
    let binomial_mean = requests * RATE;
    let binomial_variance = requests * RATE * (1.0 - RATE);
    let mean_of = |value: &dyn Fn(f64) -> f64| -> f64 {
        let counts = (0..).zip(experiments_with);
        let sum: f64 = counts
            .map(|(traces, times)| value(f64::from(traces)) * f64::from(times))
            .sum();
        sum / experiments
    };
    let mean = mean_of(&|traces| traces);
    let variance = mean_of(&|traces| (traces - mean).powi(2));
    let missed = f64::from(slowest_missed) / experiments;
    let observed = sampler.sample_rate_actual();

    println!("\n{EXPERIMENTS} times {REQUESTS} requests at a rate of {RATE}");
    println!("traces    times  binomial");
    let mut binomial = experiments * (1.0 - RATE).powf(requests);
    for (traces, times) in (0..).zip(experiments_with) {
        let bar = "█".repeat(times as usize / 50);
        println!("{traces:>6}  {times:>7}  {binomial:>8.0}  {bar}");
        let traces = f64::from(traces);
        binomial *= (requests - traces) / (traces + 1.0) * RATE / (1.0 - RATE);
    }
    println!("mean             {mean:.3}  of the binomial distribution: {binomial_mean:.3}");
    println!(
        "variance         {variance:.3}  of the binomial distribution: {binomial_variance:.3}"
    );
    println!("observed rate    {observed:.3}  asked for: {RATE:.3}");
    println!(
        "slowest missed   {missed:.3}  half the time: a slow request is as likely to be left out"
    );

    let spans: u64 = chain.tracers().map(|tracer| tracer.stats().delivered).sum();
    // The limits are five standard deviations for 5,000 experiments.
    check(
        (mean - binomial_mean).abs() < 0.112,
        "the mean is the binomial's",
    )?;
    check(
        (variance - binomial_variance).abs() < 0.237,
        "the variance is the binomial's",
    )?;
    check(
        (missed - 0.5).abs() < 0.036,
        "every other slowest request is missed",
    )?;
    check(
        spans == 4 * sampler.sampled_traces(),
        "a request is recorded by all four services or by none",
    )?;
    Ok(())
}
