//! Reads numbers that are written as texts.
//!
//! Source: Protocol Buffers, *ProtoJSON Format*: a text has the form of a JSON number. An
//! integer may have an exponent, and a fraction of zero.

/// A JSON number, in its parts.
struct Decimal<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i32,
}

/// Reads an integer exactly: `7`, `-7.0`, `1e3`.
pub(super) fn integer(text: &str) -> Option<i128> {
    /// More digits than the largest integer that is read here.
    const MAX_DIGITS: usize = 30;

    let number = Decimal::read(text)?;
    let fraction = number.fraction.trim_end_matches('0');
    let digits = [number.whole, fraction].concat();
    let exponent = number.exponent - i32::try_from(fraction.len()).ok()?;
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // The digits that a negative exponent removes must be zeros.
    let digits = match usize::try_from(exponent) {
        Ok(zeros) if significant.len() + zeros <= MAX_DIGITS => {
            format!("{significant}{}", "0".repeat(zeros))
        }
        Ok(_) => return None,
        Err(_) => {
            let taken = usize::try_from(exponent.unsigned_abs()).ok()?;
            let kept = significant.len().checked_sub(taken)?;
            let (kept, taken) = significant.split_at_checked(kept)?;
            let is_whole = taken.bytes().all(|digit| digit == b'0');
            is_whole.then(|| kept.to_owned())?
        }
    };
    let value: i128 = digits.parse().ok()?;
    Some(if number.is_negative { -value } else { value })
}

/// Reads a number; `None` if it is too large.
pub(super) fn float(text: &str) -> Option<f64> {
    Decimal::read(text)?;
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

impl<'a> Decimal<'a> {
    /// Source: RFC 8259, *Numbers*.
    fn read(text: &'a str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, digits(fraction)?),
            None => (mantissa, ""),
        };
        let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
        let whole = digits(whole).filter(|_| !has_leading_zero)?;
        Some(Self {
            is_negative,
            whole,
            fraction,
            exponent,
        })
    }
}

fn digits(text: &str) -> Option<&str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(text)
}

/// Reads an exponent. An exponent that is too large becomes the largest one.
fn exponent_of(text: &str) -> Option<i32> {
    const LARGE: i32 = 1 << 24;
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = digits(rest)?.parse().unwrap_or(LARGE).min(LARGE);
    Some(sign * size)
}

#[cfg(test)]
mod tests {
    use super::{float, integer};

    #[test]
    fn integers_are_read_exactly() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("7", 7),
            ("1e3", 1_000),
            ("1E+3", 1_000),
            ("-1.50e1", -15),
            ("1000e-3", 1),
            ("1.0", 1),
            ("0.0e99999999999", 0),
            ("18446744073709551615", u64::MAX.into()),
            ("1844674407370955161.5e1", u64::MAX.into()),
            ("-9223372036854775808.0", i64::MIN.into()),
        ] {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "-01",
            "1.",
            ".5",
            "1.5",
            "1e",
            "1e1.0",
            "15e-1",
            "1e-1",
            "0x10",
            "1_0",
            "1e99999999999",
            "1e-99999999999",
            "NaN",
            "１",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_json_numbers_in_range() {
        assert_eq!(float("1e3"), Some(1_000.0));
        assert_eq!(float("-1.5"), Some(-1.5));
        assert_eq!(float("1e-999"), Some(0.0));
        for text in ["+1", " 1", ".5", "1.", "1e999", "inf", "nan", "01", ""] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
