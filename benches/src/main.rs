//! Measures the cost of a span and compares it with other libraries; see the README of this
//! folder.

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
    /// Times of held spans, compared with fastrace.
    Held {
        #[arg(long, default_value_t = 101)]
        rounds: usize,
        /// Runs only trace-core, and only cases whose name contains this text, for a profiler.
        #[arg(long)]
        only: Option<String>,
    },
    /// Instructions of single calls, counted by callgrind.
    Instructions {
        /// Only compares trace-core with the budgets, and fails if one is exceeded.
        #[arg(long)]
        check: bool,
        /// The run under callgrind.
        #[arg(long, hide = true)]
        inside: Option<String>,
    },
    /// Bytes of futures.
    Sizes,
    /// How many spans of two recording threads are delivered.
    Throughput {
        /// Spans per second; 0 means as fast as possible.
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
        /// Searches for the highest rate without loss instead.
        #[arg(long)]
        lossless: bool,
        /// Measures only the library whose name begins with this text.
        #[arg(long)]
        only: Option<String>,
        /// One run, with one library.
        #[arg(long, hide = true)]
        inside: Option<String>,
    },
    /// How much instrumenting a crate of 200 functions adds to its build time.
    CompileTime {
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// How much a library adds to a build from scratch.
    ColdBuild {
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// Records for a long time, and watches memory, threads and files.
    Soak {
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
        /// Spans per second; if not given, nine tenths of the highest rate without loss.
        #[arg(long)]
        rate: Option<u64>,
        /// Adds collectors that are slow, panic, and block.
        #[arg(long)]
        lanes: bool,
    },
    /// Cancels, moves, loses and unwinds spans, and accounts for each of them.
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
