//! A client and a service over queues, traced by two attributes.
//!
//! `#[trace_root]` on the client's `make_request` begins a trace. `#[traced]` on the service's
//! methods adds spans. The service runs in its own task, which does not know the client's
//! trace. The request carries the trace, as a `Carried<ServiceRequest>`.
//!
//! Look at the counts: three requests give 3 traces of 3 spans. Every span is finished when it
//! arrives. So a collector that only checks whether the spans *that it has* are finished would
//! count 9 traces of 1 span. The output ends with one of the traces as OTLP/JSON, which every
//! OpenTelemetry backend can read.
//!
//! ```sh
//! cargo run -p trace-examples --example decorator
//! ```

use std::error::Error;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use trace_core::{
    Carried, Clock, Collector, Resource, SpanBatch, Summary, SummaryTable, Timestamp,
    TraceCollector, Tracer, span, trace_root, traced,
};
use trace_examples::check;
use trace_otlp::{JsonCollector, JsonOptions};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const REQUESTS: usize = 3;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    let collector = TraceCollector::new();
    let tracing = Tracer::builder("tutorial")
        .collector(collector.clone())
        .clock(Clock::tokio(Timestamp::from_unix_nanos(
            1_700_000_000_000_000_000,
        )))
        .install()?;

    let (request_queue, requests) = mpsc::channel(16);
    let service = SimpleService {
        service_name: "OrderService".to_owned(),
    };
    tokio::spawn(service.run(requests));
    let client = SimpleClient {
        name: "Client".to_owned(),
        request_queue,
    };
    client.run().await?;

    let _report = tracing.flush(Duration::from_secs(5));
    report(&collector)
}

struct ServiceRequest {
    request_id: String,
    payload: String,
    response_queue: oneshot::Sender<String>,
}

struct SimpleService {
    service_name: String,
}

impl SimpleService {
    async fn run(self, mut requests: mpsc::Receiver<Carried<ServiceRequest>>) {
        while let Some(request) = requests.recv().await {
            request.run(|request| self.handle_request(request)).await;
        }
    }

    #[traced("handle_request", service = self.service_name, tags(request_id = request.request_id))]
    async fn handle_request(&self, request: ServiceRequest) {
        println!("{}: processing {}", self.service_name, request.request_id);
        work(100..=300).await;
        let data = self.process_data(&request.payload).await;
        // A client that is gone needs no answer.
        let _sent = request.response_queue.send(data);
    }

    #[traced("process_data", service = self.service_name)]
    async fn process_data(&self, payload: &str) -> String {
        span::add_log("cache miss");
        work(50..=150).await;
        format!("processed {payload}")
    }
}

struct SimpleClient {
    name: String,
    request_queue: mpsc::Sender<Carried<ServiceRequest>>,
}

impl SimpleClient {
    async fn run(&self) -> Result<()> {
        for number in 1..=REQUESTS {
            sleep(Duration::from_millis(1_500)).await;
            let response = self.make_request(&format!("req_{number}")).await?;
            println!("{}: {response}", self.name);
        }
        Ok(())
    }

    #[trace_root("make_request", service = self.name)]
    async fn make_request(&self, request_id: &str) -> Result<String> {
        let (response_queue, response) = oneshot::channel();
        let request = ServiceRequest {
            request_id: request_id.to_owned(),
            payload: format!("data of {request_id}"),
            response_queue,
        };
        self.request_queue.send(Carried::new(request)).await?;
        Ok(response.await?)
    }
}

async fn work(millis: std::ops::RangeInclusive<u64>) {
    sleep(Duration::from_millis(rand::random_range(millis))).await;
}

fn report(collector: &TraceCollector) -> Result<()> {
    let completed = collector.completed_traces();
    let summaries: Vec<_> = completed
        .iter()
        .map(|completed| Summary::from_trace(&completed.trace))
        .collect();
    println!("\nTraces completed: {}", collector.stats().traces_completed);
    println!("Spans received: {}\n", collector.stats().spans_received);
    for completed in &completed {
        println!("{}", completed.trace.tree());
    }
    println!("{}", SummaryTable(&summaries));

    let trace = &completed.first().ok_or("no trace is completed")?.trace;
    let spans: Vec<_> = trace.spans().cloned().collect();
    let json = JsonCollector::stdout().with_options(JsonOptions {
        pretty: true,
        ..JsonOptions::default()
    });
    json.collect(&SpanBatch::from_records(&Resource::new("tutorial"), &spans));
    json.flush(Duration::from_secs(1))?;

    let is_chain = |names: &[&str]| {
        let mut next = trace.root();
        names.iter().all(|name| {
            let span = next.take();
            next = span.and_then(|span| trace.children(span.span_id).next());
            span.is_some_and(|span| span.operation_name == *name)
        })
    };
    check(completed.len() == 3, "three requests are three traces")?;
    check(
        completed.iter().all(|completed| completed.trace.len() == 3),
        "each trace has three spans",
    )?;
    check(
        is_chain(&["make_request", "handle_request", "process_data"]),
        "each span is below its caller's",
    )?;
    Ok(())
}
