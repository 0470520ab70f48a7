//! Tests of files that are renamed when they are large or old.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trace_core::{Collector, ManualClock, Resource, SpanBatch, Timestamp};
use trace_otlp::{JsonCollector, JsonOptions, RotatingFile, Rotation, decode};

use super::generator::Generator;

/// An empty folder, which is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("trace-rotating-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> PathBuf {
        self.0.join("spans.jsonl")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn rotation(max_bytes: u64, max_files: usize) -> Rotation {
    Rotation {
        max_bytes,
        max_files,
        ..Rotation::default()
    }
}

fn open(path: &Path, rotation: Rotation) -> RotatingFile {
    RotatingFile::open(path, rotation).unwrap()
}

#[test]
fn a_large_file_is_renamed_between_two_lines() {
    let folder = Folder::new("large");
    let mut file = open(&folder.path(), rotation(10, 10));
    file.write_all(b"one\ntwo\nthree\nfour\na line that is too long\nfive\n")
        .unwrap();
    let copies = [
        "one\ntwo\n",
        "three\n",
        "four\n",
        "a line that is too long\n",
    ];
    for (at, copy) in copies.iter().enumerate() {
        assert_eq!(folder.text(&format!("spans.{}.jsonl", at + 1)), *copy);
    }
    assert_eq!(folder.text("spans.jsonl"), "five\n");
}

#[test]
fn a_line_that_comes_in_pieces_is_not_split() {
    let folder = Folder::new("pieces");
    let mut file = open(&folder.path(), rotation(8, 10));
    for piece in [&b"first"[..], b" line\nsec", b"ond line\n", b"third\n"] {
        file.write_all(piece).unwrap();
    }
    assert_eq!(folder.text("spans.1.jsonl"), "first line\n");
    assert_eq!(folder.text("spans.2.jsonl"), "second line\n");
    assert_eq!(folder.text("spans.jsonl"), "third\n");
}

#[test]
fn only_the_newest_copies_are_kept_also_after_a_restart() {
    let folder = Folder::new("newest");
    for other in [
        "spans.x.jsonl",
        "spans.7.json",
        "other.1.jsonl",
        "spans.01.jsonl",
    ] {
        fs::write(folder.0.join(other), "not ours").unwrap();
    }
    for _ in 0..3 {
        let mut file = open(&folder.path(), rotation(4, 2));
        for line in ["a\n", "bcd\n", "ef\n"] {
            file.write_all(line.as_bytes()).unwrap();
        }
    }
    let ours: Vec<String> = folder
        .names()
        .into_iter()
        .filter(|name| folder.text(name) != "not ours")
        .collect();
    assert_eq!(ours, ["spans.7.jsonl", "spans.8.jsonl", "spans.jsonl"]);
    assert_eq!(folder.names().len(), 7, "other files are left alone");
}

#[test]
fn an_old_file_is_renamed_at_the_next_line() {
    let folder = Folder::new("old");
    let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(0));
    let mut file = open(
        &folder.path(),
        Rotation {
            clock: (&clock).into(),
            max_age: Some(Duration::from_secs(60)),
            ..Rotation::default()
        },
    );
    file.write_all(b"early").unwrap();
    clock.advance(Duration::from_secs(60));
    file.write_all(b" and late\n").unwrap();
    assert_eq!(folder.names(), ["spans.jsonl"], "the line has not ended");
    file.write_all(b"next\n").unwrap();
    assert_eq!(folder.text("spans.1.jsonl"), "early and late\n");
    assert_eq!(folder.text("spans.jsonl"), "next\n");
    clock.advance(Duration::from_secs(59));
    file.write_all(b"last\n").unwrap();
    assert_eq!(folder.text("spans.jsonl"), "next\nlast\n");
}

#[test]
fn a_file_that_cannot_be_renamed_loses_no_line() {
    let folder = Folder::new("fails");
    let mut file = open(&folder.path(), rotation(4, 2));
    file.write_all(b"abc\n").unwrap();
    // A folder with the name of the copy stands in the way.
    fs::create_dir_all(folder.0.join("spans.1.jsonl/x")).unwrap();
    assert!(file.write_all(b"def\n").is_err());
    assert_eq!(folder.text("spans.jsonl"), "abc\n");
    fs::remove_dir_all(folder.0.join("spans.1.jsonl")).unwrap();
    file.write_all(b"def\n").unwrap();
    assert_eq!(folder.text("spans.1.jsonl"), "abc\n");
    assert_eq!(folder.text("spans.jsonl"), "def\n");
}

#[test]
fn a_file_that_somebody_removed_is_made_again() {
    let folder = Folder::new("gone");
    let mut file = open(&folder.path(), rotation(4, 2));
    file.write_all(b"abc\n").unwrap();
    fs::remove_file(folder.path()).unwrap();
    file.write_all(b"def\n").unwrap();
    assert_eq!(folder.names(), ["spans.jsonl"]);
    assert_eq!(folder.text("spans.jsonl"), "def\n");
    file.write_all(b"ghi\n").unwrap();
    assert_eq!(folder.text("spans.1.jsonl"), "def\n");

    // Without its folder it cannot be made, until the folder is there again.
    fs::remove_dir_all(&folder.0).unwrap();
    assert!(file.write_all(b"jkl\n").is_err());
    fs::create_dir_all(&folder.0).unwrap();
    file.write_all(b"jkl\n").unwrap();
    assert_eq!(folder.text("spans.jsonl"), "jkl\n");
}

#[test]
fn a_file_that_cannot_be_created_is_an_error() {
    let folder = Folder::new("refused");
    let error = RotatingFile::open(folder.0.join("no/spans.jsonl"), Rotation::default());
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("spans.jsonl` cannot be created"), "{error}");
}

#[test]
fn all_spans_are_in_one_of_the_files() {
    let folder = Folder::new("spans");
    let mut generator = Generator::new(20);
    let resource = Resource::new("shop");
    let records: Vec<_> = (0..200).map(|_| generator.record()).collect();
    let collector = JsonCollector::to_rotating_file(folder.path(), rotation(20_000, 1_000))
        .unwrap()
        .with_options(JsonOptions {
            buffer_bytes: 5_000,
            ..JsonOptions::default()
        });
    for batch in records.chunks(7) {
        collector.collect(&SpanBatch::from_records(&resource, batch));
    }
    collector.flush(Duration::ZERO).unwrap();
    assert_eq!(collector.stats().spans_written, 200);
    assert!(folder.names().len() > 2, "{:?}", folder.names());
    let mut read = 0;
    for name in folder.names() {
        let file = fs::File::open(folder.0.join(&name)).unwrap();
        for request in decode::requests(file) {
            let groups = request.unwrap().groups;
            read += groups.iter().map(|group| group.spans.len()).sum::<usize>();
        }
        let bytes = fs::metadata(folder.0.join(&name)).unwrap().len();
        assert!(bytes <= 20_000 || folder.text(&name).lines().count() == 1);
    }
    assert_eq!(read, 200);
}
