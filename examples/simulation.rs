//! Simulates fifteen seconds of five services in a few milliseconds.
//!
//! ```text
//! Frontend -> APIGateway -> [AuthService, DataService -> Database]
//! ```
//!
//! Every service is a task with its own queue and tracer. Requests carry the caller's
//! `TraceContext`. One `TraceCollector` takes the spans of all five tracers. The example uses
//! tokio's paused time, which jumps to the next timer when all tasks wait. The tracers follow
//! it with `Clock::tokio`.
//!
//! Look at the trees. Each request gives one tree of nine spans over five services. The caller
//! has a `call`, around the callee's `handle_request`. The bars show that the calls are
//! sequential. Ids and delays come from seeds, so every run prints the same bytes. The program
//! runs twice and compares the outputs. In the original tutorial, the services need at most 4
//! times 0.5 s, so no trace is slower than 2.0 s. Here the database is sometimes slower.
//!
//! ```sh
//! cargo run -p trace-examples --example simulation
//! ```

use std::error::Error;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use trace_core::{
    Clock, IdGenerator, SpanKind, Timestamp, Trace, TraceCollector, TraceCollectorOptions,
    TraceContext, Tracer, TreeOptions, span, traced,
};
use trace_examples::check;

const SIMULATED: Duration = Duration::from_secs(15);
const USER_REQUESTS: usize = 3;
const SEED: u64 = 1;
const SLOW: Duration = Duration::from_secs(2);

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    let real_time = Clock::system();
    let started = real_time.now();
    let output = simulate().await?;
    let took = real_time.now() - started;
    print!("{output}");
    eprintln!("\n{SIMULATED:?} simulated in {took:.1?}");
    check(output == simulate().await?, "two runs print the same")?;
    Ok(())
}

/// A request from one service to another, with the caller's context.
struct ServiceRequest {
    request_id: String,
    context: Option<TraceContext>,
    response_queue: oneshot::Sender<ServiceResponse>,
}

/// The answer: the services that took part in it.
struct ServiceResponse {
    services: Vec<&'static str>,
}

/// The address of a service.
#[derive(Clone)]
struct Address {
    name: &'static str,
    request_queue: mpsc::Sender<ServiceRequest>,
}

/// A service that does some work and then calls other services.
struct Service {
    name: &'static str,
    tracer: Tracer,
    request_queue: mpsc::Receiver<ServiceRequest>,
    downstream: Vec<Address>,
    /// How many milliseconds its work takes.
    busy: RangeInclusive<u64>,
    world: World,
}

/// The shared state: time, random numbers and the screen.
#[derive(Clone)]
struct World {
    start: Instant,
    delays: Arc<Mutex<SmallRng>>,
    ids: IdGenerator,
    screen: Arc<Mutex<String>>,
}

/// Runs the simulation once and returns its output.
async fn simulate() -> Result<String> {
    let world = World::new();
    let collector = world.collector();
    let mut tracers = Vec::new();
    let mut tasks = JoinSet::new();

    let mut start = |name, busy, downstream: &[&Address]| -> Result<Address> {
        let tracer = world.tracer(name, &collector)?;
        tracers.push((name, tracer.clone()));
        let (sender, request_queue) = mpsc::channel(16);
        let service = Service {
            name,
            tracer,
            request_queue,
            downstream: downstream.iter().copied().cloned().collect(),
            busy,
            world: world.clone(),
        };
        tasks.spawn(service.run());
        world.print(&format!("{name} started"));
        Ok(Address {
            name,
            request_queue: sender,
        })
    };
    let database = start("Database", 100..=2_000, &[])?;
    let data_service = start("DataService", 100..=500, &[&database])?;
    let auth_service = start("AuthService", 100..=500, &[])?;
    let api_gateway = start("APIGateway", 100..=500, &[&auth_service, &data_service])?;

    let frontend = world.tracer("Frontend", &collector)?;
    tracers.push(("Frontend", frontend.clone()));
    tasks.spawn(run_frontend(frontend, api_gateway, world.clone()));
    tasks.spawn(deliver(
        tracers.iter().map(|(_, tracer)| tracer.clone()).collect(),
    ));

    tokio::time::sleep_until(world.start + SIMULATED).await;
    tasks.shutdown().await;
    let summary = summarize(&collector, &tracers)?;
    Ok(world.into_output() + &summary)
}

/// Three users, one after another.
async fn run_frontend(tracer: Tracer, api_gateway: Address, world: World) -> Result<()> {
    for user in 1..=USER_REQUESTS {
        sleep(Duration::from_secs(2)).await;
        let request_id = format!("user_req_{user}");
        let root = tracer
            .root("handle_user_request")
            .tag("request_id", request_id.clone());
        let request = async {
            if let Some(context) = span::current_context() {
                world.print(&format!("Frontend: Starting trace {}", context.trace_id));
            }
            api_gateway.call(&request_id).await
        };
        let response = root.run(request).await?;
        world.print(&format!(
            "Frontend: {request_id} was served by {:?}",
            response.services
        ));
    }
    Ok(())
}

impl Address {
    #[traced("call", kind = client, tags(peer.service = self.name))]
    async fn call(&self, request_id: &str) -> Result<ServiceResponse> {
        let (response_queue, response) = oneshot::channel();
        let request = ServiceRequest {
            request_id: request_id.to_owned(),
            context: span::current_context(),
            response_queue,
        };
        self.request_queue.send(request).await?;
        Ok(response.await?)
    }
}

impl Service {
    async fn run(mut self) -> Result<()> {
        while let Some(request) = self.request_queue.recv().await {
            let response = self
                .tracer
                .root("handle_request")
                .kind(SpanKind::Server)
                .tag("request_id", request.request_id.clone())
                .remote_parent(request.context)
                .run(self.handle(&request.request_id))
                .await?;
            // A caller that is gone needs no answer.
            let _sent = request.response_queue.send(response);
        }
        Ok(())
    }

    async fn handle(&self, request_id: &str) -> Result<ServiceResponse> {
        let name = self.name;
        self.world
            .print(&format!("{name}: Processing Request({request_id})"));
        self.world.work(self.busy.clone()).await;
        let mut services = vec![name];
        for service in &self.downstream {
            services.extend(service.call(request_id).await?.services);
        }
        Ok(ServiceResponse { services })
    }
}

/// Delivers finished spans to the collector ten times a second. The tracers' own threads would
/// do this, but they do not follow simulated time.
async fn deliver(tracers: Vec<Tracer>) -> Result<()> {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        for tracer in &tracers {
            let _report = tracer.flush(Duration::ZERO);
        }
    }
}

impl World {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            delays: Arc::new(Mutex::new(SmallRng::seed_from_u64(SEED))),
            ids: IdGenerator::seeded(SEED),
            screen: Arc::default(),
        }
    }

    /// A clock that shows the simulated time.
    fn clock(&self) -> Clock {
        Clock::tokio(Timestamp::default() + self.start.elapsed())
    }

    fn tracer(&self, name: &str, collector: &TraceCollector) -> Result<Tracer> {
        let tracer = Tracer::builder(name)
            .collector(collector.clone())
            .clock(self.clock())
            .ids(self.ids.clone())
            .on_demand()
            .build()?;
        Ok(tracer)
    }

    /// Assembles the spans of all services and prints each complete trace.
    fn collector(&self) -> TraceCollector {
        let options = TraceCollectorOptions {
            clock: self.clock(),
            tracers: 5,
            ..TraceCollectorOptions::default()
        };
        let world = self.clone();
        TraceCollector::with_hook(options, move |completed| {
            let trace = &completed.trace;
            let tree = trace.tree_with(TreeOptions::default());
            world.print(&format!("Completed {trace}\n{tree}"));
        })
    }

    async fn work(&self, millis: RangeInclusive<u64>) {
        let millis = {
            let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
            delays.random_range(millis)
        };
        sleep(Duration::from_millis(millis)).await;
    }

    /// Prints a line that begins with the simulated time.
    fn print(&self, text: &str) {
        let now = self.start.elapsed().as_secs_f64();
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.push_str(&format!("[{now:.1}] {text}\n"));
    }

    fn into_output(self) -> String {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut screen)
    }
}

fn summarize(collector: &TraceCollector, tracers: &[(&str, Tracer)]) -> Result<String> {
    let mut lost = 0;
    for (_, tracer) in tracers {
        let _report = tracer.shutdown(Duration::ZERO);
        lost += tracer.stats().started - tracer.stats().delivered;
    }
    let stats = collector.stats();
    let completed = collector.completed_traces();

    let line = "=".repeat(60);
    let mut out = format!("{line}\nTracing Summary:\n{line}\n");
    writeln!(out, "Total traces completed: {}", stats.traces_completed)?;
    writeln!(out, "Total spans received: {}", stats.spans_received)?;
    writeln!(out, "\nService statistics:")?;
    for (name, tracer) in tracers {
        let spans = completed
            .iter()
            .flat_map(|completed| completed.trace.spans());
        let requests = spans
            .filter(|span| &*span.service_name == *name && span.kind != SpanKind::Client)
            .count();
        let spans = tracer.stats().delivered;
        writeln!(out, "  {name}: requests={requests}, spans={spans}")?;
        check(
            requests == USER_REQUESTS,
            "every service has a part in every request",
        )?;
    }
    let slow = collector.slow_traces(SLOW);
    writeln!(out, "\nSlow traces (>{SLOW:.1?}): {}", slow.len())?;
    for completed in &slow {
        writeln!(out, "  {}", completed.trace)?;
    }

    let is_whole = |trace: &Trace| trace.len() == 9 && trace.problems().is_empty();
    check(lost == 0, "no span is lost")?;
    check(
        completed.len() == USER_REQUESTS,
        "each user request is one trace",
    )?;
    check(
        completed.iter().all(|completed| is_whole(&completed.trace)),
        "each trace has nine spans, none without its parent",
    )?;
    check(!slow.is_empty(), "a trace is slow")?;
    Ok(out)
}
