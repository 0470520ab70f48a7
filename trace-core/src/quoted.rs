//! Foreign text in error messages: cut to a length, control characters visible.
//!
//! Headers come from strangers and their errors end in log files.

use std::fmt;

/// Most characters that are quoted.
const MAX_CHARACTERS: usize = 64;

/// Copies the beginning of a foreign text for an error.
pub(crate) fn quoted(text: &str) -> Box<str> {
    let mut quoted: String = text
        .chars()
        .take(MAX_CHARACTERS)
        .map(|character| Visible(character).to_string())
        .collect();
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        quoted.push('…');
    }
    quoted.into()
}

/// Shows a foreign character, a control character as its escape.
pub(crate) struct Visible(pub(crate) char);

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_control() {
            self.0.escape_default().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}
