//! Finds the end of the value after a secret name.

use std::ops::Range;

use super::escapes::is_ending_escape;
use super::text::{has_at, is_quote, run_end, word_end};

/// How the name of a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `name=value`, or `name: value` without quotes.
    Plain,
    /// `"name": "value"`.
    Quoted,
    /// `cookie=a=1; b=2`: as `Plain`, with all pairs.
    Cookies,
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
        Form::Plain | Form::Quoted => return quoted_or_plain(text, start),
        Form::Cookies => {
            let first = quoted_or_plain(text, start)?;
            first.start..cookies_end(text, first.end)
        }
    };
    (!found.is_empty()).then_some(found)
}

fn quoted_or_plain(text: &[u8], start: usize) -> Option<Range<usize>> {
    if let Some((open, backslashes)) = opened_text(text, start) {
        let (content, quote) = (open + 1, *text.get(open)?);
        let end = quote_end(text, content, quote, backslashes);
        return (end > content).then_some(content..end);
    }
    if let Some(content) = in_brackets(text, start) {
        return (!content.is_empty()).then_some(content);
    }
    let end = plain_end(text, start, false);
    let found = text.get(start..end)?;
    let is_no_value = matches!(
        found,
        b"" | b"null" | b"true" | b"false" | b"None" | b"nil" | b"undefined"
    );
    if is_no_value {
        return None;
    }
    // `authorization=Bearer abc`.
    let is_in = |schemes: &[&[u8]]| {
        let mut schemes = schemes.iter();
        text.get(end) == Some(&b' ') && schemes.any(|scheme| found.eq_ignore_ascii_case(scheme))
    };
    let end = if is_in(&SCHEMES) {
        plain_end(text, end + 1, false)
    } else if is_in(&LONG_SCHEMES) {
        line_end(text, end, None)
    } else {
        end
    };
    Some(start..end)
}

/// Returns the position of the quote with which a text begins at `start`, perhaps behind
/// `b` or `r#`, and the number of backslashes before it.
pub(super) fn opened_text(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let letters = run_end(text, start, |byte| b"bBcCfFrRuU".contains(&byte));
    let hashes = run_end(text, letters, |byte| byte == b'#');
    let is_prefix = letters - start <= 2 && (letters > start || hashes == letters);
    let open = run_end(text, hashes, |byte| byte == b'\\');
    let is_text = is_prefix && text.get(open).copied().is_some_and(is_quote);
    is_text.then_some((open, open - hashes))
}

/// Returns what is in the brackets of `["..", ".."]`, `Some("..")`, `Secret { .. }`,
/// `vec![..]` or `String::from(..)`.
fn in_brackets(text: &[u8], start: usize) -> Option<Range<usize>> {
    let name_end = run_end(text, start, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
    });
    let bracket = match text.get(name_end..)? {
        [b' ', b'{', ..] if name_end > start => name_end + 1,
        [b'!', ..] => name_end + 1,
        _ => name_end,
    };
    let open = *text.get(bracket)?;
    if !matches!(open, b'[' | b'{' | b'(') {
        return None;
    }
    let content = bracket + 1;
    // `Some(..)`, and not a password with a bracket in it.
    let name = text.get(start..name_end)?;
    let is_type = name.first().is_none_or(u8::is_ascii_uppercase)
        || name.contains(&b':')
        || bracket > name_end
        || opened_text(text, content).is_some();
    is_type.then(|| content..bracket_end(text, content, open))
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

/// Schemes whose credentials have several parts.
const LONG_SCHEMES: [&[u8]; 4] = [b"aws4-hmac-sha256", b"digest", b"hawk", b"oauth"];

/// Returns the end of the cookies behind the first one, which ends at `end`.
fn cookies_end(text: &[u8], mut end: usize) -> usize {
    while has_at(text, end, b"; ") {
        let name_end = word_end(text, end + 2);
        if name_end == end + 2 || text.get(name_end) != Some(&b'=') {
            break;
        }
        end = plain_end(text, name_end + 1, false);
    }
    end
}

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

/// Returns the position of the bracket that closes `open`. Brackets within quotes do not count.
fn bracket_end(text: &[u8], start: usize, open: u8) -> usize {
    let close = match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    };
    let (mut depth, mut backslashes) = (0_usize, 0);
    let mut at = start;
    while let Some(byte) = text.get(at) {
        if is_quote(*byte) && begins_text(text, at - backslashes, *byte) {
            let end = quote_end(text, at + 1, *byte, backslashes);
            at = run_end(text, end, |byte| byte == b'\\');
        } else if *byte == open {
            depth += 1;
        } else if *byte == close {
            if depth == 0 {
                break;
            }
            depth -= 1;
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
        at += 1;
    }
    at.min(text.len())
}

/// Returns whether a quote, which begins at `at` with its backslashes, begins a text. The one
/// in `it's` does not.
fn begins_text(text: &[u8], at: usize, quote: u8) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    quote == b'"' || !before.is_some_and(u8::is_ascii_alphanumeric)
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
