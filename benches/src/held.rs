//! Measures the times of held spans, compared with fastrace.
//!
//! These are separate from the other workloads, because few libraries have held spans, and
//! their operations differ.

mod cases;

use std::time::Duration;

use crate::driver::{FASTRACE, OURS, PEERS};
use crate::report::{self, Table, short};
use crate::stopwatch::{median, nanos};
use cases::{CASES, Case};

/// The number of calls that are timed together.
const CALLS: u64 = 2_000;

/// The maximum value of a result.
#[derive(Clone, Copy, Debug)]
enum Goal {
    TimesFastrace(f64),
    Nanos(f64),
    /// At most this many nanoseconds more than the first case, an async function.
    MoreThanAsync(f64),
}

/// Prints the cost of each case in nanoseconds, compared with doing nothing.
pub fn run(rounds: usize, only: Option<&str>) {
    for peer in [OURS, FASTRACE] {
        (PEERS[peer].set_up)();
    }
    if let Some(only) = only {
        return repeat(rounds, only);
    }
    report::print_head("Held spans");
    println!("Nanoseconds above doing nothing; median of {rounds} interleaved rounds.\n");
    let times = measure(rounds);
    let above = |row: usize, by: fn(&Times) -> f64| {
        let rounds: &Vec<Times> = &times[row];
        median(rounds.iter().map(|times| by(times) - times.plain).collect())
    };
    let mut table = Table::new(["", "trace-core", "fastrace", "of fastrace", "goal", ""]);
    let leaf = above(0, |times| times.ours);
    for (row, case) in CASES.iter().enumerate() {
        let ours = above(row, |times| times.ours);
        let theirs = above(row, |times| times.fastrace);
        let (goal, is_met) = match case.goal {
            None => (String::new(), None),
            Some(Goal::TimesFastrace(limit)) => {
                (format!("{limit} × fastrace"), Some(ours <= limit * theirs))
            }
            Some(Goal::Nanos(limit)) => (format!("{limit} ns"), Some(ours <= limit)),
            Some(Goal::MoreThanAsync(limit)) => {
                (format!("async fn + {limit} ns"), Some(ours <= leaf + limit))
            }
        };
        table.row(vec![
            case.name.to_owned(),
            short(ours),
            short(theirs),
            format!("{:.2}", ours / theirs),
            goal,
            report::verdict(is_met),
        ]);
    }
    table.print();
}

/// The time of one call in each round, in nanoseconds.
struct Times {
    plain: f64,
    ours: f64,
    fastrace: f64,
}

fn measure(rounds: usize) -> Vec<Vec<Times>> {
    let mut times: Vec<Vec<Times>> = CASES.iter().map(|_| Vec::new()).collect();
    // The first round warms the caches and is not counted.
    for round in 0..=rounds {
        for (case, times) in CASES.iter().zip(&mut times) {
            let one = |time: Duration| nanos(time) / CALLS as f64;
            let measured = Times {
                plain: one((case.plain)(CALLS)),
                ours: one(run_and_check(case, OURS, case.ours)),
                fastrace: one(run_and_check(case, FASTRACE, case.fastrace)),
            };
            if round > 0 {
                times.push(measured);
            }
        }
    }
    times
}

/// Runs a case and checks that every span of it was delivered.
fn run_and_check(case: &Case, peer: usize, run: fn(u64) -> Duration) -> Duration {
    let peer = &PEERS[peer];
    let before = (peer.delivered)();
    let time = run(CALLS);
    (peer.flush)();
    let delivered = (peer.delivered)() - before;
    let expected = case.spans.of(CALLS);
    assert_eq!(
        delivered, expected,
        "spans of `{}`, {}",
        case.name, peer.name
    );
    time
}

fn repeat(rounds: usize, only: &str) {
    for case in CASES.iter().filter(|case| case.name.contains(only)) {
        let times = (0..rounds).map(|_| nanos(run_and_check(case, OURS, case.ours)));
        let time = median(times.collect()) / CALLS as f64;
        println!("{}: {} ns", case.name, short(time));
    }
}
