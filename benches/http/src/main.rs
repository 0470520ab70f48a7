//! Measures the server layer of `trace-http` beside its peers, on a hello-world of axum.
//!
//! `calls` counts in process, on `Service::call` with a ready body. `load` counts the
//! processor time of a server process under load. Each number is above the same service
//! without a layer, and each variant runs in a process of its own, in turns.

mod allocations;
mod calls;
mod load;
mod report;
mod setup;
mod variant;

use clap::{Parser, Subcommand};

use setup::Sampling;
use variant::Variant;

/// Measures HTTP layers beside each other.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Counts nanoseconds and allocations of a call, in process.
    Calls {
        /// Rounds, of which the median counts.
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// Calls in a round, for each variant.
        #[arg(long, default_value_t = 50_000)]
        calls: usize,
    },
    /// Counts the processor time of a request, of a server under load.
    Load {
        /// Rounds, of which the median counts.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Requests in a round, for each variant.
        #[arg(long, default_value_t = 60_000)]
        requests: usize,
        /// Connections.
        #[arg(long, default_value_t = 8)]
        connections: usize,
    },
    /// One round of `calls`, in a process of its own.
    #[command(hide = true)]
    CallsOf {
        variant: Variant,
        sampling: Sampling,
        calls: usize,
    },
    /// The server of `load`: prints its address, and serves until its input ends.
    #[command(hide = true)]
    Serve {
        variant: Variant,
        sampling: Sampling,
    },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Options::parse().command {
        Command::Calls { rounds, calls } => calls::compare(rounds, calls),
        Command::Load {
            rounds,
            requests,
            connections,
        } => load::compare(rounds, requests, connections),
        Command::CallsOf {
            variant,
            sampling,
            calls,
        } => calls::measure(variant, sampling, calls),
        Command::Serve { variant, sampling } => load::serve(variant, sampling),
    }
}
