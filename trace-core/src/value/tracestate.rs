//! What other tracing systems along the way want to remember.
//!
//! Owns the list and its grammar. Which header it travels in, and what becomes
//! of a bad one, is decided in [`propagation`](crate::propagation).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::visible::{Visible, quoted};

/// Most members of a list; one more pushes the last one out.
const MAX_MEMBERS: usize = 32;
/// Most characters of a key and of a value.
const MAX_CHARACTERS: usize = 256;

/// The `tracestate` of a trace, in OpenTelemetry its *TraceState*: the entries of
/// the tracing systems it came through, the latest first.
///
/// Up to 32 entries. A key has 1 to 256 characters, `a-z 0-9 _ - * / @`, and
/// starts with a letter or a digit; `tenant@system` is the usual form where a
/// system has several tenants. A value has 1 to 256 printable ASCII characters
/// without `,` and `=`, and does not end with a space.
/// Nothing is cut off: a list of this size, at most 16,447 bytes, is passed on
/// whole. A clone is a pointer, an empty list is nothing at all.
///
/// The text is the header's, without optional white space and empty members.
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
// The text of the list without white space and empty members, each key once;
// `None` and not an empty text where there is no member.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TraceState(Option<Arc<str>>);

/// A text that is no `tracestate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTraceStateError(ParseReason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum ParseReason {
    /// `number` counts from 1, empty members left out.
    Member {
        number: usize,
        text: Box<str>,
        finding: Finding,
    },
    TooMany,
}

/// A key or a value that cannot be part of a [`TraceState`].
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
    /// Makes an empty list; does not allocate.
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

    /// Puts an entry at the front, and takes away the one that had its key.
    ///
    /// With 32 entries of other keys, the last one is pushed out.
    /// Source: W3C Trace Context Level 2, *Mutating the tracestate Field*.
    ///
    /// # Errors
    ///
    /// When the key or the value is not of the form described at the type; the
    /// list stays as it was.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), InvalidTraceStateEntry> {
        check_key(key).map_err(InvalidTraceStateEntry)?;
        check_value(value).map_err(InvalidTraceStateEntry)?;
        let others = self.iter().filter(|(other, _)| *other != key);
        let entries = std::iter::once((key, value)).chain(others);
        *self = Self::from_valid(entries.take(MAX_MEMBERS));
        Ok(())
    }

    /// Takes an entry away and returns its value.
    ///
    /// Systems should not remove what others put there.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let value = self.get(key)?.to_owned();
        *self = Self::from_valid(self.iter().filter(|(other, _)| *other != key));
        Some(value)
    }

    /// Returns keys and values, the latest first.
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

    /// Returns whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the text of the header; empty where there is no entry.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether both are one text in memory, or empty.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(text), Some(other)) => Arc::ptr_eq(text, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// Takes the other's text if it is the same one, so that it is in memory once.
    pub(crate) fn share_with(&mut self, other: &Self) {
        if self == other {
            self.0.clone_from(&other.0);
        }
    }

    /// Joins entries known to be valid and distinct.
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

    /// Reads the text of the header; several header lines are joined with commas
    /// first.
    ///
    /// Spaces and tabs around members, and empty members, are no errors. Of
    /// members with one key the first is kept, which is the latest.
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
    // Spaces before the value belong to it: "All leading spaces MUST be
    // preserved as part of the value."
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
    /// Returns what of the member the finding is about.
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
