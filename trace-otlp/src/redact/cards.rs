//! Numbers of payment cards.

/// Returns the end of the card number that begins at `start`, if one does.
///
/// The digits are in one piece, or in groups as printed on cards. They begin like numbers of a
/// card network, and the last digit is correct (Luhn). One in ten other numbers with such a
/// length and beginning also passes.
pub(super) fn card_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut digits, mut groups) = ([0_u8; 19], Groups::default());
    let (mut count, mut at) = (0, start);
    loop {
        match text.get(at) {
            Some(byte) if byte.is_ascii_digit() => {
                *digits.get_mut(count)? = byte - b'0';
                count += 1;
                groups.add_digit();
            }
            Some(byte @ (b' ' | b'-'))
                if count < 16 && text.get(at + 1).is_some_and(u8::is_ascii_digit) =>
            {
                if !groups.end_group(*byte) {
                    break;
                }
            }
            _ => break,
        }
        at += 1;
    }
    let follows = text.get(at..).unwrap_or_default();
    let is_whole = match follows {
        [b'.', digit, ..] => !digit.is_ascii_digit(),
        [byte, ..] => !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | 0x80..)),
        [] => true,
    };
    let digits = digits.get(..count)?;
    (is_whole && is_of_network(digits) && groups.are_printed(count) && is_valid(digits))
        .then_some(at)
}

/// The lengths of groups of digits.
#[derive(Default)]
struct Groups {
    lengths: [u8; 5],
    separators: usize,
    separator: Option<u8>,
}

impl Groups {
    fn add_digit(&mut self) {
        if let Some(length) = self.lengths.get_mut(self.separators) {
            *length += 1;
        }
    }

    /// Returns false if an earlier separator differs.
    fn end_group(&mut self, separator: u8) -> bool {
        self.separators += 1;
        *self.separator.get_or_insert(separator) == separator
    }

    fn are_printed(&self, count: usize) -> bool {
        match (self.separators, count) {
            (0, _) => true,
            (_, 16) => self.lengths == [4, 4, 4, 4, 0],
            (_, 15) => self.lengths == [4, 6, 5, 0, 0],
            (_, 14) => self.lengths == [4, 6, 4, 0, 0],
            (_, 19) => self.lengths == [4, 4, 4, 4, 3],
            _ => false,
        }
    }
}

/// Returns whether a card network uses numbers with this beginning and length.
///
/// Source: ISO/IEC 7812 and the networks' published ranges.
fn is_of_network(digits: &[u8]) -> bool {
    matches!(
        (digits, digits.len()),
        // Visa; Maestro, UnionPay and Discover, which begin with 6.
        ([4, ..], 13 | 16 | 19) | ([6, ..], 16 | 19)
        // Mastercard, JCB.
        | ([5, 0..=8, ..] | [2, 2..=7, ..] | [3, 5, ..], 16)
        // American Express, Diners Club.
        | ([3, 4 | 7, ..], 15) | ([3, 0 | 6 | 8, ..], 14)
    )
}

/// Checks the last digit. Source: ISO/IEC 7812-1, annex B, *Luhn formula*.
fn is_valid(digits: &[u8]) -> bool {
    let sum = |(place, digit): (usize, &u8)| match place % 2 {
        0 => u32::from(*digit),
        _ => u32::from(*digit) * 2 - if *digit > 4 { 9 } else { 0 },
    };
    let total: u32 = digits.iter().rev().enumerate().map(sum).sum();
    total.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_numbers_of_the_networks_are_found() {
        for number in [
            "4111111111111111",
            "4111-1111-1111-1111",
            "4111 1111 1111 1111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "30569309025904",
            "6011111111111117",
            "3530111333300000",
            "4222222222222",
        ] {
            assert_eq!(
                card_end(number.as_bytes(), 0),
                Some(number.len()),
                "{number}"
            );
            let within = format!("{number}, a");
            assert_eq!(
                card_end(within.as_bytes(), 0),
                Some(number.len()),
                "{number}"
            );
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for number in [
            "",
            "4111111111111112",
            "1700000000000000000",
            "1700000000000",
            "41111111111111110",
            "4111111111111111a",
            "4111111111111111.5",
            "411 1111 1111 11111",
            "4111 1111-1111 1111",
            "00000000-0000-0000-0000-000000000000",
            "99999999999999999999999999",
        ] {
            assert_eq!(card_end(number.as_bytes(), 0), None, "{number}");
        }
    }
}
