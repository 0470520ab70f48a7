//! What is said to bound memory is what the process grows by, within a quarter.
//!
//! Each case is a process of its own: what one frees, the next would take.

mod queue;
mod traces;

use std::process::{Command, ExitCode};

const MAX_BYTES: usize = 64 << 20;

fn main() -> ExitCode {
    if !cfg!(target_os = "linux") {
        println!("memory: skipped, since only Linux says what a process takes");
        return ExitCode::SUCCESS;
    }
    let cases: Vec<(&str, Box<dyn Fn()>)> = (traces::CASES.iter())
        .map(|case| (case.name, Box::new(|| case.run()) as Box<dyn Fn()>))
        .chain((queue::CASES.iter()).map(|case| (case.name, Box::new(|| case.run()) as _)))
        .collect();
    let case = std::env::args().find_map(|arg| Some(arg.strip_prefix("--case=")?.to_owned()));
    if let Some(index) = case {
        cases[index.parse::<usize>().unwrap()].1();
        return ExitCode::SUCCESS;
    }
    let mut result = ExitCode::SUCCESS;
    for (index, (name, _)) in cases.iter().enumerate() {
        let child = Command::new(std::env::current_exe().unwrap())
            .arg(format!("--case={index}"))
            .status();
        if !child.unwrap().success() {
            println!("{name}: FAILED");
            result = ExitCode::FAILURE;
        }
    }
    result
}

/// What the process takes, in bytes.
fn resident() -> usize {
    of_status("VmRSS:")
}

/// The most that it has taken.
fn peak() -> usize {
    of_status("VmHWM:")
}

fn of_status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}
