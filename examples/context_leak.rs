//! Compares a global context with a context for each task, for two concurrent requests.
//!
//! A context in a global variable belongs to the request that set it last. If two requests
//! wait at the same time, one of them continues in the other's trace. In this library the
//! current context belongs to the request's future: it is set before each poll and removed
//! after it.
//!
//! Look at the trace that each step sees. With the global variable, request a does all its
//! work in the trace of request b. Below, the example tries all 924 orders in which two
//! requests can be polled. The global variable is correct in only two of them, in which one
//! request follows the other. Finally, it runs 1,000 requests on four threads.
//!
//! ```sh
//! cargo run -p trace-examples --example context_leak
//! ```

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::{JoinSet, yield_now};
use trace_core::{IdGenerator, TraceCollector, TraceContext, TraceId, Tracer, span, traced};
use trace_examples::check;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const STEPS: usize = 5;

/// The first poll begins the request. Each further poll is a step.
const POLLS: u32 = 6;

#[tokio::main(worker_threads = 4)]
async fn main() -> Result<()> {
    let collector = TraceCollector::new();
    let tracer = Tracer::builder("shop")
        .collector(collector.clone())
        .ids(IdGenerator::counting())
        .build()?;
    let with_global = || request_with_global(IdGenerator::random());
    let with_tracer = || request_with_tracer(tracer.clone());

    let numbers = IdGenerator::counting();
    let (a, b) = tokio::join!(
        request_with_global(numbers.clone()),
        request_with_global(numbers),
    );
    print_steps("a context in a global variable", &a, &b);
    let (a, b) = tokio::join!(with_tracer(), with_tracer());
    print_steps("a context of each request's own", &a, &b);

    let global = in_all_orders(with_global);
    let own = in_all_orders(with_tracer);
    println!("orders of two requests       {:>5}", global.tried);
    println!("  of these leak: global      {:>5}", global.leaking);
    println!("                 their own   {:>5}", own.leaking);
    check(
        global.leaking == global.tried - 2,
        "only one request after the other does not leak",
    )?;
    check(
        own.leaking == 0,
        "in no order a request sees another's context",
    )?;

    let global = at_once(1_000, with_global).await?;
    let own = at_once(1_000, with_tracer).await?;
    println!("requests on four threads     {:>5}", global.tried);
    println!("  of these leak: global      {:>5}", global.leaking);
    println!("                 their own   {:>5}", own.leaking);
    check(
        own.leaking == 0,
        "on no thread a request sees another's context",
    )?;

    let _report = tracer.flush(Duration::from_secs(5));
    let completed = collector.completed_traces();
    let whole = completed.iter().filter(|completed| {
        completed.trace.len() == 1 + STEPS && completed.trace.problems().is_empty()
    });
    let requests = 2 + 2 * 924 + 1_000;
    println!("complete traces              {:>5}", completed.len());
    check(
        completed.len() == requests && whole.count() == requests,
        "every request is one trace with all its steps",
    )?;
    Ok(())
}

/// A finished request: its trace, and the traces that its steps saw.
struct Request {
    own: Option<TraceId>,
    seen: Vec<Option<TraceId>>,
}

impl Request {
    fn has_leaked(&self) -> bool {
        self.seen.iter().any(|seen| *seen != self.own)
    }
}

static CURRENT: Mutex<Option<TraceContext>> = Mutex::new(None);

async fn request_with_global(ids: IdGenerator) -> Request {
    let context = TraceContext::new(ids.trace_id(), ids.span_id());
    let own = Some(context.trace_id);
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(context);
    let mut seen = Vec::new();
    for _ in 0..STEPS {
        yield_now().await;
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(current.as_ref().map(|context| context.trace_id));
    }
    Request { own, seen }
}

async fn request_with_tracer(tracer: Tracer) -> Request {
    let request = async {
        let own = current_trace();
        let mut seen = Vec::new();
        for _ in 0..STEPS {
            seen.push(step().await);
        }
        Request { own, seen }
    };
    tracer.root("request").run(request).await
}

#[traced("step")]
async fn step() -> Option<TraceId> {
    yield_now().await;
    current_trace()
}

fn current_trace() -> Option<TraceId> {
    span::current_context().map(|context| context.trace_id)
}

fn print_steps(title: &str, a: &Request, b: &Request) {
    let name = |trace_id: &Option<TraceId>| {
        trace_id.map_or_else(|| "none".to_owned(), |id| format!("trace {}", id.get()))
    };
    println!("{title}:\n          request a    request b");
    println!("  begins  {:<11}  {}", name(&a.own), name(&b.own));
    for (number, (seen_by_a, seen_by_b)) in (1..).zip(a.seen.iter().zip(&b.seen)) {
        let (a, b) = (name(seen_by_a), name(seen_by_b));
        println!("  step {number}  {a:<11}  {b}");
    }
    println!();
}

/// How many orders or requests were tried, and in how many of them a step saw the wrong trace.
struct Count {
    tried: usize,
    leaking: usize,
}

/// Polls two requests in every possible order.
fn in_all_orders<F: Future<Output = Request>>(request: impl Fn() -> F) -> Count {
    // Each bit selects the request that is polled next.
    let orders = (0..1_u32 << (2 * POLLS)).filter(|order| order.count_ones() == POLLS);
    let mut count = Count {
        tried: 0,
        leaking: 0,
    };
    for order in orders {
        let mut requests = [Box::pin(request()), Box::pin(request())];
        let mut context = Context::from_waker(Waker::noop());
        let mut has_leaked = false;
        for poll in 0..2 * POLLS {
            let next = usize::from(order & (1 << poll) != 0);
            if let Poll::Ready(request) = requests[next].as_mut().poll(&mut context) {
                has_leaked |= request.has_leaked();
            }
        }
        count.tried += 1;
        count.leaking += usize::from(has_leaked);
    }
    count
}

/// Runs many requests at the same time, each as a task.
async fn at_once<F>(requests: usize, request: impl Fn() -> F) -> Result<Count>
where
    F: Future<Output = Request> + Send + 'static,
{
    let mut tasks: JoinSet<Request> = (0..requests).map(|_| request()).collect();
    let mut leaking = 0;
    while let Some(request) = tasks.join_next().await {
        leaking += usize::from(request?.has_leaked());
    }
    Ok(Count {
        tried: requests,
        leaking,
    })
}
