//! Runs cargo and measures its time.

use std::path::Path;
use std::process::Command;

use crate::process;
use crate::stopwatch::{self, median};

/// The times of several runs, in seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    pub(super) wall: Vec<f64>,
    /// The processor time of all cores. Other programs on the machine affect it less.
    pub(super) cpu: Vec<f64>,
}

impl Times {
    /// Calls `run` and adds its times.
    pub(super) fn add<R>(&mut self, run: impl FnOnce() -> R) -> R {
        let (begin, cpu) = (stopwatch::now(), process::children_cpu_time());
        let result = run();
        self.wall.push(begin.elapsed().as_secs_f64());
        let cpu = process::children_cpu_time().saturating_sub(cpu);
        self.cpu.push(cpu.as_secs_f64());
        result
    }

    pub(super) fn medians(&self) -> [f64; 2] {
        [&self.wall, &self.cpu].map(|times| median(times.clone()))
    }
}

/// Runs cargo in a folder, with its `target` folder, and returns the output.
pub(super) fn cargo(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new("cargo")
        .args(args)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .current_dir(folder)
        .output()
        .map_err(|error| format!("failed to run cargo: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said)
    }
}
