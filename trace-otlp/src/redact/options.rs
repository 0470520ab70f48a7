//! The options of a [`Redaction`](super::Redaction), and its verdicts about keys.

use std::borrow::Cow;
use std::hash::RandomState;

use trace_core::redaction::{KeyVerdict, REDACTED, has_name, is_secret_key};

use super::hash;

#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// Additional names of secrets.
    pub(super) names: Vec<Box<str>>,
    /// Keys whose values stay.
    pub(super) kept: Vec<Box<str>>,
    /// Names whose values are replaced by hashes.
    pub(super) hashed: Vec<Box<str>>,
    /// The prefixes of additional tokens.
    pub(super) prefixes: Vec<Box<str>>,
    pub(super) emails: bool,
    pub(super) addresses: bool,
    /// The random key of the hashes.
    hash_keys: RandomState,
}

impl Options {
    /// Returns what happens to the values of a key.
    pub(super) fn verdict(&self, key: &str) -> KeyVerdict {
        if self.kept.iter().any(|kept| kept.eq_ignore_ascii_case(key)) {
            KeyVerdict::Keep
        } else if self.is_hashed(key) || self.names.iter().any(|name| has_name(key, name)) {
            // Who names a key means all of its values.
            KeyVerdict::ReplaceAll
        } else if is_secret_key(key) {
            KeyVerdict::Replace
        } else {
            KeyVerdict::Scan
        }
    }

    /// Returns the replacement for a value.
    pub(super) fn replace(&self, key: &str, value: &str) -> Cow<'static, str> {
        if self.is_hashed(key) {
            Cow::Owned(hash::hash(&self.hash_keys, value))
        } else {
            Cow::Borrowed(REDACTED)
        }
    }

    /// Returns whether a key was named.
    pub(super) fn has_names(&self) -> bool {
        !self.names.is_empty() || !self.hashed.is_empty()
    }

    /// Returns whether the values of a key are replaced.
    pub(super) fn is_replaced(&self, key: &str) -> bool {
        let verdict = self.verdict(key);
        matches!(verdict, KeyVerdict::Replace | KeyVerdict::ReplaceAll)
    }

    fn is_hashed(&self, key: &str) -> bool {
        self.hashed.iter().any(|name| has_name(key, name))
    }
}
