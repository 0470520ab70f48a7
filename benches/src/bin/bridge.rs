//! What spans and events of `tracing` cost through a bridge, beside `tracing-opentelemetry`.
//!
//! Each subscriber is the process's own, in a process of its own, as `tracing` caches for each
//! call site what all subscribers want.

use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use opentelemetry::trace::TracerProvider as _;
use trace_benches::libraries::opentelemetry::PROVIDER;
use trace_benches::library::Yield;
use trace_benches::report::{self, Table, short};
use trace_benches::stopwatch::{median, nanos, now};
use trace_bridge::Bridge;
use trace_core::{Tracer, traced};
use tracing::dispatcher::set_global_default;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Instrument as _, info, info_span, instrument};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// Spans of one timing.
const SPANS: u64 = 500;

/// Timings in a process.
const TIMINGS: usize = 101;

/// Processes of each subscriber.
const ROUNDS: usize = 5;

/// Polls of one future.
const POLLS: u64 = 1_000;

const SUBSCRIBERS: [&str; 8] = [
    "none",
    "alone",
    "around nothing",
    "registry and fmt",
    "around registry and fmt",
    "registry and an empty layer",
    "layer",
    "tracing-opentelemetry",
];

const OPERATIONS: [&str; 5] = [
    "a span with two fields, in a trace",
    "the same, outside a trace",
    "one more poll of it",
    "one more poll of a `#[traced]` function",
    "an event with one field, in a trace",
];

#[instrument]
fn spanned(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

#[traced]
async fn ours(polls: u64) {
    Yield(polls).await;
}

/// A layer that does nothing.
struct Empty;

impl<S: tracing::Subscriber> Layer<S> for Empty {}

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        install(&name);
        let times = OPERATIONS.map(|operation| time(operation, &name).to_string());
        return println!("{}", times.join(" "));
    }
    report::print_head("Bridge");
    println!("Nanoseconds more than without a call, on the thread that records.\n");
    let mut times = vec![vec![Vec::new(); OPERATIONS.len()]; SUBSCRIBERS.len()];
    for _ in 0..ROUNDS {
        for (name, times) in SUBSCRIBERS.iter().zip(&mut times) {
            for (time, times) in run(name).into_iter().zip(times) {
                times.push(time);
            }
        }
    }
    let columns = [""].into_iter().chain(OPERATIONS);
    let mut table = Table::new(columns.map(str::to_owned).collect::<Vec<_>>());
    for (name, times) in SUBSCRIBERS.iter().zip(times) {
        let times = times.into_iter().map(|times| short(median(times)));
        table.row([(*name).to_owned()].into_iter().chain(times).collect());
    }
    table.print();
}

/// Measures a subscriber in a process of its own.
fn run(name: &str) -> Vec<f64> {
    let program = std::env::current_exe().expect("this program has a file");
    let output = Command::new(program)
        .arg(name)
        .output()
        .expect("it can be run");
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let times = text
        .split_whitespace()
        .map(|time| time.parse().expect("a number"));
    times.collect()
}

type Stack = Layered<
    fmt::Layer<Registry, fmt::format::DefaultFields, fmt::format::Format, fn() -> io::Sink>,
    Registry,
>;

/// A stack that writes lines nowhere.
fn stack() -> Stack {
    let lines = fmt::layer().with_writer(io::sink as fn() -> io::Sink);
    tracing_subscriber::registry().with(lines)
}

fn install(name: &str) {
    let registry = tracing_subscriber::registry;
    let bridge = Bridge::new();
    let dispatch = match name {
        "none" => return,
        "alone" => Dispatch::new(bridge.subscriber()),
        "around nothing" => Dispatch::new(bridge.around(NoSubscriber::new())),
        "registry and fmt" => Dispatch::new(stack()),
        "around registry and fmt" => Dispatch::new(bridge.around(stack())),
        "registry and an empty layer" => Dispatch::new(registry().with(Empty)),
        "layer" => Dispatch::new(registry().with(Empty).with(bridge.layer())),
        "tracing-opentelemetry" => {
            let layer = tracing_opentelemetry::layer()
                .with_tracer(PROVIDER.get().tracer("bench"))
                .with_tracked_inactivity(false)
                .with_threads(false);
            Dispatch::new(registry().with(layer))
        }
        name => panic!("no subscriber {name}"),
    };
    set_global_default(dispatch).expect("there is no other");
}

/// Returns the median of the nanoseconds that an operation takes.
fn time(operation: &str, subscriber: &str) -> f64 {
    let tracer = Tracer::builder("bench").collector(()).on_demand();
    let tracer = tracer.build().expect("no thread is started");
    let is_outside = operation.ends_with("outside a trace");
    let mut times = Vec::new();
    for _ in 0..TIMINGS {
        let time = || match operation {
            "one more poll of it" => {
                let span = info_span!("polled", i = 1, text = "/orders/7");
                poll(Yield(POLLS).instrument(span)) - poll(Yield(POLLS))
            }
            "one more poll of a `#[traced]` function" => poll(ours(POLLS)) - poll(Yield(POLLS)),
            "an event with one field, in a trace" => per_call(|i| info!(i, "paid")),
            _ => per_call(|i| {
                spanned(i, "/orders/7");
            }),
        };
        let time = match (is_outside, subscriber) {
            (true, _) => time(),
            // Its root.
            (false, "tracing-opentelemetry") => info_span!("root").in_scope(time),
            (false, _) => tracer.root("root").run_sync(time),
        };
        times.push(time);
        tracer.flush(std::time::Duration::from_secs(60));
        PROVIDER.flush();
    }
    median(times)
}

fn per_call(call: impl Fn(u64)) -> f64 {
    let begin = now();
    for i in 0..SPANS {
        call(black_box(i));
    }
    nanos(begin.elapsed()) / SPANS as f64
}

/// Returns the nanoseconds of a poll.
fn poll(future: impl Future) -> f64 {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let begin = now();
    while let Poll::Pending = future.as_mut().poll(&mut context) {}
    nanos(begin.elapsed()) / POLLS as f64
}
