//! Classes of bytes, and functions that read a bounded part of a text.

/// The class of a byte, for the scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A letter, a digit, `_`, `-`, `.`, or a byte of a character that is not ASCII.
    Word,
    /// `=` or `:`.
    Separator,
    /// `%`.
    Percent,
    Other,
}

static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let one = byte as u8;
        classes[byte] = match one {
            b'_' | b'-' | b'.' | 0x80.. => Class::Word,
            b'=' | b':' => Class::Separator,
            b'%' => Class::Percent,
            _ if one.is_ascii_alphanumeric() => Class::Word,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
}

pub(super) fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// Returns the end of the run of bytes for which `is_in` returns true.
pub(super) fn run_end(text: &[u8], start: usize, is_in: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.iter().position(|byte| !is_in(*byte));
    start + length.unwrap_or(rest.len())
}

/// Returns the end of the word that begins at `start`.
pub(super) fn word_end(text: &[u8], start: usize) -> usize {
    run_end(text, start, |byte| class(byte) == Class::Word)
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Returns whether `text` contains `part` at a position.
pub(super) fn has_at(text: &[u8], start: usize, part: &[u8]) -> bool {
    text.get(start..).is_some_and(|rest| rest.starts_with(part))
}

/// Returns the value of the two hex digits at a position.
pub(super) fn hex_byte(text: &[u8], start: usize) -> Option<u8> {
    let digit = |index: usize| char::from(*text.get(index)?).to_digit(16);
    u8::try_from(digit(start)? * 16 + digit(start + 1)?).ok()
}
