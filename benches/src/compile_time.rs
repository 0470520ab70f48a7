//! What instrumenting a crate of 200 async functions adds to its build.
//!
//! A workspace is written into the system's folder for temporary files, with a
//! member for each variant; the dependencies are built once, with the versions that
//! this package has. What is timed is `cargo build` of a member that was cleaned.

mod source;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::report::{self, Table};
use crate::stopwatch::{self, median};
use source::{FASTRACE, FUNCTIONS, OURS, PLAIN, VARIANTS};

/// What a build may take above the plain one, in seconds, and of fastrace's.
const GOALS: [(&str, f64); 2] = [("debug", 0.9), ("release", 2.5)];
const TIMES_FASTRACE: f64 = 0.5;

/// Prints the seconds of each variant, debug and release.
///
/// # Errors
///
/// When a build fails.
pub fn run(rounds: usize) -> Result<(), String> {
    report::print_head("Compile time");
    println!(
        "Seconds to rebuild a crate of {FUNCTIONS} instrumented async functions, median of {rounds} \
         interleaved rounds.\n"
    );
    let folder = std::env::temp_dir().join("trace-benches-compile-time");
    write_workspace(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut table = Table::new([
        "profile",
        "plain",
        "trace-core",
        "tracing",
        "fastrace",
        "trace-core above plain",
        "of fastrace's",
        "goal",
        "",
    ]);
    for (profile, goal) in GOALS {
        let times = measure(&folder, profile, rounds)?;
        table.row(row(profile, &times.wall, Some(goal)));
        table.row(row(&format!("{profile}, CPU"), &times.cpu, None));
    }
    table.print();
    Ok(())
}

/// Seconds of each round, of each variant.
type Seconds = Vec<Vec<f64>>;

struct Times {
    wall: Seconds,
    /// Of all cores together; what else runs on the machine matters less to it.
    cpu: Seconds,
}

fn measure(folder: &Path, profile: &str, rounds: usize) -> Result<Times, String> {
    let none = vec![Vec::new(); VARIANTS.len()];
    let mut times = Times {
        wall: none.clone(),
        cpu: none,
    };
    for variant in VARIANTS {
        build(folder, variant.name, profile)?;
    }
    for _ in 0..rounds {
        for (index, variant) in VARIANTS.iter().enumerate() {
            clean(folder, variant.name, profile)?;
            let (begin, cpu) = (stopwatch::now(), process::children_cpu_time());
            build(folder, variant.name, profile)?;
            times.wall[index].push(begin.elapsed().as_secs_f64());
            let cpu = process::children_cpu_time().saturating_sub(cpu);
            times.cpu[index].push(cpu.as_secs_f64());
        }
    }
    Ok(times)
}

fn row(name: &str, times: &Seconds, goal: Option<f64>) -> Vec<String> {
    let above = |variant: usize| {
        let pairs = times[variant].iter().zip(&times[PLAIN]);
        median(pairs.map(|(time, plain)| time - plain).collect())
    };
    let (ours, fastrace) = (above(OURS), above(FASTRACE));
    let mut cells = vec![name.to_owned()];
    let medians = times.iter().map(|times| median(times.clone()));
    cells.extend(medians.map(|median| format!("{median:.2}")));
    cells.push(format!("{ours:.2}"));
    cells.push(format!("{:.2}", ours / fastrace));
    let seconds = goal.map_or_else(String::new, |goal| format!("{goal} s, "));
    cells.push(format!("{seconds}{TIMES_FASTRACE} × fastrace"));
    let is_met = goal.is_none_or(|goal| ours <= goal) && ours <= TIMES_FASTRACE * fastrace;
    cells.push(report::verdict(Some(is_met)));
    cells
}

fn write_workspace(folder: &Path) -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap_or(here);
    std::fs::create_dir_all(folder)?;
    let members = VARIANTS
        .map(|variant| format!("\"{}\"", variant.name))
        .join(", ");
    std::fs::write(
        folder.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
    )?;
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for variant in VARIANTS {
        let member = folder.join(variant.name);
        std::fs::create_dir_all(member.join("src"))?;
        let manifest = variant.manifest(&root.join("trace-core"));
        std::fs::write(member.join("Cargo.toml"), manifest)?;
        std::fs::write(member.join("src/lib.rs"), variant.source())?;
    }
    Ok(())
}

fn clean(folder: &Path, package: &str, profile: &str) -> Result<(), String> {
    cargo(folder, &["clean", "--quiet"], package, profile)
}

fn build(folder: &Path, package: &str, profile: &str) -> Result<(), String> {
    cargo(folder, &["build", "--quiet"], package, profile)
}

fn cargo(folder: &Path, command: &[&str], package: &str, profile: &str) -> Result<(), String> {
    let profile = if profile == "debug" { "dev" } else { profile };
    let target: PathBuf = folder.join("target");
    let output = Command::new("cargo")
        .args(command)
        .args(["--package", package, "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("failed to run cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
