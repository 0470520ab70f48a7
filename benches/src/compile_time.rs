//! Measures how much build time instrumentation adds to a crate of 200 async functions, and
//! how much a library adds to a build from scratch.
//!
//! It writes a workspace to the system's temporary directory, with a member for each variant.
//! The dependencies are built once, in the versions of this package. The timed step is `cargo
//! build` of a cleaned member.

mod cargo;
mod cold;
mod source;

use std::path::Path;

use crate::report::{self, Table};
use crate::stopwatch::median;
use cargo::{Times, cargo};
pub use cold::run as run_cold;
use source::{FASTRACE, FUNCTIONS, OURS, PLAIN, Tags, VARIANTS};

/// The maximum time of a build.
struct Goal {
    tags: Tags,
    profile: &'static str,
    /// The maximum difference from the plain variant.
    seconds: Option<f64>,
    times_fastrace: f64,
}

const GOALS: [Goal; 4] = [
    Goal {
        tags: Tags::None,
        profile: "dev",
        seconds: Some(0.65),
        times_fastrace: 1.05,
    },
    Goal {
        tags: Tags::None,
        profile: "release",
        seconds: Some(2.5),
        times_fastrace: 0.4,
    },
    Goal {
        tags: Tags::Three,
        profile: "dev",
        seconds: None,
        times_fastrace: 0.5,
    },
    Goal {
        tags: Tags::Three,
        profile: "release",
        seconds: None,
        times_fastrace: 0.5,
    },
];

/// Prints the seconds of each variant, debug and release.
///
/// # Errors
///
/// If a build fails.
pub fn run(rounds: usize) -> Result<(), String> {
    report::print_head("Compile time");
    println!(
        "Seconds to rebuild a crate of {FUNCTIONS} instrumented async functions, median of {rounds} \
         interleaved rounds.\n"
    );
    let folder = std::env::temp_dir().join("trace-benches-compile-time");
    source::write_workspace(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut header = vec![""];
    header.extend(VARIANTS.iter().map(|variant| variant.library));
    header.extend(["trace-core above plain", "of fastrace's", "goal", ""]);
    let mut table = Table::new(header);
    for goal in GOALS {
        let times = measure(&folder, &goal, rounds)?;
        let name = format!("{}, {}", goal.profile, goal.tags.name());
        let of = |kind: fn(&Times) -> &Vec<f64>| times.iter().map(kind).collect::<Vec<_>>();
        table.row(row(&name, &of(|times| &times.wall), &goal, goal.seconds));
        let name = format!("{name}, CPU");
        table.row(row(&name, &of(|times| &times.cpu), &goal, None));
    }
    table.print();
    Ok(())
}

/// Returns the times of each variant.
fn measure(folder: &Path, goal: &Goal, rounds: usize) -> Result<Vec<Times>, String> {
    let run = |command: &str, package: &str| {
        let args = [command, "--quiet", "--profile", goal.profile, "--package"];
        cargo(folder, &[&args[..], &[package]].concat())
    };
    let packages = VARIANTS.map(|variant| variant.package(goal.tags));
    for package in &packages {
        run("build", package)?;
    }
    let mut times = vec![Times::default(); VARIANTS.len()];
    for _ in 0..rounds {
        for (package, times) in packages.iter().zip(&mut times) {
            run("clean", package)?;
            times.add(|| run("build", package))?;
        }
    }
    Ok(times)
}

fn row(name: &str, times: &[&Vec<f64>], goal: &Goal, seconds: Option<f64>) -> Vec<String> {
    let above = |variant: usize| {
        let pairs = times[variant].iter().zip(times[PLAIN]);
        median(pairs.map(|(time, plain)| time - plain).collect())
    };
    let (ours, fastrace) = (above(OURS), above(FASTRACE));
    let mut cells = vec![name.to_owned()];
    let medians = times.iter().map(|&times| median(times.clone()));
    cells.extend(medians.map(|median| format!("{median:.2}")));
    cells.push(format!("{ours:.2}"));
    cells.push(format!("{:.2}", ours / fastrace));
    let limit = seconds.map_or_else(String::new, |seconds| format!("{seconds} s, "));
    cells.push(format!("{limit}{} × fastrace", goal.times_fastrace));
    let is_met =
        seconds.is_none_or(|seconds| ours <= seconds) && ours <= goal.times_fastrace * fastrace;
    cells.push(report::verdict(Some(is_met)));
    cells
}
