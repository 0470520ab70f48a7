//! The detectors' view of the machine.
//!
//! Owns the access to files and variables, so that tests can pass another machine to a
//! detector.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a file that are read. Lists of mounts are the longest files.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The files and variables of a machine, and the process on it.
pub(crate) struct Machine<'a> {
    /// Reads the file with an absolute path.
    file: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a variable.
    variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) pid: u32,
    /// The path of the program's file.
    pub(super) executable: Option<PathBuf>,
}

impl Machine<'_> {
    /// Calls a detector with this machine.
    pub(super) fn with_this<R>(detect: impl FnOnce(&Machine<'_>) -> R) -> R {
        detect(&Machine {
            file: &|path| read(Path::new(path)),
            variable: &variable,
            pid: std::process::id(),
            executable: std::env::current_exe().ok(),
        })
    }

    /// Returns the text of a file without white space at its ends; `None` if the file is empty
    /// or cannot be read.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        not_empty(&(self.file)(path)?)
    }

    /// Returns whether there is a file, even an empty one.
    pub(super) fn has_file(&self, path: &str) -> bool {
        (self.file)(path).is_some()
    }

    /// Returns the name of the host, without using the network.
    pub(super) fn host_name(&self) -> Option<String> {
        let kernel = self.text("/proc/sys/kernel/hostname");
        let names = kernel.or_else(|| self.text("/etc/hostname"));
        names.or_else(|| self.variable(&["HOSTNAME", "COMPUTERNAME"]))
    }

    /// Returns the value of the first of these variables that is set and not empty.
    pub(super) fn variable(&self, names: &[&str]) -> Option<String> {
        let mut values = names.iter().filter_map(|name| (self.variable)(name));
        values.find_map(|value| not_empty(&value))
    }
}

fn not_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the resource is what the environment says, and `from_env` asks for it"
    )]
    std::env::var(name).ok()
}

/// Reads a file up to [`MAX_FILE_BYTES`]. Does not read pipes and devices, which might block.
fn read(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
impl<'a> Machine<'a> {
    /// A machine without files and variables.
    pub(super) fn nowhere() -> Self {
        Self {
            file: &|_| None,
            variable: &|_| None,
            pid: 7,
            executable: None,
        }
    }

    /// Calls `detect` with a machine that has these files, with absolute paths, and these
    /// variables.
    pub(super) fn with<R>(
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
        detect: impl FnOnce(&Machine<'_>) -> R,
    ) -> R {
        let find = |all: &[(&str, &str)], name: &str| {
            let found = all.iter().find(|(own, _)| *own == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        detect(&Machine {
            file: &|path| find(files, path),
            variable: &|name| find(variables, name),
            ..Machine::nowhere()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_from_the_first_place_that_has_one() {
        let kernel = ("/proc/sys/kernel/hostname", "web-1\n");
        let file = ("/etc/hostname", "web-2\n");
        let variables = [("HOSTNAME", "web-3")];
        let found = |files: &[_]| Machine::with(files, &variables, |machine| machine.host_name());
        assert_eq!(found(&[kernel, file]).as_deref(), Some("web-1"));
        assert_eq!(found(&[file]).as_deref(), Some("web-2"));
        assert_eq!(found(&[]).as_deref(), Some("web-3"));
    }
}
