//! Measures a build from scratch of a crate that depends on only one library.

use std::path::Path;

use super::cargo::{Times, cargo};
use super::source::{self, FASTRACE, OURS, Tags, VARIANTS, Variant};
use crate::report::{self, Table};

/// The goal in seconds.
const GOAL: f64 = 8.0;

/// Prints the time of a debug build in seconds, and the number of crates.
///
/// # Errors
///
/// If a build fails.
pub fn run(rounds: usize) -> Result<(), String> {
    report::print_head("Cold build");
    println!(
        "Seconds of a debug build of an empty crate that depends on the library and on nothing \
         else, with an empty target folder; median of {rounds} interleaved rounds.\n"
    );
    let folder = std::env::temp_dir().join("trace-benches-cold-build");
    let mut builds = [OURS, FASTRACE].map(|index| Build {
        variant: VARIANTS[index],
        times: Times::default(),
        crates: 0,
    });
    for build in &builds {
        build.prepare(&folder)?;
    }
    for _ in 0..rounds {
        for build in &mut builds {
            build.run(&folder)?;
        }
    }
    let mut table = Table::new(["", "time", "CPU", "crates", "goal", ""]);
    for build in &builds {
        let [wall, cpu] = build.times.medians();
        let mut cells = vec![build.variant.library.to_owned()];
        cells.extend([wall, cpu].map(|seconds| format!("{seconds:.2}")));
        cells.push(build.crates.to_string());
        if build.variant.library == VARIANTS[OURS].library {
            cells.push(format!("{GOAL} s"));
            cells.push(report::verdict(Some(wall <= GOAL)));
        } else {
            cells.extend([String::new(), String::new()]);
        }
        table.row(cells);
    }
    table.print();
    Ok(())
}

struct Build {
    variant: Variant,
    times: Times,
    /// The number of dependencies, without the crate itself.
    crates: usize,
}

impl Build {
    /// Writes the crate, and downloads its dependencies.
    fn prepare(&self, folder: &Path) -> Result<(), String> {
        let folder = folder.join(self.variant.library);
        let written = source::write_crate(&folder, &self.variant, Tags::None, "")
            .and_then(|()| source::copy_lock(&folder));
        written.map_err(|error| format!("{}: {error}", folder.display()))?;
        cargo(&folder, &["fetch"]).map(drop)
    }

    fn run(&mut self, folder: &Path) -> Result<(), String> {
        let folder = folder.join(self.variant.library);
        // The folder does not exist before the first build.
        let _removed = std::fs::remove_dir_all(folder.join("target"));
        let said = self.times.add(|| cargo(&folder, &["build"]))?;
        let compiled = said.lines().map(str::trim_start);
        let compiled = compiled.filter(|line| line.starts_with("Compiling "));
        self.crates = compiled.count().saturating_sub(1);
        Ok(())
    }
}
