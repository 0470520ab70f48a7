//! Names with values: `password=..`, `"token": ".."`, `Cookie: ..`, `--password ..`.

use std::borrow::Cow;
use std::ops::Range;

use trace_core::redaction::{KeyVerdict, is_secret_parameter};

use super::escapes::{escape_bytes, percent_decode};
use super::reading::Reading;
use super::text::{is_quote, run_end};
use super::value::{Form, value};

/// Most bytes between a name and its separator: spaces, and quotes with their backslashes.
const MAX_GAP: usize = 12;

/// Most bytes of a name, which may have words before it.
const MAX_NAME: usize = 128;

/// A value, and its replacement.
type Replaced = (Range<usize>, Cow<'static, str>);

/// Reads the name and value around the `=` or `:` at a position.
pub(super) fn pair(read: &Reading<'_>, at: usize, separator: u8) -> Option<Replaced> {
    let [before, name] = &read.words;
    let bytes = read.bytes;
    let gap = bytes.get(name.end..at)?;
    let is_gap = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\\' | b']') || is_quote(*byte);
    if name.is_empty() || gap.len() > MAX_GAP || !gap.iter().all(is_gap) {
        return None;
    }
    let is_quoted = gap.iter().any(|byte| is_quote(*byte));
    let found = secret_name(read, before, name, at)?;
    // `==`, `=>`, and spaces.
    let start = run_end(bytes, at, |byte| matches!(byte, b'=' | b'>' | b':'));
    let start = run_end(bytes, start, |byte| matches!(byte, b' ' | b'\t'));
    let form = if is_quoted {
        Form::Quoted
    } else if separator == b':' && is_header(&found) {
        let before = name.start.checked_sub(1);
        let before = before.and_then(|before| bytes.get(before).copied());
        Form::Header(before.filter(|byte| is_quote(*byte)))
    } else {
        Form::Plain
    };
    let part = value(bytes, start, form)?;
    let is_sentence =
        separator == b':' && form == Form::Plain && is_of_sentence(&found, bytes, &part);
    (!is_sentence).then(|| replaced(read, &found, part))
}

/// Reads the name and value around the `%3D` at a position.
pub(super) fn encoded_pair(read: &Reading<'_>, at: usize) -> Option<Replaced> {
    let [_, name] = &read.words;
    if name.is_empty() || name.end != at {
        return None;
    }
    let found = text(read, name.clone()).filter(|name| is_parameter(read, name))?;
    let part = value(read.bytes, at + 3, Form::Encoded)?;
    Some(replaced(read, &found, part))
}

/// Reads a word that may be an option of a command, whose value is the next word.
pub(super) fn option(read: &Reading<'_>, word: Range<usize>) -> Option<Replaced> {
    let option = read.bytes.get(word.clone())?;
    let [b' ', next, ..] = read.bytes.get(word.end..)? else {
        return None;
    };
    if !option.starts_with(b"--") || matches!(next, b'-' | b' ' | b'=' | b':') {
        return None;
    }
    let start = word.end + 1;
    let name = text(read, word).filter(|name| is_key(read, name))?;
    let part = value(read.bytes, start, Form::Plain)?;
    Some(replaced(read, &name, part))
}

/// Returns a value with the replacement that the options have for its name.
fn replaced(read: &Reading<'_>, name: &str, part: Range<usize>) -> Replaced {
    let value = read.text.get(part.clone()).unwrap_or_default();
    let by = read.options.replace(name, value);
    (part, by)
}

/// Returns the name before a separator if its value is a secret.
fn secret_name(
    read: &Reading<'_>,
    before: &Range<usize>,
    name: &Range<usize>,
    at: usize,
) -> Option<String> {
    let bytes = read.bytes;
    let start = name.start;
    let previous = start.checked_sub(1).and_then(|one| bytes.get(one));
    let is_of_query = matches!(previous, None | Some(b'?' | b'&'));
    let is_secret = |name: &String| is_key(read, name) || is_of_query && is_parameter(read, name);
    let of = |start: usize| text(read, start..name.end);
    let own = of(start).filter(is_secret);
    let behind_escape = || {
        let escape = escape_bytes(bytes, start);
        let name = of(start + escape).filter(|_| escape > 0)?;
        (is_key(read, &name) || is_parameter(read, &name)).then_some(name)
    };
    // `API key: ..`: two words that are a name only together. In `secret santa: ..`, the first
    // word is a name by itself.
    let both = || {
        let is_near = before.end + 1 == start && bytes.get(before.end) == Some(&b' ');
        let first = text(read, before.clone())?;
        let both = of(before.start).filter(|_| is_near && !is_key(read, &first))?;
        is_key(read, &both).then_some(both)
    };
    // A query parameter with encoded letters in its name.
    let encoded = || {
        let range = read.parameter..at;
        let parameter = bytes
            .get(range.clone())
            .filter(|name| name.len() <= MAX_NAME)?;
        if !parameter.contains(&b'%') || parameter.contains(&b' ') {
            return None;
        }
        percent_decode(parameter).filter(|name| is_parameter(read, name))
    };
    own.or_else(behind_escape).or_else(both).or_else(encoded)
}

/// Returns a name, or the end of a name that is too long.
fn text(read: &Reading<'_>, range: Range<usize>) -> Option<String> {
    let mut start = range.start.max(range.end.saturating_sub(MAX_NAME));
    while start < range.end && !read.text.is_char_boundary(start) {
        start += 1;
    }
    read.text.get(start..range.end).map(str::to_owned)
}

fn is_key(read: &Reading<'_>, name: &str) -> bool {
    read.options.is_replaced(name)
}

fn is_parameter(read: &Reading<'_>, name: &str) -> bool {
    match read.options.verdict(name) {
        KeyVerdict::Replace | KeyVerdict::ReplaceAll => true,
        KeyVerdict::Keep => false,
        KeyVerdict::Scan => is_secret_parameter(name),
    }
}

/// Returns whether a header with this name has a value of several words.
fn is_header(name: &str) -> bool {
    let names = ["authorization", "cookie", "cookies"];
    let name = name.as_bytes();
    names.iter().any(|header| {
        let end = name.len().checked_sub(header.len());
        end.and_then(|end| name.get(end..))
            .is_some_and(|end| end.eq_ignore_ascii_case(header.as_bytes()))
    })
}

/// Returns whether a value is a word of a sentence, as in ``unexpected token: `}` `` or
/// `invalid token: identifier`. Applies only to `token`, which is also a word of parsers.
fn is_of_sentence(name: &str, bytes: &[u8], part: &Range<usize>) -> bool {
    let value = bytes.get(part.clone()).unwrap_or_default();
    let is_token = name
        .rsplit(' ')
        .next()
        .is_some_and(|last| last.eq_ignore_ascii_case("token"));
    is_token && value.len() < 16 && !value.iter().any(u8::is_ascii_digit)
}
