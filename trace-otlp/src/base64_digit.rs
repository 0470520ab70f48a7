//! Digits of base64.

/// Returns the six bits of a base64 digit. Accepts both alphabets.
///
/// Source: RFC 4648, *Base 64 Encoding*.
pub(crate) const fn base64_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}
