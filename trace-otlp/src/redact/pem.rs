//! Private keys in PEM.

use std::ops::Range;

use super::text::has_at;

const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";

/// How far after `BEGIN` the label may extend.
const MAX_LABEL: usize = 64;

/// Returns the body of the private key whose first line begins in the word that ends at `end`.
/// If the key has no last line, the rest of the text is the body.
///
/// Source: RFC 7468, *Textual Encodings of PKIX, PKCS, and CMS Structures*.
pub(super) fn private_key(text: &[u8], end: usize) -> Option<Range<usize>> {
    if !text.get(..end)?.ends_with(BEGIN) {
        return None;
    }
    let rest = text.get(end..)?;
    let label = rest.get(..MAX_LABEL.min(rest.len()))?;
    let is_private = find(label, b"PRIVATE KEY")?;
    let dashes = find(label.get(is_private..)?, b"-----")?;
    let start = end + is_private + dashes + 5;
    let body = text.get(start..)?;
    Some(start..start + find(body, END).unwrap_or(body.len()))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = part.first()?;
    let mut places = text.iter().enumerate().filter(|(_, byte)| *byte == first);
    places.find_map(|(place, _)| has_at(text, place, part).then_some(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_private_keys_are_found() {
        let body = |text: &str| {
            let body = private_key(text.as_bytes(), 10)?;
            text.get(body).map(str::to_owned)
        };
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        assert_eq!(body(key).as_deref(), Some("\nMIIE\n"));
        assert_eq!(
            body("-----BEGIN PRIVATE KEY-----MII").as_deref(),
            Some("MII")
        );
        assert_eq!(body("-----BEGIN PUBLIC KEY-----MII"), None);
        assert_eq!(body("-----BEGIN"), None);
    }
}
