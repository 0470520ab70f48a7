//! What instrumenting a crate of 200 async functions adds to its build.
//!
//! A workspace is written into the system's folder for temporary files, with a
//! member for each variant; the dependencies are built once, with the versions that
//! this package has. What is timed is `cargo build` of a member that was cleaned.

mod source;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::report::{self, Table};
use crate::stopwatch::{self, median};
use source::{FUNCTIONS, VARIANTS};

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
        for variant in VARIANTS {
            build(&folder, variant.name, profile)?;
        }
        let mut times = vec![Vec::new(); VARIANTS.len()];
        for _ in 0..rounds {
            for (variant, times) in VARIANTS.iter().zip(&mut times) {
                clean(&folder, variant.name, profile)?;
                let begin = stopwatch::now();
                build(&folder, variant.name, profile)?;
                times.push(begin.elapsed().as_secs_f64());
            }
        }
        let above = |variant: usize| {
            let pairs = times[variant].iter().zip(&times[0]);
            median(pairs.map(|(time, plain)| time - plain).collect())
        };
        let (ours, fastrace) = (above(1), above(3));
        let mut cells = vec![profile.to_owned()];
        cells.extend(
            times
                .iter()
                .map(|times| format!("{:.2}", median(times.clone()))),
        );
        cells.push(format!("{ours:.2}"));
        cells.push(format!("{:.2}", ours / fastrace));
        cells.push(format!("{goal} s, {TIMES_FASTRACE} × fastrace"));
        let is_met = ours <= goal && ours <= TIMES_FASTRACE * fastrace;
        cells.push(report::verdict(Some(is_met)));
        table.row(cells);
    }
    table.print();
    Ok(())
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
