//! A file of lines that is renamed when it is large or old.
//!
//! Owns the names of the copies, and decides when they are made and removed.
//! [`output`](super::output) decides which lines are written, and what happens if writing
//! fails.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use trace_core::{Clock, Timestamp};

use super::create_file_error::CreateFileError;
use super::open_at_line::open_at_line;

/// When a [`RotatingFile`] is renamed, and how many copies are kept.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The clock for `max_age`. Default: [`Clock::system`].
    pub clock: Clock,
    /// Bytes after which the file is renamed. A longer line gets its own file. Default: 100
    /// MiB.
    pub max_bytes: u64,
    /// Time after which the next line causes the file to be renamed. It counts from when this
    /// process opened the file. Default: `None`, which means no limit.
    pub max_age: Option<Duration>,
    /// Number of renamed files that are kept; the oldest is removed first. Default: 10.
    pub max_files: usize,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            max_bytes: 100 << 20,
            max_age: None,
            max_files: 10,
        }
    }
}

/// A file of lines that is renamed when it is large or old.
///
/// With the path `spans.jsonl`, lines are always written to this file. Its copies are
/// `spans.1.jsonl`, `spans.2.jsonl` and so on; the highest number is the newest. No line is
/// split between two files. After a restart, numbers continue, and copies of earlier processes
/// count towards `max_files`. Do not let two processes write to the same name.
///
/// If the file cannot be renamed or the next one cannot be created, `write` returns the error
/// and writes nothing. The file then stays as it is, and the next `write` tries again. If a
/// copy cannot be removed, the next rotation tries again.
///
/// If others remove or rename the file, the next rotation makes a new one. Until then, lines go
/// to the file that was opened.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    bytes: u64,
    opened: Timestamp,
    is_in_line: bool,
    last_number: u64,
}

impl RotatingFile {
    /// Opens a file to append lines. Creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// If the file cannot be created or opened, or if its folder cannot be read.
    pub fn open(path: impl AsRef<Path>, rotation: Rotation) -> Result<Self, CreateFileError> {
        let path = path.as_ref();
        Self::open_file(path, rotation).map_err(|source| CreateFileError::new(path, source))
    }

    fn open_file(path: &Path, rotation: Rotation) -> io::Result<Self> {
        let file = open_at_line(path)?;
        let numbers = copies(path)?;
        Ok(Self {
            path: path.to_owned(),
            opened: rotation.clock.now(),
            rotation,
            bytes: file.metadata()?.len(),
            file,
            is_in_line: false,
            last_number: numbers.iter().copied().max().unwrap_or(0),
        })
    }

    /// Returns how many of these bytes fit: whole lines, or at least the first line.
    fn fitting(&self, bytes: &[u8]) -> usize {
        let room = self.rotation.max_bytes.saturating_sub(self.bytes);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        match bytes.get(..room) {
            None => bytes.len(),
            Some(fitting) => match fitting.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    end.map_or(bytes.len(), |end| end + 1)
                }
            },
        }
    }

    /// Returns whether the next line, with this length, belongs in a new file.
    fn is_due(&self, line: usize) -> bool {
        let after = self
            .bytes
            .saturating_add(u64::try_from(line).unwrap_or(u64::MAX));
        let age = self.rotation.clock.now() - self.opened;
        !self.is_in_line
            && self.bytes > 0
            && (after > self.rotation.max_bytes
                || self.rotation.max_age.is_some_and(|max| age >= max))
    }

    fn rotate(&mut self) -> io::Result<()> {
        let copy = copy_path(&self.path, self.last_number.saturating_add(1));
        let is_gone = match fs::rename(&self.path, &copy) {
            Ok(()) => false,
            // Somebody has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(error),
        };
        let opened = File::options().create(true).append(true).open(&self.path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if is_gone => return Err(error),
            // The open file gets its old name back, so that the next call can try again.
            Err(error) => {
                fs::rename(&copy, &self.path)?;
                return Err(error);
            }
        };
        if !is_gone {
            self.last_number = self.last_number.saturating_add(1);
        }
        self.file = file;
        self.bytes = 0;
        self.opened = self.rotation.clock.now();
        self.remove_oldest();
        Ok(())
    }

    fn remove_oldest(&self) {
        let Ok(mut numbers) = copies(&self.path) else {
            return;
        };
        numbers.sort_unstable();
        let surplus = numbers.len().saturating_sub(self.rotation.max_files);
        for number in numbers.into_iter().take(surplus) {
            // The next rotation tries again.
            drop(fs::remove_file(copy_path(&self.path, number)));
        }
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = bytes.iter().position(|byte| *byte == b'\n');
        if self.is_due(line.map_or(bytes.len(), |end| end + 1)) {
            self.rotate()?;
        }
        let fitting = bytes.get(..self.fitting(bytes)).unwrap_or(bytes);
        let taken = self.file.write(fitting)?;
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        if let Some(last) = fitting.get(..taken).and_then(<[u8]>::last) {
            self.is_in_line = *last != b'\n';
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the path of a copy: `spans.7.jsonl` for `spans.jsonl`.
fn copy_path(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Returns the numbers of the copies that exist.
fn copies(path: &Path) -> io::Result<Vec<u64>> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name: OsString = entry?.file_name();
        numbers.extend(number_of(path, &name));
    }
    Ok(numbers)
}

/// Returns the number in the name of a copy; `None` for other files.
fn number_of(path: &Path, name: &OsStr) -> Option<u64> {
    let stem = Path::new(name);
    let stem = if path.extension().is_some() {
        Path::new(stem.file_stem()?)
    } else {
        stem
    };
    let number = stem.extension()?.to_str()?.parse().ok()?;
    (copy_path(path, number).file_name() == Some(name)).then_some(number)
}
