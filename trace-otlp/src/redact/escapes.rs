//! Escapes of JSON, and percent-encoding.

use super::text::hex_byte;

/// Returns how many bytes at the beginning of a word belong to an escape whose backslash is
/// before the word: 1 for `\n`, 5 for `\u0026`, otherwise 0.
pub(super) fn escape_bytes(text: &[u8], word: usize) -> usize {
    let is_escaped = word
        .checked_sub(1)
        .is_some_and(|before| text.get(before) == Some(&b'\\'));
    match text.get(word) {
        Some(b'n' | b'r' | b't' | b'b' | b'f') if is_escaped => 1,
        Some(b'u') if is_escaped => {
            let digits = text.get(word + 1..word + 5).unwrap_or_default();
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit) {
                5
            } else {
                0
            }
        }
        _ => 0,
    }
}

/// Returns whether an escape of JSON at this position ends a value: a line end, a tab, or `&`.
pub(super) fn is_ending_escape(text: &[u8], at: usize) -> bool {
    let ends = |rest: &[u8]| {
        let is_space = matches!(rest, [b'\\', b'n' | b'r' | b't', ..]);
        is_space || rest.starts_with(br"\u0026")
    };
    text.get(at..).is_some_and(ends)
}

/// Decodes a percent-encoded name. Returns `None` if it is not text.
pub(super) fn percent_decode(name: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(name.len());
    let mut at = 0;
    while let Some(byte) = name.get(at) {
        match hex_byte(name, at + 1).filter(|_| *byte == b'%') {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_measured() {
        assert_eq!(escape_bytes(br"\ntoken", 1), 1);
        assert_eq!(escape_bytes(br"a\u0026token", 2), 5);
        assert_eq!(escape_bytes(br"\u00", 1), 0);
        assert_eq!(escape_bytes(b"token", 0), 0);
        assert_eq!(escape_bytes(b"", 0), 0);
    }

    #[test]
    fn names_are_decoded() {
        assert_eq!(percent_decode(b"p%61ss%").as_deref(), Some("pass%"));
        assert_eq!(percent_decode(b"%ff"), None);
    }
}
