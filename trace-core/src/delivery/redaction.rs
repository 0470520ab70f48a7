//! Applies the application's redactor to a batch, before any collector gets it.
//!
//! This file keeps the redactor's verdicts about keys, so that each key is asked about only
//! once. It also handles panics of the redactor. It does not know what a secret is.
//! `stream/decode` finds the texts.

use std::borrow::Cow;
use std::fmt;

use super::call;
use crate::diagnostics;
use crate::process::caught::catch;
use crate::stream::decode::{Decoded, ReplaceTexts};
use crate::stream::{FieldKey, Header, Site};
use crate::value::redaction::{KeyVerdict, REDACTED, Redactor};
use crate::value::{Resource, Tag, TagArray, TagRef, TagValue};

/// The redactor of a tracer, and its verdicts about keys.
pub(super) struct Redaction {
    redactor: Box<dyn Redactor>,
    /// Whether the redactor replaces numbers.
    sees_numbers: bool,
    /// The keys of sites, by the number of the site and the index of the key. Sites are never
    /// removed, so their verdicts are kept, too.
    of_sites: Vec<Box<[SiteKey]>>,
    /// The replacements for the names of sites, by the number of the site.
    names: Vec<Option<NewName>>,
    /// Verdicts about keys that are set at run time.
    of_texts: RecentKeys,
}

/// What is known about a key of a site.
#[derive(Clone, Default)]
struct SiteKey {
    verdict: Option<KeyVerdict>,
    /// The last text under this key in which the redactor has found nothing. The texts of most
    /// keys repeat, such as a method or a host.
    clean: String,
}

/// Verdicts about recent keys. Each key has one place, and replaces the key that had the place
/// before. So its memory is bounded, even if keys contain data.
struct RecentKeys(Box<[Option<Answer>]>);

/// The replacement for a name; `None` if the name stays.
type NewName = Option<Box<str>>;

/// A key, and the verdict about it.
type Answer = (Box<str>, KeyVerdict);

/// The longest text that is kept for comparison with the next one.
const MAX_CLEAN_BYTES: usize = 64;

impl Redaction {
    pub(super) fn new(redactor: Box<dyn Redactor>) -> Self {
        let sees_numbers = catch(|| redactor.sees_numbers());
        Self {
            sees_numbers: sees_numbers.unwrap_or_else(|| {
                after_panic();
                true
            }),
            redactor,
            of_sites: Vec::new(),
            names: Vec::new(),
            of_texts: RecentKeys::new(),
        }
    }

    /// Replaces the secrets of a batch.
    pub(super) fn apply(&mut self, decoded: &mut Decoded) {
        // Marks the thread, so that a redactor that records spans is not traced.
        let applied = call::call_collector(|| decoded.replace_texts(self));
        debug_assert!(applied.is_some(), "panics of the redactor are caught below");
    }

    /// Replaces the secrets of a resource.
    pub(super) fn apply_to_resource(&self, resource: &mut Resource) {
        let replace = |key: &str, value: &str| self.replace(self.ask(key), key, value);
        for tag in &mut resource.tags {
            match &mut tag.value {
                TagValue::String(text) => {
                    if let Some(new) = replace(&tag.key, text) {
                        *text = new;
                    }
                }
                TagValue::Array(TagArray::String(texts)) => {
                    for text in texts {
                        if let Some(new) = replace(&tag.key, text) {
                            *text = new;
                        }
                    }
                }
                _ => self.replace_numbers_of(tag),
            }
        }
    }

    /// Replaces the numbers and booleans of a tag of the resource.
    fn replace_numbers_of(&self, tag: &mut Tag) {
        if !self.sees_numbers || self.ask(&tag.key) != KeyVerdict::ReplaceAll {
            return;
        }
        let replace = |number: TagRef<'_>| self.replace_as_text(&tag.key, number);
        match &mut tag.value {
            TagValue::Array(array) => {
                if let Some(texts) = array.numbers_as_texts(|number| Some(replace(number))) {
                    *array = texts;
                }
            }
            number => *number = TagValue::String(replace(number.as_ref())),
        }
    }

    /// Drops the redactor, which is code of the application.
    pub(super) fn end(self) {
        let _is_well = call::call_collector(|| drop(self.redactor));
    }

    /// Returns the replacement for a string under a key.
    fn replace(&self, verdict: KeyVerdict, key: &str, value: &str) -> Option<Cow<'static, str>> {
        match verdict {
            KeyVerdict::Keep => None,
            KeyVerdict::Scan => self.scan(value).map(Cow::Owned),
            KeyVerdict::Replace | KeyVerdict::ReplaceAll => {
                let replaced = catch(|| self.redactor.replace_value(key, value));
                Some(replaced.unwrap_or_else(|| after_panic().into()))
            }
        }
    }

    fn scan(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        catch(|| self.redactor.redact_text(text)).unwrap_or_else(|| Some(after_panic().to_owned()))
    }

    /// Returns what takes the place of a number or a boolean.
    fn replace_as_text(&self, key: &str, number: TagRef<'_>) -> Cow<'static, str> {
        let replaced = catch(|| self.redactor.replace_value(key, &number.to_string()));
        replaced.unwrap_or_else(|| after_panic().into())
    }

    fn ask(&self, key: &str) -> KeyVerdict {
        catch(|| self.redactor.redact_key(key)).unwrap_or_else(|| {
            after_panic();
            KeyVerdict::ReplaceAll
        })
    }

    /// Returns the replacement for a text under a key of a site.
    #[inline]
    fn replace_at(
        &mut self,
        site: &'static Site,
        index: u16,
        value: &str,
    ) -> Option<Cow<'static, str>> {
        let number = site_number(site);
        let known = self.of_sites.get(number);
        match known.and_then(|keys| keys.get(usize::from(index))) {
            Some(key) if key.clean == value && !value.is_empty() => None,
            Some(SiteKey {
                verdict: Some(verdict),
                ..
            }) => self.replace_new(site, index, *verdict, value),
            _ => {
                let verdict = self.ask_about(site, index);
                self.replace_new(site, index, verdict, value)
            }
        }
    }

    /// Returns what takes the place of a text that differs from the last one.
    #[inline(never)]
    fn replace_new(
        &mut self,
        site: &'static Site,
        index: u16,
        verdict: KeyVerdict,
        value: &str,
    ) -> Option<Cow<'static, str>> {
        let new = self.replace(verdict, site.tag_key(index.into()), value);
        if new.is_none() && value.len() <= MAX_CLEAN_BYTES {
            let keys = self.of_sites.get_mut(site_number(site))?;
            let clean = &mut keys.get_mut(usize::from(index))?.clean;
            clean.clear();
            clean.push_str(value);
        }
        new
    }

    /// Asks for the verdict about a key of a site, and keeps it.
    #[cold]
    fn ask_about(&mut self, site: &'static Site, index: u16) -> KeyVerdict {
        let number = site_number(site);
        let verdict = self.ask(site.tag_key(index.into()));
        if self.of_sites.len() <= number {
            self.of_sites.resize_with(number + 1, Box::default);
        }
        if let Some(keys) = self.of_sites.get_mut(number) {
            if keys.is_empty() {
                *keys = vec![SiteKey::default(); site.tag_keys().len()].into();
            }
            if let Some(key) = keys.get_mut(usize::from(index)) {
                key.verdict = Some(verdict);
            }
        }
        verdict
    }

    /// Scans the name of a site, and keeps what takes its place.
    #[cold]
    fn scan_name(&mut self, number: usize, name: &str) {
        if self.names.len() <= number {
            self.names.resize_with(number + 1, || None);
        }
        let new = self.scan(name).map(Box::from);
        if let Some(place) = self.names.get_mut(number) {
            *place = Some(new);
        }
    }

    /// Returns the answer about a key that was set at run time.
    fn ask_text(&mut self, key: &str) -> KeyVerdict {
        if let Some(verdict) = self.of_texts.get(key) {
            return verdict;
        }
        let verdict = self.ask(key);
        self.of_texts.insert(key, verdict);
        verdict
    }
}

impl ReplaceTexts for Redaction {
    #[inline]
    fn replace_value(
        &mut self,
        key: FieldKey<'_>,
        site: &'static Site,
        value: &str,
    ) -> Option<Cow<'static, str>> {
        match key {
            FieldKey::Site { index, .. } => self.replace_at(site, index, value),
            FieldKey::Text(key) => {
                let verdict = self.ask_text(key);
                self.replace(verdict, key, value)
            }
        }
    }

    fn sees_numbers(&self) -> bool {
        self.sees_numbers
    }

    fn replace_number(
        &mut self,
        key: FieldKey<'_>,
        site: &'static Site,
        number: TagRef<'_>,
    ) -> Option<Cow<'static, str>> {
        let verdict = match key {
            FieldKey::Site { index, .. } => {
                let keys = self.of_sites.get(site_number(site));
                let known = keys.and_then(|keys| keys.get(usize::from(index))?.verdict);
                known.unwrap_or_else(|| self.ask_about(site, index))
            }
            FieldKey::Text(key) => self.ask_text(key),
        };
        let is_replaced = verdict == KeyVerdict::ReplaceAll;
        is_replaced.then(|| self.replace_as_text(key.text(site), number))
    }

    fn replace_text(&mut self, text: &str) -> Option<String> {
        self.scan(text)
    }

    #[inline]
    fn replace_name(&mut self, site: &'static Site) -> Option<&str> {
        let number = site_number(site);
        if !self.names.get(number).is_some_and(Option::is_some) {
            self.scan_name(number, site.operation_name());
        }
        self.names.get(number)?.as_ref()?.as_deref()
    }
}

/// Returns the number of a site that has recorded a span. The numbers are small and without
/// gaps.
fn site_number(site: &'static Site) -> usize {
    Header::from_word(site.known_header()).large() as usize
}

/// Reports that the redactor panicked. Returns the replacement for the text.
#[cold]
fn after_panic() -> &'static str {
    diagnostics::redactor_panicked();
    REDACTED
}

impl RecentKeys {
    /// How many keys have a place. Most services have fewer keys.
    const PLACES: usize = 512;

    /// Longer keys are not kept, so the memory is bounded.
    const MAX_BYTES: usize = 128;

    fn new() -> Self {
        Self(vec![None; Self::PLACES].into())
    }

    fn get(&self, key: &str) -> Option<KeyVerdict> {
        let (known, verdict) = self.0.get(Self::place(key))?.as_ref()?;
        (**known == *key).then_some(*verdict)
    }

    fn insert(&mut self, key: &str, verdict: KeyVerdict) {
        if key.len() <= Self::MAX_BYTES
            && let Some(place) = self.0.get_mut(Self::place(key))
        {
            *place = Some((key.into(), verdict));
        }
    }

    /// Returns the place of a key, from its length and its last eight bytes, because keys of
    /// one group begin with the same bytes. A bad distribution costs only time.
    fn place(key: &str) -> usize {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let bytes = key.as_bytes();
        let word = match bytes.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last),
            None => bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        let hash = (word ^ bytes.len() as u64).wrapping_mul(FACTOR);
        // The upper bits depend on all bits of the word.
        usize::try_from(hash >> 55).unwrap_or(0) % Self::PLACES
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_about_recent_keys_are_kept_and_bounded() {
        let mut keys = RecentKeys::new();
        for number in 0..10_000 {
            keys.insert(&format!("key.{number}"), KeyVerdict::Scan);
        }
        keys.insert("password", KeyVerdict::Replace);
        assert_eq!(keys.get("password"), Some(KeyVerdict::Replace));
        assert_eq!(keys.get("Password"), None);
        assert_eq!(keys.get(""), None);
        let long = "k".repeat(RecentKeys::MAX_BYTES + 1);
        keys.insert(&long, KeyVerdict::Replace);
        assert_eq!(keys.get(&long), None);
    }
}
