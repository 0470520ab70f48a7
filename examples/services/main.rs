//! Five real services on loopback, watched by distributed tracing.
//!
//! ```text
//! client ──> Frontend ──> APIGateway ─┬─> AuthService (gRPC)
//!                                     └─> DataService ──> Database
//! ```
//!
//! A client sends requests; some fail, some are slow, some are given up. Each
//! service has a tracer of its own and knows of the others' traces only what the headers
//! of HTTP and gRPC say. One collector gets the spans of all, prints complete traces as
//! trees, and the summary at the end says where the time went.
//!
//! ```sh
//! cargo run -p trace-examples --example services
//! cargo run -p trace-examples --example services -- --processes
//! cargo run -p trace-examples --example services -- --requests 500 --concurrency 50
//! cargo run -p trace-examples --example services -- --sample-rate 0.1
//! cargo run -p trace-examples --example services -- --help
//! ```
//!
//! With `--processes` every service is an operating-system process, and sends its
//! spans over HTTP as OTLP/JSON. The exit code is 0 only if every trace is complete
//! and every span is accounted for.
//!
//! Where to look, as all of this folder is about tracing and all of `harness/` is not:
//!
//! - `handlers/` has what the services do: functions with attributes. `database.rs` is
//!   the shortest.
//! - `layers.rs` has the two ends of a call: one line each makes requests and calls spans.
//! - `auth_proto.rs` is what `protoc` would make of a service of gRPC.
//! - `tracers.rs` makes a tracer for each service, and `collectors.rs` assembles the
//!   traces of all.
//! - `exporter.rs` and `receiver.rs` take spans from one process to another.
//! - `harness/` starts the services, sends requests and checks what came of them;
//!   `harness/run.rs` puts it all together.

mod auth_proto;
mod collectors;
mod exporter;
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
