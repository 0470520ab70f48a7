//! Tests of rustdoc's output for traced functions.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect;

/// It does not use `trace-core`, because no code is generated for documentation.
const SOURCE: &str = "
mod macros { pub use trace_macros::traced; }
use macros::traced;

/// ```
/// ```
#[traced(crate = crate::macros)]
pub fn function() {}

pub struct Shop;

#[traced(crate = crate::macros)]
impl Shop {
    /// ```
    /// ```
    pub async fn open(&self) -> Result<(), ()> {
        Ok(())
    }
}
";

#[test]
fn the_doctests_of_traced_functions_are_run() {
    let directory = directory("traced_doctests");
    let source = directory.join("documented.rs");
    fs::write(&source, SOURCE).unwrap();
    let mut macros = OsString::from("trace_macros=");
    macros.push(library());

    let output = Command::new("rustdoc")
        .args(["--test", "--edition=2021", "--test-args=--list", "--extern"])
        .arg(macros)
        .arg(&source)
        .output()
        .unwrap();
    let listed = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<&str> = listed
        .lines()
        .filter_map(|line| Some(line.split_once(" - ")?.1))
        .collect();
    names.sort_unstable();
    expect![[r#"
        Shop::open (line 14): test
        function (line 5): test"#]]
    .assert_eq(&names.join("\n"));
}

/// Returns the newest build of `trace-macros`, which is the one of this test. If cargo has
/// noted the features, only builds that record count.
fn library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let files = fs::read_dir(here.parent().unwrap()).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| hash(path).is_some())
        .max_by_key(|path| {
            (
                records(path),
                fs::metadata(path).unwrap().modified().unwrap(),
            )
        })
        .unwrap()
}

/// Returns the hash that distinguishes builds of `trace-macros`.
fn hash(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let (_, hash) = name.split_once("trace_macros-")?;
    hash.strip_suffix(std::env::consts::DLL_SUFFIX)
}

/// Returns whether a build has the feature `record`, which cargo notes beside it.
fn records(library: &Path) -> bool {
    let hash = hash(library).unwrap_or_default();
    let note = format!("../.fingerprint/trace-macros-{hash}/lib-trace_macros.json");
    let note = fs::read_to_string(library.parent().unwrap().join(note));
    note.is_ok_and(|note| note.contains(r#""features":"[\"record\"]""#))
}

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}
