//! A program that does not record is the program without `trace-core`.

use std::collections::BTreeSet;
use std::path::Path;

use trace_programs::{Package, Program, root, run};

/// With the feature `record` off, the attributes leave nothing behind: not a byte of
/// code, not a word in a future.
#[test]
fn attributes_leave_nothing() {
    let source = include_str!("sources/attributes.rs");
    let package = package("attributes", &[("src/bin/attributes.rs", source)]);
    let [plain, off, on] = ["", "traced", "traced,record"].map(|features| {
        let program = package.build("attributes", "release", features);
        (Program::read(&program), run(&program))
    });
    // Answers, and the sizes of futures.
    assert_eq!(off.1, plain.1);
    assert_eq!(off.0.ours, BTreeSet::new());
    assert_eq!(off.0.code, plain.0.code, "bytes of code");
    assert_ne!(on.1, plain.1, "recording adds to futures");
    assert!(
        on.0.ours.len() > 10 && on.0.code > plain.0.code,
        "nothing is recorded by the program with which these are compared"
    );
}

/// With the feature `record` off, what would record does nothing, and no code of the
/// recorder gets into the program.
#[test]
fn functions_do_nothing() {
    let source = include_str!("sources/functions.rs");
    let package = package("functions", &[("src/bin/functions.rs", source)]);
    let program = package.build("functions", "release", "");
    assert_eq!(run(&program), "nothing\n");
    assert_eq!(Program::read(&program).recorder(), BTreeSet::new());
    let recording = Program::read(&package.build("functions", "release", "record"));
    assert!(recording.recorder().len() > 10, "symbols are not found");
}

/// The code in the README is the same in both.
#[test]
fn the_readme_does_not_care() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (program, others) = blocks(&readme);
    let files = [("src/bin/readme.rs", &*program), ("src/lib.rs", &others)];
    let package = package("readme", &files);
    for features in ["", "record"] {
        let printed = run(&package.build("readme", "release", features));
        assert_eq!(printed.contains("card declined"), features == "record");
    }
}

/// What cannot be traced is refused in both, but for types that have no name.
#[test]
fn the_same_futures_are_refused() {
    let source = include_str!("../ui/fail/named_future.rs");
    let package = package("refused", &[("src/bin/refused.rs", source)]);
    let [recorded, off] = ["record", ""].map(|features| errors_with_places(&package, features));
    let (unnamed, named): (BTreeSet<_>, BTreeSet<_>) = recorded
        .into_iter()
        .partition(|error| error.contains("`Either<"));
    assert_eq!(
        (unnamed.len(), named.len()),
        (2, 4),
        "{unnamed:?} {named:?}"
    );
    assert_eq!(off, named);
}

/// What records a future by the async block in it does without, whatever its type is.
#[test]
fn the_same_futures_are_accepted() {
    let source = include_str!("sources/accepted.rs");
    let package = package("accepted", &[("src/bin/accepted.rs", source)]);
    for features in ["", "record"] {
        assert_eq!(run(&package.build("accepted", "dev", features)), "");
    }
}

/// A body without a last expression is reported at the type, and a function of what is
/// returned looked at.
#[test]
fn the_same_mistakes_are_reported() {
    let source = include_str!("sources/mistaken.rs");
    let package = package("mistaken", &[("src/bin/mistaken.rs", source)]);
    let [recorded, off] = ["record", ""].map(|features| errors_with_places(&package, features));
    assert_eq!(recorded.len(), 5, "{recorded:?}");
    assert_eq!(off, recorded);
}

/// A test that forgot the feature is told, and not that a macro is unknown.
#[test]
fn the_macros_of_tests_name_their_feature() {
    let source = "fn main() {\n    trace_core::assert_trace!(1, \"\");\n    trace_core::assert_no_orphans!(1);\n}\n";
    let package = package("untested", &[("src/bin/untested.rs", source)]);
    let errors = package.errors("record");
    for (name, line) in [("assert_trace", 2), ("assert_no_orphans", 3)] {
        let said = format!(
            "error: `{name}!` needs the feature `testing` of `trace-core`: put it under `[dev-dependencies]`\n --> src/bin/untested.rs:{line}:5\n"
        );
        assert!(errors.contains(&said), "{errors}");
    }
    assert_eq!(errors.matches("error: `").count(), 2, "{errors}");
}

/// The errors that have a code, each with its place.
fn errors_with_places(package: &Package, features: &str) -> BTreeSet<String> {
    let errors = package.errors(features);
    let lines: Vec<&str> = errors.lines().collect();
    let pairs = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("error["));
    pairs.map(<[&str]>::concat).collect()
}

fn package(name: &str, files: &[(&str, &str)]) -> Package {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let manifest = ("Cargo.toml", include_str!("sources/off.toml"));
    let files = [files, &[manifest]].concat();
    Package::write(&folder.join(name), &folder.join("off"), &files)
}

/// The README's first program, and the rest of its code without tests.
fn blocks(readme: &str) -> (String, String) {
    let blocks = readme.split("\n```rust\n").skip(1);
    let mut blocks = blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned()));
    let program = blocks.next().unwrap();
    assert!(program.contains("fn main()"), "{program}");
    // Tests need the feature `testing`, which turns recording on; others need another crate.
    let others: Vec<String> = blocks
        .filter(|block| {
            let needs = ["traced_test", "trace_otlp", "trace_bridge"];
            !needs.iter().any(|needed| block.contains(needed))
        })
        .collect();
    assert!(others.len() > 2);
    let modules = others.iter().enumerate();
    let modules =
        modules.map(|(n, block)| format!("#[allow(dead_code)]\nmod block{n} {{\n{block}\n}}\n"));
    (program, modules.collect())
}
