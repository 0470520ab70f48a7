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
    // Count characters, not bytes. Then the error for a non-ASCII character is about this
    // character, not about the length of the text.
    let characters = text.chars().take(digits + 1).count();
    if characters != digits {
        return Err(HexFinding::Length(text.chars().count()));
    }
    let mut value = 0_u128;
    for (position, character) in text.chars().enumerate() {
        let digit = match character {
            '0'..='9' | 'a'..='f' => character.to_digit(16).map(u128::from),
            _ => None,
        };
        let digit = digit.ok_or(HexFinding::Character(character, position))?;
        value = value << 4 | digit;
    }
    Ok(value)
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
    use super::parse_hex;

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
