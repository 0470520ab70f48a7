//! Baggage: key-value pairs that the application sends to the services in a trace.
//!
//! Owns the entries and their limits. [`propagation`](crate::propagation) reads and writes the
//! header.

use std::fmt;
use std::sync::Arc;

use super::visible::{Visible, quoted};

/// Key-value pairs that travel with a trace. OpenTelemetry uses the same name.
///
/// A key is an HTTP token: one or more of ``a-z A-Z 0-9 ! # $ % & ' * + - . ^ _ ` | ~``. Keys
/// are case-sensitive. A value is any text. The header percent-encodes characters that it
/// cannot contain. Metadata, called *properties* on the wire, is kept as it was received.
///
/// Baggage has at most 64 entries, and its header has at most 8,192 bytes. The specification
/// requires every service to pass on baggage of this size, so a `Baggage` never has to be cut.
/// Cloning copies a pointer. Changing a clone copies the entries first. Empty baggage
/// allocates nothing. Source: W3C Baggage, *Header Content* and *Limits*.
///
/// [`inject`](crate::span::inject) sends baggage to every service that is called, including
/// those of other companies; `trace_http::client()` only to the hosts that it is told. Do not
/// put secrets in it.
///
/// ```
/// use trace_core::Baggage;
///
/// let mut baggage = Baggage::new();
/// baggage.insert("tenant", "acme")?;
/// assert_eq!(baggage.insert("tenant", "Amélie & co")?, Some("acme".to_owned()));
/// assert_eq!(baggage.get("tenant"), Some("Amélie & co"));
/// assert_eq!(
///     baggage.insert("a b", "c").unwrap_err().to_string(),
///     "baggage key `a b` has ` ` at position 1; \
///      expected letters, digits, and !#$%&'*+-.^_`|~"
/// );
/// # Ok::<(), trace_core::InvalidBaggage>(())
/// ```
// Invariants: empty baggage is `None`, not an empty list; each key occurs once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Baggage(Option<Arc<Entries>>);

/// The entries, and the length of their header. The length is kept because counting it for
/// each new entry would make reading a header quadratic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entries {
    list: Vec<BaggageEntry>,
    header_bytes: usize,
}

/// One entry of a [`Baggage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaggageEntry {
    pub(crate) key: Box<str>,
    pub(crate) value: Box<str>,
    /// The properties in their wire form, without the first `;`.
    pub(crate) metadata: Box<str>,
}

/// The error for an entry that cannot be part of a [`Baggage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBaggage(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    EmptyKey,
    Key(Box<str>, char, usize),
    Metadata(Box<str>),
    TooManyEntries,
    TooManyBytes(usize),
}

impl Baggage {
    /// Largest number of entries. Source: W3C Baggage, *Limits*.
    pub const MAX_ENTRIES: usize = 64;
    /// Largest size of the header in bytes. Source: W3C Baggage, *Limits*.
    pub const MAX_HEADER_BYTES: usize = 8192;

    /// Makes empty baggage. Does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| &*entry.value)
    }

    /// Returns the metadata of a key in its wire form, `property1;property2=value`. Returns
    /// `None` if the key has no metadata.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.entry(key)
            .map(|entry| &*entry.metadata)
            .filter(|metadata| !metadata.is_empty())
    }

    /// Sets the value of a key, removes its metadata, and returns the previous value.
    ///
    /// # Errors
    ///
    /// If the key is not a token, or a limit would be exceeded. Then the baggage does not
    /// change.
    pub fn insert(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Option<String>, InvalidBaggage> {
        self.insert_with_metadata(key, value, "")
    }

    /// Sets the value and the metadata of a key, and returns the previous value.
    ///
    /// The metadata is empty or a list of properties separated by `;`, such as
    /// `ttl=1;internal`. A property is `key` or `key=value`, with the value already
    /// percent-encoded. This crate does not interpret properties.
    ///
    /// # Errors
    ///
    /// If the key is not a token, the metadata is not a list of properties, or a limit would be
    /// exceeded. Then the baggage does not change.
    pub fn insert_with_metadata(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
        metadata: &str,
    ) -> Result<Option<String>, InvalidBaggage> {
        let key = key.into();
        check_key(&key)?;
        self.insert_entry(BaggageEntry {
            key: key.into(),
            value: value.into().into(),
            metadata: match metadata {
                "" => Box::default(),
                properties => check_metadata(properties)?,
            },
        })
    }

    /// Removes an entry and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let entries = self.0.as_mut()?;
        let position = entries.list.iter().position(|entry| &*entry.key == key)?;
        let changed = Arc::make_mut(entries);
        let removed = changed.list.remove(position);
        changed.header_bytes -= removed.header_bytes();
        if changed.list.is_empty() {
            self.0 = None;
        } else {
            changed.header_bytes -= COMMA;
        }
        Some(removed.value.into())
    }

    /// Returns the keys and values, in the order in which the keys were first inserted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries()
            .iter()
            .map(|entry| (&*entry.key, &*entry.value))
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn entries(&self) -> &[BaggageEntry] {
        self.0.as_deref().map_or(&[], |entries| &entries.list)
    }

    fn entry(&self, key: &str) -> Option<&BaggageEntry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }

    /// Checks the limits and inserts an entry. The caller has checked its key and metadata.
    pub(crate) fn insert_entry(
        &mut self,
        entry: BaggageEntry,
    ) -> Result<Option<String>, InvalidBaggage> {
        let mut entries = self.entries().iter().enumerate();
        let old = entries
            .find(|(_, old)| is_same_key(&old.key, &entry.key))
            .map(|(position, old)| (position, old.header_bytes()));
        let (count, bytes) = (self.len(), self.header_bytes());
        let bytes = entry.header_bytes()
            + match old {
                Some((_, replaced)) => bytes - replaced,
                None if count == Self::MAX_ENTRIES => {
                    return Err(InvalidBaggage(Reason::TooManyEntries));
                }
                None if count == 0 => 0,
                None => bytes + COMMA,
            };
        if bytes > Self::MAX_HEADER_BYTES {
            return Err(InvalidBaggage(Reason::TooManyBytes(bytes)));
        }
        let entries = Arc::make_mut(self.0.get_or_insert_default());
        entries.header_bytes = bytes;
        let place = old.and_then(|(position, _)| entries.list.get_mut(position));
        Ok(match place {
            Some(place) => Some(std::mem::replace(place, entry).value.into()),
            None => {
                entries.list.push(entry);
                None
            }
        })
    }

    /// Returns the length of [`to_header`](Self::to_header).
    pub(crate) fn header_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |entries| entries.header_bytes)
    }
}

/// Compares two keys. Keys often begin alike and end differently, so the last byte is
/// compared first.
fn is_same_key(one: &str, other: &str) -> bool {
    one.as_bytes().last() == other.as_bytes().last() && one == other
}

/// What stands between two entries.
const COMMA: usize = 1;

impl BaggageEntry {
    /// Returns the length of `key=value;metadata` with the value encoded.
    fn header_bytes(&self) -> usize {
        let encoded = |byte| if is_plain_in_value(byte) { 1 } else { 3 };
        let value: usize = self.value.bytes().map(encoded).sum();
        let metadata = match self.metadata.len() {
            0 => 0,
            length => length + 1,
        };
        self.key.len() + 1 + value + metadata
    }
}

/// Returns whether a byte of a value needs no encoding: any `baggage-octet` except `%`.
pub(crate) const fn is_plain_in_value(byte: u8) -> bool {
    is_baggage_octet(byte as char) && byte != b'%'
}

/// Source: W3C Baggage, *Definition*, `baggage-octet`.
pub(crate) const fn is_baggage_octet(character: char) -> bool {
    matches!(character, '!'..='~') && !matches!(character, '"' | ',' | ';' | '\\')
}

/// Source: HTTP Semantics (RFC 9110), *Tokens*, `tchar`.
pub(crate) const fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '.'
                | '^'
                | '_'
                | '`'
                | '|'
                | '~'
        )
}

pub(crate) fn check_key(key: &str) -> Result<(), InvalidBaggage> {
    if key.is_empty() {
        return Err(InvalidBaggage(Reason::EmptyKey));
    }
    match key.chars().enumerate().find(|(_, found)| !is_token(*found)) {
        Some((position, found)) => Err(InvalidBaggage(Reason::Key(quoted(key), found, position))),
        None => Ok(()),
    }
}

/// Checks a list of properties and returns it without white space around its parts.
///
/// Source: W3C Baggage, *Definition*, `property`.
pub(crate) fn check_metadata(metadata: &str) -> Result<Box<str>, InvalidBaggage> {
    let mut checked = String::new();
    for property in metadata.split(';').map(trim) {
        let (key, value) = match property.split_once('=') {
            Some((key, value)) => (trim(key), Some(trim(value))),
            None => (property, None),
        };
        let is_good = !key.is_empty()
            && key.chars().all(is_token)
            && value.is_none_or(|value| value.chars().all(is_baggage_octet));
        if !is_good {
            return Err(InvalidBaggage(Reason::Metadata(quoted(property))));
        }
        if !checked.is_empty() {
            checked.push(';');
        }
        checked.push_str(key);
        if let Some(value) = value {
            checked.push('=');
            checked.push_str(value);
        }
    }
    Ok(checked.into())
}

/// Removes spaces and tabs at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Inserts the pairs and skips those that [`Baggage::insert`] refuses.
impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Baggage {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut baggage = Self::new();
        for (key, value) in pairs {
            let _refused = baggage.insert(key, value);
        }
        baggage
    }
}

impl fmt::Debug for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for InvalidBaggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TOKEN: &str = "letters, digits, and !#$%&'*+-.^_`|~";
        match &self.0 {
            Reason::EmptyKey => write!(f, "baggage key is empty; expected {TOKEN}"),
            Reason::Key(key, found, position) => write!(
                f,
                "baggage key `{key}` has `{}` at position {position}; expected {TOKEN}",
                Visible(*found)
            ),
            Reason::Metadata(property) => write!(
                f,
                "baggage metadata has `{property}`; expected `key` or `key=value`"
            ),
            Reason::TooManyEntries => {
                let limit = Baggage::MAX_ENTRIES;
                write!(f, "baggage has {limit} entries; expected up to {limit}")
            }
            Reason::TooManyBytes(bytes) => write!(
                f,
                "baggage needs a header of {bytes} bytes; expected up to {}",
                Baggage::MAX_HEADER_BYTES
            ),
        }
    }
}

impl std::error::Error for InvalidBaggage {}

/// Reads and writes a list of entries: `[{"key": "tenant", "value": "acme"}]`.
#[cfg(feature = "serde")]
mod serde_list {
    use serde_core::de::{Deserialize, Deserializer, Error};
    use serde_core::ser::{Serialize, SerializeStruct, Serializer};

    use super::{Baggage, BaggageEntry};
    use crate::value::serialized::deserialize_fields;

    impl Serialize for Baggage {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.entries())
        }
    }

    impl Serialize for BaggageEntry {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let metadata = Some(&*self.metadata).filter(|metadata| !metadata.is_empty());
            let length = 2 + usize::from(metadata.is_some());
            let mut fields = serializer.serialize_struct("Entry", length)?;
            fields.serialize_field("key", &self.key)?;
            fields.serialize_field("value", &self.value)?;
            match metadata {
                Some(_) => fields.serialize_field("metadata", &metadata)?,
                None => fields.skip_field("metadata")?,
            }
            fields.end()
        }
    }

    impl<'de> Deserialize<'de> for Baggage {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let mut baggage = Self::new();
            for entry in Vec::<Entry>::deserialize(deserializer)? {
                let metadata = entry.metadata.unwrap_or_default();
                baggage
                    .insert_with_metadata(entry.key, entry.value, &metadata)
                    .map_err(D::Error::custom)?;
            }
            Ok(baggage)
        }
    }

    struct Entry {
        key: String,
        value: String,
        metadata: Option<String>,
    }

    deserialize_fields!(Entry {
        key,
        value,
        metadata = default,
    });
}
