//! Measures what a span costs, beside the peers; see the README of this folder.

use clap::{Parser, Subcommand};
use trace_benches::driver::Peer;
use trace_benches::{
    compile_time, conservation, held, instructions, micro, sizes, soak, throughput,
};

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
    /// Times of spans that are held, beside fastrace.
    Held {
        #[arg(long, default_value_t = 101)]
        rounds: usize,
        /// Runs ours alone, and only what has this in its name, for a profiler.
        #[arg(long)]
        only: Option<String>,
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
    /// What arrives of what two threads record.
    Throughput {
        /// Spans a second; 0 is flat out.
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "100000,1000000,10000000,0"
        )]
        rates: Vec<u64>,
        #[arg(long, default_value_t = 2)]
        seconds: u64,
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Looks for the highest rate without loss instead.
        #[arg(long)]
        lossless: bool,
        /// The library whose name begins like this, instead of all.
        #[arg(long)]
        only: Option<String>,
        /// Is one run, with one library.
        #[arg(long, hide = true)]
        inside: Option<String>,
    },
    /// What instrumenting a crate of 200 functions adds to its build.
    CompileTime {
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// What a library adds to a build from nothing.
    ColdBuild {
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Records for long, and watches memory, threads and files.
    Soak {
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
        /// Spans a second; the highest without loss if it is not given.
        #[arg(long)]
        rate: Option<u64>,
        /// With collectors beside it that are slow, panic, and block.
        #[arg(long)]
        lanes: bool,
    },
    /// Cancels, moves, loses and throws spans, and accounts for each of them.
    Conservation {
        #[arg(long, default_value_t = 100_000_000)]
        spans: u64,
        /// When to give up.
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

fn main() -> Result<(), String> {
    match Args::parse().command.unwrap_or(What::Micro { rounds: 101 }) {
        What::Micro { rounds } => micro::run(rounds),
        What::Held { rounds, only } => held::run(rounds, only.as_deref()),
        What::Instructions { check: true, .. } => instructions::check()?,
        What::Instructions { inside, .. } => match inside {
            Some(name) => instructions::inside(&peer(&name)?),
            None => instructions::run()?,
        },
        What::Sizes => sizes::run(),
        What::Throughput {
            rates,
            seconds,
            rounds,
            lossless,
            only,
            inside,
        } => match inside {
            Some(name) => {
                for rate in rates {
                    throughput::inside(&peer(&name)?, rate, seconds);
                }
            }
            None if lossless => throughput::run_lossless(seconds, only.as_deref())?,
            None => throughput::run(&rates, seconds, rounds, only.as_deref())?,
        },
        What::CompileTime { rounds } => compile_time::run(rounds)?,
        What::ColdBuild { rounds } => compile_time::run_cold(rounds)?,
        What::Soak {
            minutes,
            rate,
            lanes,
        } => soak::run(minutes, rate, lanes)?,
        What::Conservation {
            spans,
            minutes,
            seed,
        } => conservation::run(spans, minutes, seed)?,
    }
    Ok(())
}

fn peer(name: &str) -> Result<Peer, String> {
    Peer::named(name).ok_or_else(|| format!("no library `{name}`"))
}
