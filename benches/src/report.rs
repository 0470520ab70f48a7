//! Tables in Markdown, with the machine and the versions.

use std::fmt::Write as _;
use std::process::Command;

use crate::driver::PEERS;

/// A table whose first column is text. The other columns are numbers.
#[derive(Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    #[must_use]
    pub fn new<S: ToString>(header: impl IntoIterator<Item = S>) -> Self {
        Self {
            header: header.into_iter().map(|cell| cell.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn print(&self) {
        println!("| {} |", self.header.join(" | "));
        println!("|---|{}", "---:|".repeat(self.header.len() - 1));
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
        println!();
    }
}

/// Formats a number with three digits, or as a whole number.
#[must_use]
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Formats whether a goal is met, if there is one.
#[must_use]
pub fn verdict(is_met: Option<bool>) -> String {
    let text = match is_met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    };
    text.to_owned()
}

/// Prints a heading, the machine and the versions.
pub fn print_head(what: &str) {
    println!("### {what}\n");
    println!("{}\n", machine());
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or_else(
        |_| "unknown rustc".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let mut text = format!("{model}, {cores} cores, {rustc}");
    for package in PEERS.iter().filter_map(|peer| peer.package) {
        let _infallible = write!(text, ", {package} {}", version(package));
    }
    text
}

/// Returns the version of a package in this build.
#[must_use]
pub fn version(package: &str) -> &'static str {
    const LOCK: &str = include_str!("../../Cargo.lock");
    let name = format!("name = \"{package}\"");
    let mut lines = LOCK.lines().skip_while(|line| **line != *name).skip(1);
    let version = lines.next().and_then(|line| line.split('"').nth(1));
    version.unwrap_or("unknown")
}
