//! Lists of `key=value` pairs, separated by commas, with percent-encoding.
//!
//! Source: OpenTelemetry specification, *Specifying headers via environment variables* and
//! *Specifying resource information via an environment variable*; W3C Baggage, *Header
//! Content*.

/// Splits a list into its entries. Skips empty ones.
pub(super) fn entries(list: &str) -> impl Iterator<Item = &str> {
    let entries = list.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// Returns whether a list has an entry, in any case.
pub(super) fn has(list: &str, wanted: &str) -> bool {
    entries(list).any(|entry| entry.eq_ignore_ascii_case(wanted))
}

/// Splits an entry at its first `=`.
pub(super) fn pair(entry: &str) -> Option<(&str, &str)> {
    let (key, value) = entry.split_once('=')?;
    Some((key.trim_end(), value.trim_start()))
}

/// Decodes `%2C`; `None` if a `%` is not followed by two hex digits, or the result is not
/// UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next()?)? << 4 | digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded_or_refused() {
        assert_eq!(percent_decoded("a%2Cb%3dc").as_deref(), Some("a,b=c"));
        assert_eq!(percent_decoded("gr%C3%BCn").as_deref(), Some("grün"));
        for bad in ["%", "%2", "%zz", "%+1", "100%", "%FF"] {
            assert_eq!(percent_decoded(bad), None, "{bad}");
        }
    }

    #[test]
    fn pairs_end_at_commas_and_keys_at_the_first_equals_sign() {
        let list = " a=1 , b = x=y,, c= ";
        let pairs: Vec<_> = entries(list).map(pair).collect();
        assert_eq!(
            pairs,
            [Some(("a", "1")), Some(("b", "x=y")), Some(("c", ""))]
        );
        assert_eq!(pair("alone"), None);
    }
}
