//! Reads a fixed number of lower-case hex digits, the text form of ids and flags.

use std::fmt;

use super::visible::Visible;

/// Why a text is not valid. An error message puts the name of the field before the `Display`
/// text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HexFinding {
    Length(usize),
    Character(char, usize),
    AllZero,
}

/// Reads exactly `digits` lower-case hex digits, where `digits` is at most 32.
pub(crate) fn parse_hex(text: &str, digits: usize) -> Result<u128, HexFinding> {
    match lower_hex(text.as_bytes()) {
        Some(value) if text.len() == digits => Ok(value),
        _ => Err(find_fault(text, digits)),
    }
}

/// Reads up to 32 lower-case hex digits; `None` if there are more, or other characters.
///
/// Each request reads several ids, so this looks at bytes and does not say what is wrong.
pub(crate) fn lower_hex(digits: &[u8]) -> Option<u128> {
    let (high, low) = digits.split_at(digits.len().saturating_sub(16));
    let high = match high.len() {
        0..=16 => lower_hex_word(high)?,
        _ => return None,
    };
    Some(u128::from(high) << 64 | u128::from(lower_hex_word(low)?))
}

/// Reads up to 16 digits.
fn lower_hex_word(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

/// Reads 16 lower-case hex digits, in a third of the time of [`lower_hex`].
#[inline]
pub(crate) fn sixteen_digits(digits: &[u8; 16]) -> Option<u64> {
    let ([high, low], []) = digits.as_chunks::<8>() else {
        return None;
    };
    let (high, low) = (eight_digits(*high)?, eight_digits(*low)?);
    Some(u64::from(high) << 32 | u64::from(low))
}

/// Reads 8 digits at once, each in its own byte of a word. No sum below exceeds a byte.
#[inline]
fn eight_digits(digits: [u8; 8]) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let text = u64::from_be_bytes(digits);
    // 1 for `a` to `f`, which have bit 6, as digits do not.
    let letter = text >> 6 & ONES;
    let value = (text & (0x0f * ONES)) + 9 * letter;
    // The text that has this value: nothing else may be in the upper half of a byte.
    let same = value + 0x30 * ONES + 0x27 * letter == text;
    // Letters are from 10 to 15, and digits below 10.
    let is_small = value & (0x10 * ONES) == 0;
    let fits = (value + 6 * ONES) >> 4 & ONES == letter;
    let pairs = (value | value >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let all = (fours | fours >> 16) as u32;
    (same && is_small && fits).then_some(all)
}

/// Writes the lower digits of a value, as many as there is room for.
pub(crate) fn write_hex(mut value: u128, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        let nibble = (value & 0xf) as u8;
        *digit = if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' + nibble - 10
        };
        value >>= 4;
    }
}

/// Returns what is wrong with a text that is not `digits` lower-case hex digits.
#[cold]
fn find_fault(text: &str, digits: usize) -> HexFinding {
    // Count characters, not bytes. Then the error for a non-ASCII character is about this
    // character, not about the length of the text.
    let characters = text.chars().take(digits + 1).count();
    if characters != digits {
        return HexFinding::Length(text.chars().count());
    }
    let is_wrong = |character| !matches!(character, '0'..='9' | 'a'..='f');
    let mut wrong = text
        .chars()
        .enumerate()
        .filter(|(_, character)| is_wrong(*character));
    match wrong.next() {
        Some((position, character)) => HexFinding::Character(character, position),
        None => HexFinding::Length(digits),
    }
}

/// Reads hex digits in either case. `is_length` says how many digits are allowed, up to 32.
pub(crate) fn parse_any_hex(
    text: &str,
    is_length: impl Fn(usize) -> bool,
) -> Result<u128, HexFinding> {
    let mut value = 0_u128;
    let mut length = 0;
    for (position, character) in text.chars().enumerate() {
        let digit = character.to_digit(16);
        let digit = digit.ok_or(HexFinding::Character(character, position))?;
        // Digits are shifted out only if the text is too long, which is an error below.
        value = value << 4 | u128::from(digit);
        length = position + 1;
    }
    match is_length(length) {
        true => Ok(value),
        false => Err(HexFinding::Length(length)),
    }
}

impl fmt::Display for HexFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(f, "has {found} characters"),
            Self::Character(found, position) => {
                write!(f, "has `{}` at position {position}", Visible(*found))
            }
            Self::AllZero => f.write_str("is all zeros"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{lower_hex, parse_hex, sixteen_digits};

    #[test]
    fn each_byte_is_checked_at_each_position() {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        for byte in 0..=u8::MAX {
            for position in 0..16 {
                let mut digits = *b"09af5b1e09af5b1e";
                digits[position] = byte;
                let text = std::str::from_utf8(&digits);
                let value = text
                    .ok()
                    .and_then(|text| u64::from_str_radix(text, 16).ok());
                let value = value.filter(|_| is_digit(byte));
                assert_eq!(lower_hex(&digits), value.map(u128::from));
                assert_eq!(sixteen_digits(&digits), value, "{byte:#x} at {position}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_of_characters() {
        let said = |text: &str| parse_hex(text, 4).unwrap_err().to_string();
        assert_eq!(parse_hex("00af", 4), Ok(0xaf));
        assert_eq!(said("0af"), "has 3 characters");
        assert_eq!(said("00aff"), "has 5 characters");
        assert_eq!(said("é00"), "has 3 characters");
        assert_eq!(said("00a\u{663}"), "has `\u{663}` at position 3");
        assert_eq!(said("00A0"), "has `A` at position 2");
    }
}
