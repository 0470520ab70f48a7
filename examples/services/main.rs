//! Five real services on loopback with distributed tracing.
//!
//! ```text
//! client ──> Frontend ──> APIGateway ─┬─> AuthService (gRPC)
//!                                     └─> DataService ──> Database
//! ```
//!
//! A client sends requests. Some of them fail, some are slow, and on some the client gives up.
//! Each service has its own tracer, and learns of the other services' traces only from the
//! headers of HTTP and gRPC. One collector gets the spans of all services and prints complete
//! traces as trees. The summary at the end shows where the time was spent.
//!
//! ```sh
//! cargo run -p trace-examples --example services
//! cargo run -p trace-examples --example services -- --processes
//! cargo run -p trace-examples --example services -- --requests 500 --concurrency 50
//! cargo run -p trace-examples --example services -- --sample-rate 0.1
//! cargo run -p trace-examples --example services -- --to http://127.0.0.1:4318
//! cargo run -p trace-examples --example services -- --help
//! ```
//!
//! With `--processes` every service is a separate process, and sends its spans by OTLP. With
//! `--to` each service also sends them to any other server of OTLP. The exit code is 0 only if
//! every trace is complete and every span is accounted for.
//!
//! This folder has the code for tracing, except `harness/`:
//!
//! - `handlers/` is the work of the services: functions with attributes. Begin with
//!   `database.rs`, the shortest file.
//! - `layers.rs` has the two ends of a call. One line each makes requests and calls spans.
//! - `auth_proto.rs` is what `protoc` would generate for the gRPC service.
//! - `tracers.rs` makes a tracer for each service, and what sends its spans. `collectors.rs`
//!   assembles the traces of all services.
//! - `receiver.rs` takes spans from other processes.
//! - `harness/` starts the services, sends requests and checks the results. `harness/run.rs`
//!   is its entry point.

mod auth_proto;
mod collectors;
mod handlers;
mod harness;
mod layers;
mod receiver;
mod service;
mod tracers;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use harness::options::Options;
use harness::screen::Screen;
use harness::{child, run};

fn main() -> ExitCode {
    match start(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(service) = options.child.serve {
        runtime.block_on(child::serve(service, options))?;
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = runtime.block_on(run::run(options, &Screen::stdout()))?;
    Ok(if outcome.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
