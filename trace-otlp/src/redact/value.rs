//! Finds the end of the value after a secret name.

use std::ops::Range;

use super::escapes::is_ending_escape;
use super::text::{has_at, is_quote, run_end};

/// How the name of a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `name=value`, or `name: value` without quotes.
    Plain,
    /// `"name": "value"`.
    Quoted,
    /// `name%3Dvalue`.
    Encoded,
    /// `cookie: value`, where the value is the rest of the line. The byte is the quote before
    /// the name, if there is one.
    Header(Option<u8>),
}

/// Returns the value that begins at `start`; `None` if there is none, or if it cannot be
/// secret.
pub(super) fn value(text: &[u8], start: usize, form: Form) -> Option<Range<usize>> {
    let found = match form {
        Form::Header(quote) => {
            let end = line_end(text, start, quote);
            // `"cookie: a"`, but also `cookie: "a"`.
            start..end
        }
        Form::Encoded => start..plain_end(text, start, true),
        Form::Plain | Form::Quoted => return quoted_or_plain(text, start, form),
    };
    (!found.is_empty()).then_some(found)
}

fn quoted_or_plain(text: &[u8], start: usize, form: Form) -> Option<Range<usize>> {
    let backslashes = run_end(text, start, |byte| byte == b'\\') - start;
    let open = start + backslashes;
    if let Some(quote) = text.get(open).copied().filter(|byte| is_quote(*byte)) {
        let content = open + 1;
        let end = quote_end(text, content, quote, backslashes);
        return (end > content).then_some(content..end);
    }
    // `Some("..")`, `Secret { .. }`, `["..", ".."]`.
    let name_end = run_end(text, start, |byte| {
        byte.is_ascii_alphanumeric() || byte == b'_'
    });
    let bracket = match text.get(name_end) {
        Some(b' ') if name_end > start && text.get(name_end + 1) == Some(&b'{') => name_end + 1,
        _ => name_end,
    };
    if let Some(open @ (b'[' | b'{' | b'(')) = text.get(bracket).copied() {
        let content = bracket + 1;
        let end = bracket_end(text, content, open);
        return (end > content).then_some(content..end);
    }
    let mut end = plain_end(text, start, false);
    let found = text.get(start..end)?;
    if form == Form::Quoted && matches!(found, b"null" | b"true" | b"false") || found.is_empty() {
        return None;
    }
    // `authorization=Bearer abc`.
    if SCHEMES
        .iter()
        .any(|scheme| found.eq_ignore_ascii_case(scheme))
        && text.get(end) == Some(&b' ')
    {
        end = plain_end(text, end + 1, false);
    }
    Some(start..end)
}

/// HTTP authentication schemes, which come before credentials.
const SCHEMES: [&[u8]; 6] = [
    b"basic",
    b"bearer",
    b"token",
    b"apikey",
    b"negotiate",
    b"key",
];

/// Returns the end of a value without quotes.
fn plain_end(text: &[u8], start: usize, is_encoded: bool) -> usize {
    let mut at = start;
    while let Some(byte) = text.get(at) {
        let ends = match byte {
            b'&' | b';' | b',' | b')' | b']' | b'}' | b'<' | b'>' | b'|' | b'"' | b'\'' | b'`' => {
                true
            }
            b'\\' => is_ending_escape(text, at) || text.get(at + 1).copied().is_some_and(is_quote),
            b'%' => is_encoded && has_at(text, at, b"%26"),
            _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// Returns the position of the quote that ends a text. The first quote had `backslashes`
/// backslashes before it, so the last quote has the same number. If there is no such quote,
/// the text was cut off.
fn quote_end(text: &[u8], start: usize, quote: u8, backslashes: usize) -> usize {
    let mut run = 0;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match *byte {
            b'\\' => run += 1,
            byte if byte == quote => {
                let ends = match backslashes {
                    0 => run % 2 == 0,
                    // A quote with more backslashes than the first one is part of the text.
                    _ => run <= backslashes,
                };
                if ends {
                    return at - run.min(backslashes);
                }
                run = 0;
            }
            _ => run = 0,
        }
        at += 1;
    }
    at
}

/// Returns the position of the bracket that closes `open`. Brackets within quotes count like
/// others.
fn bracket_end(text: &[u8], start: usize, open: u8) -> usize {
    let close = match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    };
    let mut depth = 0_usize;
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.iter().position(|byte| {
        if *byte == open {
            depth += 1;
        } else if *byte == close {
            if depth == 0 {
                return true;
            }
            depth -= 1;
        }
        false
    });
    start + end.unwrap_or(rest.len())
}

/// Returns the end of a header's line, or the quote that ends the text of the header.
fn line_end(text: &[u8], start: usize, quote: Option<u8>) -> usize {
    let mut at = start;
    while let Some(byte) = text.get(at) {
        let is_end = match byte {
            b'\n' | b'\r' => true,
            b'\\' => {
                let next = text.get(at + 1);
                matches!(next, Some(b'n' | b'r')) || quote.is_some() && next == quote.as_ref()
            }
            byte => Some(*byte) == quote,
        };
        if is_end {
            break;
        }
        at += 1;
    }
    at
}
