//! Measures what a span costs, beside the peers; see the README of this folder.

use clap::{Parser, Subcommand};
use trace_benches::{micro, sizes};

#[derive(Parser)]
#[command(about = "Measures what a span costs, beside the peers")]
struct Args {
    #[command(subcommand)]
    command: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Times of single calls, all libraries interleaved (the default).
    Micro {
        #[arg(long, default_value_t = 101)]
        rounds: usize,
    },
    /// Bytes of futures.
    Sizes,
}

fn main() {
    match Args::parse().command.unwrap_or(What::Micro { rounds: 101 }) {
        What::Micro { rounds } => micro::run(rounds),
        What::Sizes => sizes::run(),
    }
}
