//! Makes errors of JSON from serde's errors, and adds the place in the input.

use std::io;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use trace_core::visible;

use super::error::{DecodeError, MAX_MESSAGE_CHARS, Position};
use super::pieces;

impl DecodeError {
    /// Makes the error for a document that is not OTLP; `found` follows "is".
    pub(super) fn from_document(start: Position, path: &str, found: &str) -> Self {
        let subject = if path.is_empty() { "the request " } else { "" };
        let message = format!("{subject}is {found}");
        Self {
            path: visible(path, MAX_MESSAGE_CHARS).into_owned(),
            ..Self::new(start, visible(&message, MAX_MESSAGE_CHARS))
        }
    }

    pub(super) fn from_reader(at: Position, source: io::Error) -> Self {
        Self {
            source: Some(Arc::new(source)),
            ..Self::new(at, "the input cannot be read further")
        }
    }

    /// Makes an error from serde's. `start` is where the text begins, `outer` is the path to
    /// the text, and `inner` is the path within it.
    pub(super) fn from_json(
        error: &serde_json::Error,
        start: Position,
        outer: &str,
        inner: Option<&Path>,
    ) -> Self {
        let inner = inner.map(Path::to_string).unwrap_or_default();
        // serde does not know what the name of a field should have been.
        let inner = inner.strip_suffix(".?").unwrap_or(&inner);
        let mut path = match (outer, inner) {
            (outer, "" | "." | "?") => outer.to_owned(),
            ("", inner) => inner.to_owned(),
            (outer, inner) => format!("{outer}.{inner}"),
        };
        let text = error.to_string();
        let suffix = format!(" at line {} column {}", error.line(), error.column());
        let text = text.strip_suffix(&suffix).unwrap_or(&text);
        let (field, message) = reword(text, error.classify(), path.is_empty());
        if let Some(field) = field {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(field);
        }
        Self {
            path: visible(&path, MAX_MESSAGE_CHARS).into_owned(),
            ..Self::new(
                start.plus(error.line(), error.column()),
                visible(&message, MAX_MESSAGE_CHARS),
            )
        }
    }
}

/// Makes the error of parsing `text` as a `T`, with the path to the field. The text is parsed
/// again, because tracking the path in the first pass would slow down requests without errors.
pub(super) fn explain<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    error: &serde_json::Error,
    start: Position,
    outer: &str,
) -> DecodeError {
    let mut json = serde_json::Deserializer::from_slice(text);
    let Err(tracked) = serde_path_to_error::deserialize::<_, T>(&mut json) else {
        return DecodeError::from_json(error, start, outer, None);
    };
    let (error, path) = (tracked.inner(), tracked.path());
    let mut problem = DecodeError::from_json(error, start, outer, Some(path));
    // serde's position is after the last byte that it has read, which may be beyond the value.
    if error.classify() == Category::Data && found(&error.to_string()).is_some() {
        let before = place_of(text, path).and_then(|place| text.get(..place));
        problem.at = before.map_or(problem.at, |before| start.after(before));
    }
    problem
}

/// Finds the value with this path in a text. Returns its end, or its beginning if it has
/// parts.
fn place_of(text: &[u8], path: &Path) -> Option<usize> {
    let mut range = 0..text.len();
    for segment in path {
        range = match segment {
            Segment::Map { key } => {
                let mut fields = pieces::fields(text, range);
                fields.find(|(name, _)| *name == key.as_bytes())?.1
            }
            Segment::Seq { index } => pieces::elements(text, range).nth(*index)?,
            Segment::Enum { .. } | Segment::Unknown => return None,
        };
    }
    match text.get(range.start) {
        Some(b'{' | b'[') => Some(range.start),
        _ => range.end.checked_sub(1),
    }
}

/// If a value is at fault, returns what serde found and what it expected.
fn found(text: &str) -> Option<(&str, &str)> {
    let prefixes = ["invalid type: ", "invalid value: "];
    let mut found = prefixes
        .iter()
        .filter_map(|prefix| text.strip_prefix(prefix));
    found.next()?.rsplit_once(", expected ")
}

/// Rewrites serde's message so that it follows the path. Also returns the field at fault if
/// the path does not name it.
fn reword(text: &str, category: Category, is_whole: bool) -> (Option<&str>, String) {
    match category {
        Category::Eof if is_whole => return (None, format!("the request is cut off: {text}")),
        Category::Eof => return (None, format!("is cut off: {text}")),
        Category::Syntax | Category::Io if is_whole => {
            return (None, format!("the request is malformed: {text}"));
        }
        Category::Syntax | Category::Io => return (None, format!("is malformed: {text}")),
        Category::Data => {}
    }
    let field = |prefix| {
        let rest: &str = text.strip_prefix(prefix)?;
        rest.strip_suffix('`')
    };
    if let Some(field) = field("missing field `") {
        return (Some(field), "is missing".to_owned());
    }
    if let Some(field) = field("duplicate field `") {
        return (Some(field), "is there twice".to_owned());
    }
    let message = match found(text) {
        Some((found, expected)) => {
            let (found, expected) = (json_words(found), json_words(expected));
            format!("is {}; expected {expected}", visible(found, 80))
        }
        None => format!("is bad: {text}"),
    };
    let subject = if is_whole { "the request " } else { "" };
    (None, format!("{subject}{message}"))
}

/// Turns serde's word for a type into JSON's.
fn json_words(words: &str) -> &str {
    let types = ["integer ", "floating point ", "boolean ", "string "];
    match words {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "an array",
        words => types
            .iter()
            .find_map(|of_type| words.strip_prefix(of_type))
            .unwrap_or(words),
    }
}

impl Position {
    /// Returns the place at `line` and `column` of a text that begins here.
    pub(super) fn plus(self, line: usize, column: usize) -> Self {
        match line {
            0 | 1 => Self {
                line: self.line,
                column: (self.column + column.max(1)).saturating_sub(1),
            },
            line => Self {
                line: self.line + line - 1,
                // serde's column is 0 if it has read nothing in the line.
                column: column.max(1),
            },
        }
    }

    /// Returns the place after a text that begins here.
    pub(super) fn after(self, text: &[u8]) -> Self {
        match text.iter().rposition(|byte| *byte == b'\n') {
            None => Self {
                line: self.line,
                column: self.column + text.len(),
            },
            Some(last) => Self {
                line: self.line + text.iter().filter(|byte| **byte == b'\n').count(),
                column: text.len() - last,
            },
        }
    }
}
