//! Calls in process: no connection, a body that is ready.

use std::process::Command;
use std::time::Duration;

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::pin::pin;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

use crate::allocations;
use crate::report::{median, print_table};
use crate::setup::{Recorder, Sampling};
use crate::variant::{Variant, tower_http_layer};

const LAYERS: [Variant; 7] = [
    Variant::Empty,
    Variant::BareTraceHttp,
    Variant::BareTowerHttp,
    Variant::TraceHttp,
    Variant::TowerHttp,
    Variant::AxumTracing,
    Variant::FastraceAxum,
];

/// Runs each variant in a process of its own, in turns, and prints the medians.
pub fn compare(rounds: usize, calls: usize) -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::current_exe()?;
    let mut rows = Vec::new();
    for sampling in Sampling::ALL {
        let mut times = vec![Vec::new(); LAYERS.len()];
        let mut allocated = times.clone();
        for _ in 0..rounds {
            for (at, variant) in LAYERS.iter().enumerate() {
                if !variant.knows(sampling) {
                    continue;
                }
                let output = Command::new(&program)
                    .args([
                        "calls-of",
                        &name(*variant),
                        &name(sampling),
                        &calls.to_string(),
                    ])
                    .output()?;
                let text = String::from_utf8(output.stdout)?;
                let mut numbers = text.split_whitespace().map(str::parse::<f64>);
                let mut next = || {
                    numbers
                        .next()
                        .ok_or("a round printed nothing")?
                        .map_err(Box::<dyn std::error::Error>::from)
                };
                times[at].push(next()?);
                allocated[at].push(next()?);
            }
        }
        for (at, variant) in LAYERS.iter().enumerate() {
            if times[at].is_empty() {
                continue;
            }
            rows.push(vec![
                name(sampling),
                name(*variant),
                format!("{:.0}", median(&mut times[at])),
                format!("{:.1}", median(&mut allocated[at])),
            ]);
        }
    }
    print_table(
        &["", "layer", "ns above plain", "allocations above plain"],
        &rows,
    );
    Ok(())
}

/// The name of a variant on the command line.
pub fn name(value: impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// One round: prints the nanoseconds and allocations of a call above those of a plain one.
pub fn measure(
    variant: Variant,
    sampling: Sampling,
    calls: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let recorder = Recorder::install(variant, sampling)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let parts = 10;
    let (mut times, mut allocated) = (Vec::new(), Vec::new());
    let mut made = 0;
    for part in 0..=parts {
        let calls = calls / parts;
        let (plain_time, plain_allocated) = runtime.block_on(async {
            match variant {
                Variant::BareTraceHttp | Variant::BareTowerHttp => {
                    run(bare(), sampling, calls).await
                }
                _ => run(Variant::Plain.router(), sampling, calls).await,
            }
        });
        let (time, count) = runtime.block_on(async {
            match variant {
                Variant::BareTraceHttp => {
                    run(trace_http::server().layer(bare()), sampling, calls).await
                }
                Variant::BareTowerHttp => {
                    run(tower_http_layer().layer(bare()), sampling, calls).await
                }
                _ => run(variant.router(), sampling, calls).await,
            }
        });
        made += calls;
        if part > 0 {
            // The first part warms up.
            times.push(time.as_nanos() as f64 - plain_time.as_nanos() as f64);
            allocated.push(count as f64 - plain_allocated as f64);
        }
    }
    let exported = recorder.finish();
    let expected =
        if sampling == Sampling::Sampled && !matches!(variant, Variant::Plain | Variant::Empty) {
            made as u64
        } else {
            0
        };
    // A peer's queue may be full: then its spans were cheaper than they should be.
    if exported < expected / 2 || (expected == 0 && exported > 0) {
        return Err(format!("{variant:?}: {exported} spans of {expected}").into());
    }
    let part = (calls / parts) as f64;
    println!(
        "{} {}",
        median(&mut times) / part,
        median(&mut allocated) / part
    );
    eprintln!("{variant:?} exported {exported} of {expected}");
    Ok(())
}

/// A service without a router, with a body that is ready.
fn bare() -> impl Service<Request<Body>, Response = Response<Full<Bytes>>, Error = Infallible> {
    service_fn(|_request| ready(Ok(Response::new(Full::from("Hello, world!")))))
}

async fn run<S, B>(mut service: S, sampling: Sampling, calls: usize) -> (Duration, usize)
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let allocated = allocations::count();
    let start = thread_time();
    for _ in 0..calls {
        let mut request = Request::get("/hello/world")
            .header("host", "127.0.0.1:3000")
            .header("user-agent", "bench/1");
        if let Some(traceparent) = sampling.traceparent() {
            request = request.header("traceparent", traceparent);
        }
        let Ok(request) = request.body(Body::empty()) else {
            continue;
        };
        let Ok(response) = service.call(request).await;
        let mut body = pin!(response.into_body());
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            std::hint::black_box(frame.is_ok());
        }
    }
    (thread_time() - start, allocations::count() - allocated)
}

/// The processor time of this thread. Other work on the machine does not count, as it would by
/// the clock.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        time.tv_nsec.unsigned_abs() as u32,
    )
}
