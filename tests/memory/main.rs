//! The bounds of memory are what the process grows by, within a quarter.
//!
//! Each case is its own process: memory that one case frees would be used by the next.

mod queue;
mod traces;

use std::process::{Command, ExitCode};

const MAX_BYTES: usize = 64 << 20;

/// Something that takes memory, and checks how much.
trait Case {
    fn name(&self) -> &str;

    fn run(&self);
}

fn main() -> ExitCode {
    if !cfg!(target_os = "linux") {
        println!("memory: skipped, since only Linux says what a process takes");
        return ExitCode::SUCCESS;
    }
    let of_traces = traces::CASES.iter().map(|case| case as &dyn Case);
    let of_queue = queue::CASES.iter().map(|case| case as &dyn Case);
    let cases: Vec<&dyn Case> = of_traces.chain(of_queue).collect();
    let case = std::env::args().find_map(|arg| Some(arg.strip_prefix("--case=")?.to_owned()));
    if let Some(index) = case {
        cases[index.parse::<usize>().unwrap()].run();
        return ExitCode::SUCCESS;
    }
    let mut result = ExitCode::SUCCESS;
    for (index, case) in cases.iter().enumerate() {
        let child = Command::new(std::env::current_exe().unwrap())
            .arg(format!("--case={index}"))
            .status();
        if !child.unwrap().success() {
            println!("{}: FAILED", case.name());
            result = ExitCode::FAILURE;
        }
    }
    result
}

/// The resident memory of the process, in bytes.
fn resident() -> usize {
    of_status("VmRSS:")
}

/// The highest resident memory so far, in bytes.
fn peak() -> usize {
    of_status("VmHWM:")
}

fn of_status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}
