//! Traced code gets the warnings that the plain code gets, each at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value;

/// What rustc says at `cargo check`, about the functions that record.
#[test]
fn rustc_says_the_same() {
    check(
        "check",
        expect![[r#"
            - different.rs:6:1-52 unconditional_recursion: function cannot return without recursing
            - different.rs:13:23-28 unused_variables: unused variable: `first`
            - different.rs:23:17-26 unused_assignments: value passed to `value` is never read
            + different.rs:23:21-26 unused_assignments: value assigned to `value` is never read
            - different.rs:32:29-38 unused_assignments: value assigned to `value` is never read
            + different.rs:32:33-38 unused_assignments: value assigned to `value` is never read
            - different.rs:44:5-10 async_fn_in_trait: use of `async fn` in public traits is discouraged as auto trait bounds cannot be specified
        "#]],
    );
}

/// What clippy says, about the functions as they are written.
#[test]
fn clippy_says_the_same() {
    if !has_clippy() {
        return;
    }
    check(
        "clippy",
        expect![[r#"
            + different.rs:55:36-45 clippy::integer_division: integer division
            + different.rs:55:36-45 clippy::integer_division_remainder_used: use of `/` has been disallowed in this context
            + different.rs:55:55-62 clippy::indexing_slicing: indexing may panic
            + different.rs:55:64-71 clippy::used_underscore_binding: used underscore-prefixed binding
            - different.rs:65:18-19 clippy::default_numeric_fallback: default numeric fallback might occur
        "#]],
    );
}

/// What rustc says where nothing is recorded.
#[test]
fn rustc_says_the_same_without_recording() {
    check_features("check", "corpus,traced", expect![""]);
}

/// What clippy says where nothing is recorded.
#[test]
fn clippy_says_the_same_without_recording() {
    if has_clippy() {
        check_features(
            "clippy",
            "corpus,traced",
            expect![[r#"
                + different.rs:55:36-45 clippy::integer_division: integer division
                + different.rs:55:36-45 clippy::integer_division_remainder_used: use of `/` has been disallowed in this context
                + different.rs:55:55-62 clippy::indexing_slicing: indexing may panic
                + different.rs:55:64-71 clippy::used_underscore_binding: used underscore-prefixed binding
            "#]],
        );
    }
}

/// A traced function cannot be `const`, and is not asked to be one; a skipped one can.
#[test]
fn clippy_asks_no_traced_function_to_be_const() {
    if !has_clippy() {
        return;
    }
    let expected = expect![[r#"
        arguments.rs:192:5-194:6 clippy::missing_const_for_fn: this could be a `const fn`
        arguments.rs:241:5-243:6 clippy::missing_const_for_fn: this could be a `const fn`
        asynchronous.rs:149:5-151:6 clippy::missing_const_for_fn: this could be a `const fn`
        items.rs:41:5-19 clippy::missing_const_for_fn: this could be a `const fn`
    "#]];
    for features in ["corpus,traced,record", "corpus,traced"] {
        let asked = |features| {
            let warnings = warnings("clippy", features).into_keys();
            let asked = warnings.filter(|warning| warning.lint == CONST);
            asked.collect::<BTreeSet<_>>()
        };
        let (plain, traced) = (asked("corpus"), asked(features));
        let lines: String = traced
            .iter()
            .map(|warning| format!("{warning}\n"))
            .collect();
        // Those that `Customer` skips, and those in the bodies of others.
        expected.assert_eq(&lines);
        assert!(plain.len() > traced.len() + 5 && plain.is_superset(&traced));
    }
}

const CONST: &str = "clippy::missing_const_for_fn";

/// One warning.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Warning {
    file: String,
    /// Line and column of begin and end.
    place: [u64; 4],
    lint: String,
    message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [line, column, last_line, end] = self.place;
        let Self {
            file,
            lint,
            message,
            ..
        } = self;
        write!(f, "{file}:{line}:{column}-")?;
        if last_line != line {
            write!(f, "{last_line}:")?;
        }
        write!(f, "{end} {lint}: {message}")
    }
}

/// How often each warning is given.
type Warnings = BTreeMap<Warning, usize>;

/// Compares what a subcommand of cargo says without and with the attributes.
///
/// `different` is what is known to differ, `-` without and `+` with them; the
/// reasons are in `different.rs`. A difference that goes fails the test as well.
fn check(subcommand: &str, different: Expect) {
    check_features(subcommand, "corpus,traced,record", different);
}

fn check_features(subcommand: &str, features: &str, different: Expect) {
    let mut plain = warnings(subcommand, "corpus");
    let traced = warnings(subcommand, features);
    // See `clippy_asks_no_traced_function_to_be_const`.
    plain.retain(|warning, _| warning.lint != CONST || traced.contains_key(warning));
    let lints: BTreeSet<&str> = plain.keys().map(|warning| &*warning.lint).collect();
    println!(
        "{subcommand}: {} warnings of {} lints",
        plain.len(),
        lints.len()
    );
    assert!(lints.len() > 50, "the corpus is not looked at: {lints:?}");
    if std::option_env!("SHOW").is_some() {
        for w in plain.keys() {
            println!("{w}");
        }
    }
    different.assert_eq(&difference(&plain, &traced));
}

fn difference(plain: &Warnings, traced: &Warnings) -> String {
    let mut lines: Vec<(&Warning, char, usize)> = Vec::new();
    for (sign, some, others) in [('-', plain, traced), ('+', traced, plain)] {
        for (warning, count) in some {
            let more = count.saturating_sub(others.get(warning).copied().unwrap_or(0));
            if more > 0 {
                lines.push((warning, sign, more));
            }
        }
    }
    lines.sort();
    let write = |(warning, sign, times): &(&Warning, char, usize)| match times {
        1 => format!("{sign} {warning}\n"),
        _ => format!("{sign} {warning} ({times} times)\n"),
    };
    lines.iter().map(write).collect()
}

/// Returns the warnings about the corpus.
fn warnings(subcommand: &str, features: &str) -> Warnings {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lints");
    let output = cargo()
        .args([
            subcommand,
            "--frozen",
            "--lib",
            "--package",
            env!("CARGO_PKG_NAME"),
        ])
        .args(["--message-format", "json", "--features", features])
        .arg("--target-dir")
        .arg(target)
        .output()
        .unwrap();
    let mut warnings = Warnings::new();
    let mut errors = String::from_utf8_lossy(&output.stderr).into_owned();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let message = &line["message"];
        if message["level"] == "error" {
            errors += message["rendered"].as_str().unwrap_or_default();
        }
        if line["target"]["name"] == "trace_lints" && message.is_object() {
            for warning in read(message) {
                *warnings.entry(warning).or_default() += 1;
            }
        }
    }
    assert!(output.status.success(), "cargo {subcommand}:\n{errors}");
    warnings
}

/// Reads a message of the compiler: a warning for each place that it underlines.
fn read(message: &Value) -> Vec<Warning> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // A summary at the end has no code.
    let Some(lint) = message["code"]["code"].as_str() else {
        return Vec::new();
    };
    let spans = message["spans"].as_array().unwrap();
    let places = spans.iter().filter(|span| span["is_primary"] == true);
    places
        .map(|span| {
            let path = text(&span["file_name"]).replace('\\', "/");
            let file = path.rsplit_once('/').map_or(&*path, |(_, file)| file);
            let number = |key: &str| span[key].as_u64().unwrap();
            Warning {
                file: file.to_owned(),
                place: ["line_start", "column_start", "line_end", "column_end"].map(number),
                lint: lint.to_owned(),
                message: text(&message["message"]),
            }
        })
        .collect()
}

fn has_clippy() -> bool {
    let version = cargo().args(["clippy", "--version"]).output();
    let has_clippy = version.is_ok_and(|output| output.status.success());
    if !has_clippy {
        // Not by a macro, which prints nothing where a test passes.
        let advice = b"SKIPPED: clippy is not installed; `rustup component add clippy`\n";
        std::io::stderr().write_all(advice).unwrap();
    }
    has_clippy
}

/// Cargo, with this workspace and without the flags of whoever runs the test.
fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    for flags in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CLIPPY_ARGS"] {
        cargo.env_remove(flags);
    }
    cargo
}
