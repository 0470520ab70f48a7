//! Measures what a span costs, beside the peers; see the README of this folder.

use clap::{Parser, Subcommand};
use trace_benches::driver::Peer;
use trace_benches::{instructions, micro, sizes};

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
    /// Instructions of single calls, counted by callgrind.
    Instructions {
        /// Compares ours with the budgets only, and fails if one is exceeded.
        #[arg(long)]
        check: bool,
        /// Is what callgrind runs.
        #[arg(long, hide = true)]
        inside: Option<String>,
    },
    /// Bytes of futures.
    Sizes,
}

fn main() -> Result<(), String> {
    match Args::parse().command.unwrap_or(What::Micro { rounds: 101 }) {
        What::Micro { rounds } => micro::run(rounds),
        What::Instructions { check: true, .. } => instructions::check()?,
        What::Instructions { inside, .. } => match inside {
            Some(name) => {
                let peer = Peer::named(&name).ok_or(format!("no library `{name}`"))?;
                instructions::inside(&peer);
            }
            None => instructions::run()?,
        },
        What::Sizes => sizes::run(),
    }
    Ok(())
}
