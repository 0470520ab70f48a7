//! Times of single calls, all libraries interleaved.

use crate::driver::{FASTRACE, FLOOR, OURS, PEERS, PLAIN};
use crate::report::{self, Table, short};
use crate::stopwatch::{median, nanos};
use crate::workload::{Goal, Share, Workload};

/// The number of spans or polls that are timed together.
const UNITS: u64 = 2_000;

/// Prints the cost of each workload in nanoseconds, compared with the plain function.
pub fn run(rounds: usize) {
    for peer in &PEERS {
        (peer.set_up)();
    }
    report::print_head("Time on the thread that records");
    println!("Nanoseconds above the plain function; median of {rounds} interleaved rounds.\n");
    let above = measure(rounds);
    let mut header = vec![""];
    header.extend(PEERS.iter().skip(FLOOR).map(|peer| peer.name));
    header.extend(["of floor", "of fastrace", "goal", ""]);
    let mut table = Table::new(header);
    for workload in Workload::ALL {
        let figures = above.figures(workload);
        let Some(share) = workload.share() else {
            table.row(above.row(workload.name(), figures, workload.goals()));
            continue;
        };
        table.row(above.row(workload.name(), figures, &[]));
        table.row(above.row(share.name, above.shares(workload, share), workload.goals()));
    }
    table.print();
}

fn say(goal: Goal) -> String {
    match goal {
        Goal::TimesFloor(limit) => format!("{limit} × floor"),
        Goal::TimesFastrace(limit) => format!("{limit} × fastrace"),
        Goal::Times(limit, other) => format!("{limit} × {}", other.name()),
        Goal::Nanos(limit) => format!("{limit} ns"),
    }
}

/// One value for each peer.
type Figures = [f64; PEERS.len()];

/// The difference from the plain function in nanoseconds, for each round of each workload.
struct Above(Vec<Vec<Figures>>);

impl Above {
    /// Returns the medians over the rounds.
    fn figures(&self, workload: Workload) -> Figures {
        medians(self.0[workload.index()].iter().copied())
    }

    /// Returns the medians over the rounds of the difference from another workload.
    fn shares(&self, workload: Workload, share: Share) -> Figures {
        let rounds = [workload, share.above].map(|workload| &self.0[workload.index()]);
        let pairs = rounds[0].iter().zip(rounds[1]);
        medians(pairs.map(|(times, others)| {
            std::array::from_fn(|peer| (times[peer] - others[peer]) / share.parts as f64)
        }))
    }

    fn row(&self, name: &str, figures: Figures, goals: &[Goal]) -> Vec<String> {
        let mut cells = vec![name.to_owned()];
        cells.extend(figures.iter().skip(FLOOR).map(|figure| short(*figure)));
        let ours = figures[OURS];
        cells.extend([FLOOR, FASTRACE].map(|peer| match figures[peer] {
            // A value near zero is not a useful divisor.
            ..1.0 => "-".to_owned(),
            theirs => format!("{:.2}", ours / theirs),
        }));
        let texts: Vec<_> = goals.iter().map(|goal| say(*goal)).collect();
        cells.push(texts.join(", "));
        let is_met = goals.iter().all(|goal| match *goal {
            Goal::TimesFloor(limit) => ours <= limit * figures[FLOOR],
            Goal::TimesFastrace(limit) => ours <= limit * figures[FASTRACE],
            Goal::Times(limit, other) => ours <= limit * self.figures(other)[OURS],
            Goal::Nanos(limit) => ours <= limit,
        });
        cells.push(report::verdict((!goals.is_empty()).then_some(is_met)));
        cells
    }
}

fn medians(rounds: impl Iterator<Item = Figures>) -> Figures {
    let rounds: Vec<Figures> = rounds.collect();
    std::array::from_fn(|peer| median(rounds.iter().map(|times| times[peer]).collect()))
}

fn measure(rounds: usize) -> Above {
    let mut above = vec![Vec::new(); Workload::ALL.len()];
    // The first round warms the caches and is not counted.
    for round in 0..=rounds {
        for workload in Workload::ALL {
            let calls = workload.calls(UNITS);
            let units = (calls * workload.units()) as f64;
            let times = PEERS.map(|peer| nanos(peer.run_and_check(workload, calls)) / units);
            if round > 0 {
                above[workload.index()].push(times.map(|time| time - times[PLAIN]));
            }
        }
    }
    Above(above)
}
