//! Reads ids in base64.
//!
//! Clients write such ids if they follow the JSON rules of protobuf instead of those of OTLP.

use crate::base64_digit::base64_digit;

/// Reads a number of 8 or 16 bytes from base64 of either alphabet, padded or not.
///
/// Hex has other lengths, so an id in hex is never taken for base64. A text without padding
/// that has only hex digits is refused, because it may be a piece of an id in hex.
///
/// Source: RFC 4648, *Base 64 Encoding*; Protocol Buffers, *ProtoJSON Format*: `bytes`.
pub(super) fn number(text: &str, bytes: usize) -> Option<u128> {
    let length = (bytes * 8).div_ceil(6);
    let digits = text.trim_end_matches('=');
    let is_base64 = match text.len() - digits.len() {
        0 => !digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        padding => length + padding == length.next_multiple_of(4),
    };
    if digits.len() != length || !is_base64 {
        return None;
    }
    // The last digit has bits that are not part of the number and must be zero.
    let spare = length * 6 - bytes * 8;
    let (last, others) = digits.as_bytes().split_last()?;
    let value = others
        .iter()
        .try_fold(0, |value, digit| Some(value << 6 | bits(*digit)?))?;
    let last = bits(*last)?;
    let is_whole = last & ((1 << spare) - 1) == 0;
    is_whole.then_some(value << (6 - spare) | last >> spare)
}

fn bits(digit: u8) -> Option<u128> {
    base64_digit(digit).map(u128::from)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn ids_are_read_in_both_lengths() {
        let id = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
        for text in ["S/kvNXezTaajzpKdDg5HNg==", "S_kvNXezTaajzpKdDg5HNg"] {
            assert_eq!(number(text, 16), Some(id), "{text}");
        }
        assert_eq!(number("APBnqgupArc=", 8), Some(0x00f0_67aa_0ba9_02b7));
        assert_eq!(number("APBnqgupArc", 8), Some(0x00f0_67aa_0ba9_02b7));
        assert_eq!(number("__________8=", 8), Some(u64::MAX.into()));
        assert_eq!(number("/////////////////////w==", 16), Some(u128::MAX));
    }

    #[test]
    fn what_may_be_hex_or_is_cut_is_none() {
        for text in [
            "4bf92f3577b34da6a3ce92",
            "S/kvNXezTaajzpKdDg5HNg=",
            "S/kvNXezTaajzpKdDg5HN===",
            "S/kvNXezTaajzpKdDg5HNh==",
            "S/kvNXezTaajzpKdDg5HN",
            "S/kvNXezTaajzpKdDg5HN ",
            "",
        ] {
            assert_eq!(number(text, 16), None, "{text}");
        }
        for text in ["00f067aa0ba", "00f067aa0ba902b7", "APBnqgupArd="] {
            assert_eq!(number(text, 8), None, "{text}");
        }
    }
}
