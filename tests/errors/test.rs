//! Traced code gets the errors that the plain code gets, each at its place.
//!
//! What differs, `-` without and `+` with the attributes:
//!
//! - The body of an `async fn` is an async block, and that of a sync function that may
//!   return an `Err` early a closure: the compiler says so.
//! - Arguments are captured by the async block, where in an `async fn` they become
//!   variables: what cannot leave it is "data" (`returns_argument`), or is moved in
//!   advice (`closure_outlives`); the way that a lifetime took may be shown at an
//!   argument (`stored`).
//! - One mistake in a returned type is one error where it is two in the plain function
//!   (`not_an_iterator`), or two where it is one (`unsized_value`).
//! - The value of a sync function that may be an `Err` is kept in a variable, and returned
//!   at the beginning of the expression (`other_name_sync`).
//! - So is that of one whose type may stand for a future (`named`).
//! - Of a returned future that gives something else, the error names the wrapper
//!   (`ready_of_other`); what is no future is two errors (`no_future`).
//! - What an async block gives, which a function returns, has to be known, and so is
//!   checked, within the block (`future_of_other`).
//! - What a lifetime in the type of a future says is said at the value and not at the body
//!   (`iterator`, `own`).
//! - A lifetime that is missing in a path is an error in `async fn` only (`hidden`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value;

#[test]
fn flow() {
    check(
        "flow",
        30,
        expect![[r#"
        + recursive 47:1-42 E0733: recursion in an async block requires boxing
        - recursive 47:1-42 E0733: recursion in an async fn requires boxing
        + recursive_result 56:1-65 E0733: recursion in an async block requires boxing
        - recursive_result 56:1-65 E0733: recursion in an async fn requires boxing
        + ping 65:1-30 E0733: recursion in an async block requires boxing
        - ping 65:1-30 E0733: recursion in an async fn requires boxing
        + is_unpin 198:14-24 E0277: `{async block@tests/errors/corpus/flow.rs:113:1: 113:20}` cannot be unpinned
        - is_unpin 198:14-24 E0277: `{async fn body of flow::holds_rc()}` cannot be unpinned
    "#]],
    );
}

#[test]
fn lifetimes() {
    check(
        "lifetimes",
        25,
        expect![[r#"
            + other_name_sync 27:5-7 : lifetime may not live long enough
            - other_name_sync 27:5-51 : lifetime may not live long enough
            + boxed_sync 47:5-8 : lifetime may not live long enough
            - boxed_sync 47:5-19 : lifetime may not live long enough
            + stored 56:25-29 E0621: explicit lifetime required in the type of `text`
            - stored 57:5-20 E0621: explicit lifetime required in the type of `text`
            - iterator 82:74-84:2 E0700: hidden type for `impl Iterator<Item = u32>` captures lifetime that does not appear in bounds
            + iterator 83:5-25 E0700: hidden type for `impl Iterator<Item = u32>` captures lifetime that does not appear in bounds
            + name_sync 110:9-11 : lifetime may not live long enough
            - name_sync 110:9-17 : lifetime may not live long enough
            - own 113:46-115:6 : lifetime may not live long enough
            + own 114:9-13 : lifetime may not live long enough
            + named 150:5-11 E0621: explicit lifetime required in the type of `other`
            - named 150:5-18 E0621: explicit lifetime required in the type of `other`
            + named_local 156:5-11 E0515: cannot return value referencing local variable `text`
            - named_local 156:5-18 E0515: cannot return value referencing local variable `text`
        "#]],
    );
}

#[test]
fn moves() {
    check(
        "moves",
        45,
        expect![[r#"
        + returns_argument 208:5-10 E0515: cannot return reference to local data `text`
        - returns_argument 208:5-10 E0515: cannot return reference to local variable `text`
        + returns_argument_sync 213:5-7 E0515: cannot return value referencing function parameter `text`
        - returns_argument_sync 213:5-14 E0515: cannot return value referencing function parameter `text`
        + closure_outlives 223:14-16 E0373: closure may outlive the current function, but it borrows `value`, which is owned by the current function
        - closure_outlives 223:17-22 E0597: `value` does not live long enough
    "#]],
    );
}

#[test]
fn names() {
    check(
        "names",
        25,
        expect![[r#"
        - hidden 135:27-35 E0726: implicit elided lifetime not allowed here
        - hidden_in_generics 140:46-54 E0726: implicit elided lifetime not allowed here
    "#]],
    );
}

#[test]
fn types() {
    check(
        "types",
        70,
        expect![[r#"
            + no_result 115:12-13 E0277: the `?` operator can only be used in an async block that returns `Result` or `Option` (or another type that implements `FromResidual`)
            - no_result 115:12-13 E0277: the `?` operator can only be used in an async function that returns `Result` or `Option` (or another type that implements `FromResidual`)
            + no_result_at_all 121:12-13 E0277: the `?` operator can only be used in an async block that returns `Result` or `Option` (or another type that implements `FromResidual`)
            - no_result_at_all 121:12-13 E0277: the `?` operator can only be used in an async function that returns `Result` or `Option` (or another type that implements `FromResidual`)
            + option_for_result 132:15-16 E0277: the `?` operator can only be used on `Result`s, not `Option`s, in an async block that returns `Result`
            - option_for_result 132:15-16 E0277: the `?` operator can only be used on `Result`s, not `Option`s, in an async function that returns `Result`
            + option 137:29-30 E0277: the `?` operator can only be used on `Option`s, not `Result`s, in an async block that returns `Option`
            - option 137:29-30 E0277: the `?` operator can only be used on `Option`s, not `Result`s, in an async function that returns `Option`
            + option_sync 142:29-30 E0277: the `?` operator can only be used on `Option`s, not `Result`s, in a closure that returns `Option`
            - option_sync 142:29-30 E0277: the `?` operator can only be used on `Option`s, not `Result`s, in a function that returns `Option`
            - not_an_iterator 236:61-238:2 E0277: `{integer}` is not an iterator
            - iterator_of_other_items 246:69-248:2 E0271: expected `IntoIter<&str>` to be an iterator that yields `u32`, but it yields `&str`
            - not_displayed 264:72-266:2 E0277: `Gone` doesn't implement `std::fmt::Display`
            + unsized_value 274:33-36 E0277: the size for values of type `str` cannot be known at compilation time
            + unsized_value 275:5-12 E0277: the size for values of type `str` cannot be known at compilation time
            - unsized_argument 284:31-35 E0277: the size for values of type `str` cannot be known at compilation time
            + unsized_argument_sync 289:30-34 E0277: the size for values of type `str` cannot be known at compilation time
            - future_of_other 319:29-54 E0271: expected `{async block@tests/errors/corpus/types.rs:320:5: 320:10}` to be a future that resolves to `u32`, but it resolves to `&str`
            + future_of_other 320:13-19 E0308: mismatched types
            - boxed_future_of_other 325:5-31 E0271: expected `{async block@tests/errors/corpus/types.rs:325:14: 325:19}` to be a future that resolves to `u32`, but it resolves to `&str`
            + boxed_future_of_other 325:22-28 E0308: mismatched types
            - refutable_sync 352:23-34 E0005: refutable pattern in function argument
            + refutable_sync 352:23-34 E0005: refutable pattern in local binding
            - ready_of_other 399:28-53 E0271: expected `Ready<&str>` to be a future that resolves to `u32`, but it resolves to `&str`
            + ready_of_other 399:28-53 E0271: expected `Traced<Ready<&str>, _, _>` to be a future that resolves to `u32`, but it resolves to `&str`
            + no_future 404:49-406:2 E0277: `{integer}` is not a future
            + no_future_at_all 409:56-58 E0277: `()` is not a future
        "#]],
    );
}

/// One error, at one of its places.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    /// Line and column of begin and end.
    place: [u64; 4],
    code: String,
    message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [line, column, last_line, end] = self.place;
        write!(f, "{line}:{column}-")?;
        if last_line != line {
            write!(f, "{last_line}:")?;
        }
        write!(f, "{end} {}: {}", self.code, self.message)
    }
}

/// How often each error is given.
type Mistakes = BTreeMap<Mistake, usize>;

/// Compares what the compiler says of a part without and with the attributes.
fn check(part: &str, at_least: usize, different: Expect) {
    let plain = mistakes(part, part);
    let traced = mistakes(part, &format!("{part},traced"));
    assert!(plain.len() >= at_least, "{} errors in {part}", plain.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{part}.rs"));
    let source = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<(&Mistake, char)> = Vec::new();
    for (sign, some, others) in [('-', &plain, &traced), ('+', &traced, &plain)] {
        let differs =
            |(mistake, count): &(&Mistake, &usize)| others.get(mistake).is_none_or(|n| n < count);
        let some = some.iter().filter(differs);
        lines.extend(some.map(|(mistake, _)| (mistake, sign)));
    }
    lines.sort();
    let write = |(mistake, sign): &(&Mistake, char)| {
        let name = function(&source, mistake.place[0]);
        format!("{sign} {name} {mistake}\n")
    };
    different.assert_eq(&lines.iter().map(write).collect::<String>());
}

/// The name of the function that a line is in.
fn function(source: &str, line: u64) -> &str {
    let lines: Vec<&str> = source.lines().take(line as usize).collect();
    let mut names = lines.iter().rev().filter_map(|line| {
        let (_, name) = line.split_once("fn ")?;
        name.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .next()
    });
    names.next().unwrap_or_default()
}

/// Returns the errors in a part.
fn mistakes(part: &str, features: &str) -> Mistakes {
    // That of `tests/lints`, for which the same crates are built.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lints");
    let mut cargo = Command::new(env!("CARGO"));
    for flags in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(flags);
    }
    let output = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--frozen", "--lib"])
        .args(["--package", env!("CARGO_PKG_NAME")])
        .args(["--message-format", "json", "--features", features])
        .arg("--target-dir")
        .arg(target)
        .output()
        .unwrap();
    let mut mistakes = Mistakes::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["target"]["name"] == "trace_errors" && line["message"]["level"] == "error" {
            for mistake in read(&line["message"], part) {
                *mistakes.entry(mistake).or_default() += 1;
            }
        }
    }
    assert!(
        !mistakes.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    mistakes
}

/// Reads a message of the compiler: an error for each place that it underlines.
fn read(message: &Value, part: &str) -> Vec<Mistake> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // A summary at the end has none.
    let spans = message["spans"].as_array().unwrap();
    let places = spans.iter().filter(|span| span["is_primary"] == true);
    places
        .map(|span| {
            let file = text(&span["file_name"]);
            assert!(file.ends_with(&format!("{part}.rs")), "{message}");
            let number = |key: &str| span[key].as_u64().unwrap();
            Mistake {
                place: ["line_start", "column_start", "line_end", "column_end"].map(number),
                code: text(&message["code"]["code"]),
                message: text(&message["message"]),
            }
        })
        .collect()
}
