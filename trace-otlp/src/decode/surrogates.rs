//! Replaces halves of surrogate pairs, which some clients write when they cut a text.

/// Replaces each escape of half a pair by the escape of the replacement character, which has
/// the same length, so that nothing else moves.
///
/// Source: Unicode, *U+FFFD Substitution*.
pub(super) fn mend(text: &mut [u8]) {
    let mut at = 0;
    while let Some(offset) = position_of_backslash(text.get(at..)) {
        let start = at + offset;
        let is_half = match (escaped_unit(text, start), escaped_unit(text, start + 6)) {
            (None, _) => {
                // The character after the backslash may be a backslash.
                at = start + 2;
                continue;
            }
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
                at = start + 12;
                continue;
            }
            (Some(unit), _) => matches!(unit, 0xd800..=0xdfff),
        };
        at = start + 6;
        if let (true, Some(digits)) = (is_half, text.get_mut(start + 2..at)) {
            digits.copy_from_slice(b"fffd");
        }
    }
}

fn position_of_backslash(text: Option<&[u8]>) -> Option<usize> {
    text?.iter().position(|byte| *byte == b'\\')
}

/// Returns the UTF-16 unit that is escaped at `start`.
fn escaped_unit(text: &[u8], start: usize) -> Option<u16> {
    let digits = text.get(start..start + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::mend;

    fn check(text: &str, expected: &str) {
        let mut bytes = text.as_bytes().to_vec();
        mend(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn halves_are_replaced_and_pairs_stay() {
        check(r"a\ud800b", r"a\ufffdb");
        check(r"\uD83D\uDE00 \ude00\ud83d", r"\uD83D\uDE00 \ufffd\ufffd");
        check(r"\ud800\ud83d\ude00", r"\ufffd\ud83d\ude00");
        check(r"\\ud800 \n\\\ud800", r"\\ud800 \n\\\ufffd");
        check(r"\ud8", r"\ud8");
        check(r"\ud80g\", r"\ud80g\");
        check("\\", "\\");
    }
}
