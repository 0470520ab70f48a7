//! Counts the instructions of single calls with valgrind's callgrind.
//!
//! The program runs itself under callgrind, which counts only within `callgrind_region`, on
//! the thread that runs it. A result is the difference between two runs of a workload, minus
//! that of the plain function. So it includes neither roots nor loops.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::driver::{FLOOR, OURS, PEERS, PLAIN, Peer};
use crate::report::{self, Table, short};
use crate::workload::Workload;

/// The number of spans or polls in the smaller of the two runs.
const UNITS: u64 = 1_000;
const REGION: &str = concat!(module_path!(), "::callgrind_region");
const BUDGETS: &str = include_str!("../instruction-budgets.txt");

/// Prints the counts of all libraries.
///
/// # Errors
///
/// If callgrind does not run, or if its output is not understood.
pub fn run() -> Result<(), String> {
    report::print_head("Instructions on the caller's thread");
    println!("Of a span, poll or root, above the plain function, counted by callgrind.\n");
    let plain = count(PLAIN)?;
    let mut header = vec![String::new()];
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for (index, peer) in PEERS.iter().enumerate().skip(FLOOR) {
        header.push(peer.name.to_owned());
        let pairs = count(index)?.into_iter().zip(&plain);
        columns.push(pairs.map(|(count, plain)| count - plain).collect());
    }
    header.extend(["goal", ""].map(str::to_owned));
    let mut table = Table::new(header);
    for workload in counted() {
        let figures = columns.iter().map(|above| above[workload.index()]);
        let goal = workload.instructions_goal();
        table.row(row(workload.name(), &figures.collect::<Vec<f64>>(), goal));
        if let Some(share) = workload.share() {
            let shares = columns.iter().map(|above| {
                (above[workload.index()] - above[share.above.index()]) / share.parts as f64
            });
            table.row(row(share.name, &shares.collect::<Vec<f64>>(), None));
        }
    }
    table.print();
    Ok(())
}

fn row(name: &str, figures: &[f64], goal: Option<f64>) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend(figures.iter().map(|figure| short(*figure)));
    cells.push(goal.map_or_else(String::new, short));
    let is_met = goal.map(|goal| figures[OURS - FLOOR] <= goal);
    cells.push(report::verdict(is_met));
    cells
}

fn counted() -> impl Iterator<Item = Workload> {
    Workload::ALL
        .into_iter()
        .filter(|workload| workload.is_counted())
}

/// Compares our counts with the budgets.
///
/// # Errors
///
/// If a budget is exceeded.
pub fn check() -> Result<(), String> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("SKIPPED: there is no valgrind here, so instructions are not counted");
        return Ok(());
    }
    let (plain, ours) = (count(PLAIN)?, count(OURS)?);
    let mut exceeded = Vec::new();
    for workload in counted() {
        let instructions = ours[workload.index()] - plain[workload.index()];
        let budget = budget(workload)?;
        println!("{:16}{instructions:>8.1}  of {budget}", workload.key());
        if instructions > budget {
            exceeded.push(workload.key());
        }
    }
    if exceeded.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more instructions than the budget in benches/instruction-budgets.txt: {}",
        exceeded.join(", ")
    ))
}

fn budget(workload: Workload) -> Result<f64, String> {
    let lines = BUDGETS.lines().filter_map(|line| line.split_once(' '));
    let mut budgets = lines.filter(|(key, _)| *key == workload.key());
    let text = budgets.next().map(|(_, budget)| budget.trim());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("expected a budget for `{}`", workload.key()))
}

/// Returns the number of instructions per unit of each counted workload.
fn count(peer: usize) -> Result<Vec<f64>, String> {
    if cfg!(debug_assertions) {
        return Err("instructions are counted of a release build: add `--release`".to_owned());
    }
    let name = format!("callgrind.{}.{peer}", std::process::id());
    let out = std::env::temp_dir().join(name);
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .args([
            format!("--toggle-collect={REGION}"),
            format!("--dump-after={REGION}"),
        ])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args(["instructions", "--inside", PEERS[peer].name])
        .output()
        .map_err(|error| format!("failed to run valgrind: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    // This is the dump at the end of the program, after the last region.
    let _removed = std::fs::remove_file(&out);
    let mut counts = vec![0.0; Workload::ALL.len()];
    let mut dump = 0;
    let mut next = || {
        dump += 1;
        total(&PathBuf::from(format!("{}.{dump}", out.display())))
    };
    for workload in counted() {
        let (few, many) = (next()?, next()?);
        let units = (workload.calls(UNITS) * workload.units()) as f64;
        counts[workload.index()] = (many - few) / units;
    }
    Ok(counts)
}

/// Reads the sum of a dump, and removes it.
fn total(dump: &Path) -> Result<f64, String> {
    let text = std::fs::read_to_string(dump)
        .map_err(|error| format!("failed to read {}: {error}", dump.display()))?;
    let _removed = std::fs::remove_file(dump);
    let mut lines = text.lines();
    let total = lines.find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .ok_or_else(|| format!("no `totals` in {}", dump.display()))
}

/// Runs each workload of a library twice. This code runs under callgrind.
pub fn inside(peer: &Peer) {
    (peer.set_up)();
    for workload in counted() {
        let calls = workload.calls(UNITS);
        let _warm = peer.run_and_check(workload, 2 * calls);
        for calls in [calls, 2 * calls] {
            let before = (peer.delivered)();
            callgrind_region(peer, workload, calls);
            (peer.flush)();
            assert_eq!((peer.delivered)() - before, (peer.spans)(workload, calls));
        }
    }
}

#[inline(never)]
fn callgrind_region(peer: &Peer, workload: Workload, calls: u64) {
    let _time = (peer.run)(workload, calls);
}
