//! Compares a trace with an expected tree, as lines of text.

use std::collections::HashSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use crate::trace::assemble::Trace;
use crate::trace::view::TreeOptions;

/// Compares a trace with an expected tree. Called by `assert_trace!`.
#[doc(hidden)]
#[track_caller]
pub fn __assert_trace(trace: &Trace, expected: &str) {
    let expected = Tree::expected(expected);
    let actual = Tree::actual(trace, &expected, TreeOptions::default().max_text);
    let expected_keys = expected.keys();
    let actual_keys = actual_keys(trace, &expected, &actual);
    if expected_keys != actual_keys {
        let differences = capture_diff_slices(Algorithm::Myers, &expected_keys, &actual_keys);
        fail(&message(&expected, &actual, &differences));
    }
}

/// Checks that no parent is missing. Called by `assert_no_orphans!`.
#[doc(hidden)]
#[track_caller]
pub fn __assert_no_orphans(trace: &Trace) {
    let (spans, have) = match trace.orphans().count() {
        0 => return,
        1 => ("1 span".to_owned(), "has"),
        orphans => (format!("{orphans} spans"), "have"),
    };
    let max_text = TreeOptions::default().max_text;
    let tree = Tree::actual(trace, &Tree::default(), max_text).indented();
    fail(&format!(
        "{spans} {have} a parent that is not in the trace:\n\n{tree}"
    ));
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion that does not hold")]
fn fail(message: &str) {
    panic!("{}", message.trim_end());
}

/// The lines of a tree, without empty lines and without their common indentation.
#[derive(Debug, Default)]
struct Tree(Vec<String>);

impl Tree {
    /// Reads an expected tree.
    fn expected(text: &str) -> Self {
        // A line that follows the opening quote has no indentation of its own.
        let (first, others) = match text.split_once('\n') {
            Some((first, others)) if !first.trim().is_empty() => (Some(first.trim()), others),
            _ => (None, text),
        };
        let lines = || others.lines().filter(|line| !line.trim().is_empty());
        let indentations = lines().map(|line| line.len() - line.trim_start().len());
        let indentation = indentations.min().unwrap_or(0);
        // If tabs and spaces are mixed, the index may fall within a character. Then the line
        // is not changed.
        let lines = lines().map(|line| line.get(indentation..).unwrap_or(line));
        let lines = first.into_iter().chain(lines);
        Self(lines.map(|line| line.trim_end().to_owned()).collect())
    }

    /// Returns the tree of a trace. It shows the tags whose keys occur in `other`, and cuts
    /// texts to `max_text` characters.
    fn actual(trace: &Trace, other: &Self, max_text: usize) -> Self {
        let mut inline_tags: Vec<String> = Vec::new();
        for word in other.0.iter().flat_map(|line| line.split_whitespace()) {
            if let Some((key, _)) = word.split_once('=')
                && !inline_tags.iter().any(|known| known == key)
            {
                inline_tags.push(key.to_owned());
            }
        }
        let options = TreeOptions {
            inline_tags,
            max_spans: usize::MAX,
            max_depth: usize::MAX,
            max_text,
            ..TreeOptions::compact()
        };
        let text = trace.tree_with(options).to_string();
        Self(text.lines().map(ToOwned::to_owned).collect())
    }

    /// Returns the key of each line, by which lines are compared.
    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|line| key_of(line)).collect()
    }

    fn indented(&self) -> String {
        let mut text = String::new();
        for line in &self.0 {
            push_line(&mut text, "    ", line);
        }
        if self.0.is_empty() {
            push_line(&mut text, "    ", "(no spans)");
        }
        text
    }
}

/// Returns the keys of the actual lines. Where a text was cut, the expected tree may contain
/// the cut text or the whole text. The key follows the expected tree.
fn actual_keys(trace: &Trace, expected: &Tree, actual: &Tree) -> Vec<String> {
    let whole = Tree::actual(trace, expected, usize::MAX);
    let expected: HashSet<String> = expected.keys().into_iter().collect();
    let lines = actual.keys().into_iter().zip(whole.keys());
    let keys = lines.map(|(cut, whole)| {
        if expected.contains(&whole) {
            whole
        } else {
            cut
        }
    });
    keys.collect()
}

/// Returns the text by which a line is compared. Leading spaces and glyphs count exactly,
/// because they show the depth of a span. After them, any gap counts as one space.
fn key_of(line: &str) -> String {
    let rest = line.trim_start_matches([' ', '│', '├', '└', '─']);
    let mut key = line.strip_suffix(rest).unwrap_or_default().to_owned();
    for (number, word) in rest.split_whitespace().enumerate() {
        if number > 0 {
            key.push(' ');
        }
        key.push_str(word);
    }
    key
}

fn message(expected: &Tree, actual: &Tree, differences: &[DiffOp]) -> String {
    let mut text =
        "the trace differs from the expected tree (- expected, + actual):\n\n".to_owned();
    let mut push_lines = |sign: &str, tree: &Tree, lines: Range<usize>| {
        for line in tree.0.get(lines).unwrap_or_default() {
            push_line(&mut text, sign, line);
        }
    };
    for difference in differences {
        let (tag, missing, added) = difference.as_tag_tuple();
        if tag == DiffTag::Equal {
            push_lines("      ", actual, added);
        } else {
            push_lines("    - ", expected, missing);
            push_lines("    + ", actual, added);
        }
    }
    text.push_str("\nthe actual tree:\n\n");
    text.push_str(&actual.indented());
    text
}

fn push_line(text: &mut String, indentation: &str, line: &str) {
    text.push_str(indentation);
    text.push_str(line);
    text.push('\n');
}
