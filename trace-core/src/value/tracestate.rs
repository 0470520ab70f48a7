//! The `tracestate` list: entries of other tracing systems, which this crate passes on.
//!
//! Owns the list and its grammar. [`propagation`](crate::propagation) decides which header
//! carries the list and how to handle an invalid one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::visible::{Visible, quoted};

/// Largest number of members of a list. Inserting another member removes the last one.
const MAX_MEMBERS: usize = 32;
/// Largest number of characters of a key and of a value.
const MAX_CHARACTERS: usize = 256;

/// The `tracestate` of a trace: the entries of the tracing systems that the trace passed
/// through, latest first. OpenTelemetry calls it *TraceState*.
///
/// The list has up to 32 entries. A key has 1 to 256 characters of `a-z 0-9 _ - * / @` and
/// starts with a letter or a digit. If a system has several tenants, its keys usually have the
/// form `tenant@system`. A value has 1 to 256 printable ASCII characters without `,` and `=`,
/// and does not end with a space. A list within these limits has at most 16,447 bytes and is
/// never cut. Cloning copies a pointer, and an empty list allocates nothing.
///
/// The text form is the text of the header, without optional white space and empty members.
/// Source: W3C Trace Context Level 2, *Tracestate Header*.
///
/// ```
/// use trace_core::TraceState;
///
/// let mut state: TraceState = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE".parse()?;
/// assert_eq!(state.get("congo"), Some("t61rcWkgMzE"));
///
/// state.insert("congo", "ucfJifl5GOE")?;
/// assert_eq!(state.to_string(), "congo=ucfJifl5GOE,rojo=00f067aa0ba902b7");
///
/// assert_eq!(
///     "rojo=1,Congo=2".parse::<TraceState>().unwrap_err().to_string(),
///     "key of `Congo=2`, member 2 of `tracestate`, has `C` at position 0; \
///      expected 1 to 256 of `a-z 0-9 _ - * / @`, the first a letter or a digit"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// Invariants: the text has no optional white space and no empty members; each key occurs once;
// an empty list is `None`, not an empty text.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TraceState(Option<Arc<str>>);

/// The error for a text that is not a `tracestate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTraceStateError(ParseReason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum ParseReason {
    /// `number` counts from 1 and skips empty members.
    Member {
        number: usize,
        text: Box<str>,
        finding: Finding,
    },
    TooMany,
}

/// The error for a key or a value that cannot be part of a [`TraceState`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTraceStateEntry(Finding);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    NoEqualsSign,
    KeyLength(usize),
    KeyCharacter(char, usize),
    ValueLength(usize),
    ValueCharacter(char, usize),
    ValueEndsWithSpace,
}

impl TraceState {
    /// Makes an empty list. Does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find_map(|(found, value)| (found == key).then_some(value))
    }

    /// Puts an entry at the front, and removes an older entry with the same key.
    ///
    /// If there are 32 entries with other keys, the last one is removed.
    /// Source: W3C Trace Context Level 2, *Mutating the tracestate Field*.
    ///
    /// # Errors
    ///
    /// If the key or the value breaks the rules of [`TraceState`]. Then the list does not
    /// change.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), InvalidTraceStateEntry> {
        check_key(key).map_err(InvalidTraceStateEntry)?;
        check_value(value).map_err(InvalidTraceStateEntry)?;
        let others = self.iter().filter(|(other, _)| *other != key);
        let entries = std::iter::once((key, value)).chain(others);
        *self = Self::from_valid(entries.take(MAX_MEMBERS));
        Ok(())
    }

    /// Removes an entry and returns its value.
    ///
    /// A system should not remove the entries of other systems.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let value = self.get(key)?.to_owned();
        *self = Self::from_valid(self.iter().filter(|(other, _)| *other != key));
        Some(value)
    }

    /// Returns the keys and values, latest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.as_str()
            .split(',')
            .filter_map(|member| member.split_once('='))
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the text of the header; empty if there are no entries.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns whether both share one text in memory, or both are empty.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(text), Some(other)) => Arc::ptr_eq(text, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// If both texts are equal, shares the text of `other`, so that it is in memory only once.
    pub(crate) fn share_with(&mut self, other: &Self) {
        if self == other {
            self.0.clone_from(&other.0);
        }
    }

    /// Joins entries that are valid and have different keys.
    fn from_valid<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut text = String::new();
        for (key, value) in entries {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        Self((!text.is_empty()).then(|| text.into()))
    }
}

impl FromStr for TraceState {
    type Err = ParseTraceStateError;

    /// Reads the text of the header. Join several header lines with commas first.
    ///
    /// Spaces and tabs around members are allowed, and so are empty members. If several
    /// members have the same key, the first one is kept, because it is the latest.
    fn from_str(text: &str) -> Result<Self, ParseTraceStateError> {
        let mut entries: Vec<(&str, &str)> = Vec::new();
        let members = text
            .split(',')
            .map(|member| member.trim_matches([' ', '\t']))
            .filter(|member| !member.is_empty());
        for (index, member) in members.enumerate() {
            if index == MAX_MEMBERS {
                return Err(ParseTraceStateError(ParseReason::TooMany));
            }
            let entry = parse_member(member).map_err(|finding| {
                ParseTraceStateError(ParseReason::Member {
                    number: index + 1,
                    text: quoted(member),
                    finding,
                })
            })?;
            if entries.iter().all(|(key, _)| *key != entry.0) {
                entries.push(entry);
            }
        }
        Ok(Self::from_valid(entries.into_iter()))
    }
}

fn parse_member(member: &str) -> Result<(&str, &str), Finding> {
    // Spaces before the value belong to the value. Source: W3C Trace Context, *value*: "All
    // leading spaces MUST be preserved as part of the value."
    let (key, value) = member.split_once('=').ok_or(Finding::NoEqualsSign)?;
    check_key(key)?;
    check_value(value)?;
    Ok((key, value))
}

fn check_key(key: &str) -> Result<(), Finding> {
    for (position, character) in key.chars().enumerate() {
        match character {
            'a'..='z' | '0'..='9' => {}
            '_' | '-' | '*' | '/' | '@' if position > 0 => {}
            _ => return Err(Finding::KeyCharacter(character, position)),
        }
    }
    match key.len() {
        1..=MAX_CHARACTERS => Ok(()),
        length => Err(Finding::KeyLength(length)),
    }
}

fn check_value(value: &str) -> Result<(), Finding> {
    for (position, character) in value.chars().enumerate() {
        if !matches!(character, ' '..='~') || matches!(character, ',' | '=') {
            return Err(Finding::ValueCharacter(character, position));
        }
    }
    match value.len() {
        1..=MAX_CHARACTERS if value.ends_with(' ') => Err(Finding::ValueEndsWithSpace),
        1..=MAX_CHARACTERS => Ok(()),
        length => Err(Finding::ValueLength(length)),
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for ParseTraceStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ParseReason::Member {
                number,
                text,
                finding,
            } => {
                let part = finding.part();
                write!(
                    f,
                    "{part}`{text}`, member {number} of `tracestate`, {finding}"
                )
            }
            ParseReason::TooMany => write!(
                f,
                "`tracestate` has more than {MAX_MEMBERS} members; expected up to {MAX_MEMBERS}"
            ),
        }
    }
}

impl fmt::Display for InvalidTraceStateEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.0.part();
        write!(f, "{part}a `tracestate` entry {}", self.0)
    }
}

impl Finding {
    /// Returns which part of the member is wrong, as the beginning of a message.
    const fn part(&self) -> &'static str {
        match self {
            Self::NoEqualsSign => "",
            Self::KeyLength(_) | Self::KeyCharacter(..) => "key of ",
            Self::ValueLength(_) | Self::ValueCharacter(..) | Self::ValueEndsWithSpace => {
                "value of "
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEqualsSign => return f.write_str("has no `=`; expected `key=value`"),
            Self::KeyLength(length) | Self::ValueLength(length) => {
                write!(f, "has {length} characters")?;
            }
            Self::KeyCharacter(found, position) | Self::ValueCharacter(found, position) => {
                write!(f, "has `{}` at position {position}", Visible(*found))?;
            }
            Self::ValueEndsWithSpace => f.write_str("ends with a space")?,
        }
        f.write_str(match self {
            Self::KeyLength(_) | Self::KeyCharacter(..) => {
                "; expected 1 to 256 of `a-z 0-9 _ - * / @`, the first a letter or a digit"
            }
            _ => {
                "; expected 1 to 256 printable ASCII characters but `,` and `=`, the last no space"
            }
        })
    }
}

impl std::error::Error for ParseTraceStateError {}

impl std::error::Error for InvalidTraceStateEntry {}

#[cfg(feature = "serde")]
mod serde_text {
    use std::borrow::Cow;

    use serde_core::de::Error;
    use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TraceState;

    impl Serialize for TraceState {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de> Deserialize<'de> for TraceState {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(D::Error::custom)
        }
    }
}
