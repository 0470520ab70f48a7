//! Percent-encoded bytes: `%` and two hex digits.

use std::borrow::Cow;

/// Decodes a percent-encoded text. A `%` that is not followed by two hex digits stays.
pub(crate) fn decode(mut text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return text.into();
    }
    let mut decoded = Vec::with_capacity(text.len());
    while let [first, rest @ ..] = text {
        let byte = match rest {
            [high, low, after @ ..] if *first == b'%' => hex(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = byte.unwrap_or((*first, rest));
        decoded.push(byte);
        text = after;
    }
    decoded.into()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_byte_stays() {
        assert_eq!(*decode(b"no Z%C3%BCrich"), *"no Zürich".as_bytes());
        assert_eq!(*decode(b"100%, %zz, %4"), *b"100%, %zz, %4");
    }
}
