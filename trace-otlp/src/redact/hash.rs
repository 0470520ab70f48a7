//! Hashes of values, which show whether two values are equal.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The beginning of a hash.
const PREFIX: &str = "hash:";

/// How many hex digits follow.
const DIGITS: usize = 16;

/// Returns `hash:` and 16 hex digits: SipHash with the random key of `keys`.
///
/// A value that is already such a hash stays, so that redacting twice gives the same result as
/// redacting once.
pub(super) fn hash(keys: &RandomState, value: &str) -> String {
    if is_hash(value) {
        return value.to_owned();
    }
    let mut hasher = keys.build_hasher();
    hasher.write(value.as_bytes());
    format!("{PREFIX}{:0DIGITS$x}", hasher.finish())
}

fn is_hash(value: &str) -> bool {
    let digits = value.strip_prefix(PREFIX).unwrap_or_default();
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digits.len() == DIGITS && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_hashes_within_one_key() {
        let keys = RandomState::new();
        let ann = hash(&keys, "ann");
        assert!(is_hash(&ann), "{ann}");
        assert_eq!(hash(&keys, "ann"), ann);
        assert_ne!(hash(&keys, "bob"), ann);
        assert_ne!(hash(&RandomState::new(), "ann"), ann);
        assert_eq!(hash(&keys, &ann), ann);
    }
}
