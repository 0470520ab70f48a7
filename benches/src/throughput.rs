//! Measures how many spans are delivered when two threads record as fast as they can, or at a
//! given rate.
//!
//! Each run has its own process, so that the libraries do not affect each other, and so that
//! the memory peak belongs to one run.

pub mod flood;
mod run;

use crate::driver::{OURS, PEERS, PLAIN, Peer};
use crate::report::{self, Table, short};
use crate::stopwatch::median;
pub use run::{Run, inside, lossless_rate};

/// Prints a table of each rate with each library, or with one library. Rates are in spans per
/// second, and 0 means as fast as possible.
///
/// # Errors
///
/// If a run fails.
pub fn run(rates: &[u64], seconds: u64, rounds: usize, only: Option<&str>) -> Result<(), String> {
    let libraries = || libraries(only);
    report::print_head("Throughput");
    println!(
        "Two threads, roots with trees of 100 spans, two tags each, into a collector that counts. \
         {seconds} s a run, median of {rounds} interleaved rounds. \
         CPU is that of all threads; \"less the pacing\" is without what the plain functions \
         need at the same rate.\n"
    );
    let mut table = Table::new([
        "spans/s",
        "library",
        "produced M/s",
        "delivered M/s",
        "lost",
        "CPU ns a delivered span",
        "less the pacing",
        "peak RSS MB",
    ]);
    for &rate in rates {
        let mut runs = vec![Vec::new(); PEERS.len()];
        for _ in 0..rounds {
            for (index, peer) in libraries() {
                runs[index].push(Run::start(peer, rate, seconds)?);
            }
        }
        for (index, peer) in libraries() {
            table.row(row(peer, rate, &runs[index], &runs[PLAIN]));
        }
    }
    table.print();
    Ok(())
}

/// Returns the plain functions, to check the pacing, and the libraries, without the floor,
/// which delivers nothing.
fn libraries(only: Option<&str>) -> impl Iterator<Item = (usize, &'static Peer)> {
    let peers = PEERS.iter().enumerate();
    peers.filter(move |(index, peer)| {
        *index == PLAIN || *index >= OURS && only.is_none_or(|name| peer.name.starts_with(name))
    })
}

fn row(peer: &Peer, rate: u64, runs: &[Run], plain: &[Run]) -> Vec<String> {
    let middle = |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let mega = |figure: &dyn Fn(&Run) -> f64| format!("{:.2}", middle(figure) / 1e6);
    let pacing = median(plain.iter().map(Run::cpu_of_produced).collect());
    let mut cells = vec![name(rate), peer.name.to_owned()];
    cells.push(mega(&|run| run.produced as f64 / run.seconds));
    if peer.name == PEERS[PLAIN].name {
        cells.extend(["", "", "", ""].map(str::to_owned));
    } else {
        cells.push(mega(&|run| run.delivered as f64 / run.seconds));
        cells.push(format!("{:.1} %", middle(&|run| 100.0 * run.lost())));
        cells.push(short(middle(&Run::cpu_of_delivered)));
        cells.push(match rate {
            // There is no pacing.
            0 => String::new(),
            _ => short(middle(&|run| {
                let paced = pacing * run.produced as f64 / run.delivered.max(1) as f64;
                run.cpu_of_delivered() - paced
            })),
        });
    }
    cells.push(short(middle(&|run| run.peak_kib as f64 / 1024.0)));
    cells
}

fn name(rate: u64) -> String {
    match rate {
        0 => "flat out".to_owned(),
        1_000_000.. => format!("{} M", rate as f64 / 1e6),
        _ => format!("{} k", rate / 1_000),
    }
}

/// Prints the highest rate of each library without loss.
///
/// # Errors
///
/// If a run fails.
pub fn run_lossless(seconds: u64, only: Option<&str>) -> Result<(), String> {
    report::print_head("Highest rate without loss");
    println!(
        "Two threads, roots with trees of 100 spans, two tags each, into a collector that counts.\n"
    );
    let mut table = Table::new(["", "M spans/s"]);
    for (_, peer) in libraries(only).skip(1) {
        let rate = lossless_rate(peer, seconds)?;
        table.row(vec![peer.name.to_owned(), format!("{:.2}", rate / 1e6)]);
    }
    table.print();
    Ok(())
}
