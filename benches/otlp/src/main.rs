//! Measures the delivery of spans by OTLP over HTTP, with this project, opentelemetry-otlp and
//! fastrace-opentelemetry. Each runs in its own process, and sends to a sink in another
//! process.

mod compare;
mod count;
mod load;
mod peer;
mod sink;

use std::error::Error;

use clap::{Args, Parser, Subcommand};

use peer::Peer;

/// Measures the delivery of spans by OTLP.
#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Records as fast as possible: how many spans a second the sink gets
    Flat(Rounds),
    /// Records at a rate: processor time of all threads above the plain functions
    Steady {
        /// Spans a second
        #[arg(long, default_value_t = 400_000)]
        rate: u64,
        #[command(flatten)]
        rounds: Rounds,
    },
    /// The same with servers that hang, reset, are slow or are not there, which recover
    Down {
        /// Spans a second
        #[arg(long, default_value_t = 100_000)]
        rate: u64,
        #[command(flatten)]
        rounds: Rounds,
    },
    /// One process that records; the other commands start it
    #[command(hide = true)]
    Run(load::Run),
    /// The process that takes and counts spans; the other commands start it
    #[command(hide = true)]
    Sink,
}

#[derive(Args, Clone, Debug)]
struct Rounds {
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each run records
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Compresses what is sent
    #[arg(long)]
    gzip: bool,
    /// Hides secrets; only of trace-core, as the others have nothing for it
    #[arg(long)]
    redact: bool,
    /// Which libraries are measured
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Peer::RECORDING)]
    peers: Vec<Peer>,
}

fn main() -> Result<(), Box<dyn Error>> {
    match Options::parse().command {
        Command::Flat(rounds) => compare::flat(&rounds),
        Command::Steady { rate, rounds } => compare::steady(rate, &rounds),
        Command::Down { rate, rounds } => compare::down(rate, &rounds),
        Command::Run(run) => {
            run.start();
            Ok(())
        }
        Command::Sink => Ok(sink::serve()?),
    }
}
