//! Times of single calls, all libraries interleaved.

use crate::driver::{FASTRACE, FLOOR, OURS, PEERS, PLAIN};
use crate::report::{self, Table, short};
use crate::stopwatch::{median, nanos};
use crate::workload::{Goal, Workload};

/// Spans or polls that are timed together.
const UNITS: u64 = 2_000;

/// Prints what each workload costs above the plain function, in nanoseconds.
pub fn run(rounds: usize) {
    for peer in &PEERS {
        (peer.set_up)();
    }
    report::print_head("Time on the caller's thread");
    println!("Nanoseconds above the plain function; median of {rounds} interleaved rounds.\n");
    let above = Above(measure(rounds));
    let mut header = vec![""];
    header.extend(PEERS.iter().skip(FLOOR).map(|peer| peer.name));
    header.extend(["of floor", "of fastrace", "goal", ""]);
    let mut table = Table::new(header);
    for (row, workload) in Workload::ALL.into_iter().enumerate() {
        let mut cells = vec![workload.name().to_owned()];
        cells.extend((FLOOR..PEERS.len()).map(|peer| short(above.get(row, peer))));
        let ours = above.get(row, OURS);
        cells.extend([FLOOR, FASTRACE].map(|peer| match above.get(row, peer) {
            // What costs next to nothing is nothing to divide by.
            ..1.0 => "-".to_owned(),
            theirs => format!("{:.2}", ours / theirs),
        }));
        let goals = workload.goals();
        let texts: Vec<_> = goals.iter().map(|goal| say(*goal)).collect();
        cells.push(texts.join(", "));
        let is_met = goals.iter().all(|goal| match *goal {
            Goal::TimesFloor(limit) => ours <= limit * above.get(row, FLOOR),
            Goal::TimesFastrace(limit) => ours <= limit * above.get(row, FASTRACE),
            Goal::Nanos(limit) => ours <= limit,
        });
        cells.push(report::verdict((!goals.is_empty()).then_some(is_met)));
        table.row(cells);
    }
    table.print();
}

fn say(goal: Goal) -> String {
    match goal {
        Goal::TimesFloor(limit) => format!("{limit} × floor"),
        Goal::TimesFastrace(limit) => format!("{limit} × fastrace"),
        Goal::Nanos(limit) => format!("{limit} ns"),
    }
}

/// Nanoseconds of each round, of each peer, of each workload.
type Times = Vec<Vec<[f64; PEERS.len()]>>;

struct Above(Times);

impl Above {
    /// The median over the rounds of what a peer costs above the plain function.
    fn get(&self, row: usize, peer: usize) -> f64 {
        let rounds = self.0[row].iter();
        median(rounds.map(|times| times[peer] - times[PLAIN]).collect())
    }
}

fn measure(rounds: usize) -> Times {
    let mut times: Times = vec![Vec::new(); Workload::ALL.len()];
    // The first round warms the caches and is not counted.
    for round in 0..=rounds {
        for (row, workload) in Workload::ALL.into_iter().enumerate() {
            let calls = UNITS / workload.units();
            let units = (calls * workload.units()) as f64;
            let time = PEERS.map(|peer| nanos(peer.run_and_check(workload, calls)) / units);
            if round > 0 {
                times[row].push(time);
            }
        }
    }
    times
}
