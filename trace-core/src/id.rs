//! Trace and span ids.
//!
//! Owns the two id types and the only place of the crate that draws random
//! numbers. Does not know about headers; see [`propagation`](crate::propagation).

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// Identifies a trace: 16 bytes, never all zero.
///
/// Text form: 32 lower-case hex digits.
/// Source: W3C Trace Context, *trace-id*.
///
/// ```
/// use trace_core::TraceId;
///
/// let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
/// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(
///     "4bf9".parse::<TraceId>().unwrap_err().to_string(),
///     "trace id has 4 characters; expected 32 lower-case hex digits"
/// );
/// # Ok::<(), trace_core::ParseIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// Identifies a span within its trace: 8 bytes, never all zero.
///
/// Text form: 16 lower-case hex digits.
/// Source: W3C Trace Context, *parent-id*.
///
/// ```
/// use trace_core::SpanId;
///
/// let id: SpanId = "00f067aa0ba902b7".parse()?;
/// assert_eq!(id.to_string(), "00f067aa0ba902b7");
/// assert_eq!(
///     "0000000000000000".parse::<SpanId>().unwrap_err().to_string(),
///     "span id is all zeros; expected 16 lower-case hex digits"
/// );
/// # Ok::<(), trace_core::ParseIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    what: &'static str,
    digits: usize,
    reason: ParseIdReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ParseIdReason {
    Length(usize),
    Character(char, usize),
    AllZero,
}

impl TraceId {
    /// Makes an id of a number; `None` for zero.
    #[must_use]
    pub const fn new(value: u128) -> Option<Self> {
        match NonZeroU128::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Returns the id as a number, big-endian in every wire format.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// Reads 16 big-endian bytes; `None` when all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::new(u128::from_be_bytes(bytes))
    }

    /// Returns the id as 16 big-endian bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.get().to_be_bytes()
    }
}

impl SpanId {
    /// Makes an id of a number; `None` for zero.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        match NonZeroU64::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Returns the id as a number, big-endian in every wire format.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Reads 8 big-endian bytes; `None` when all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        Self::new(u64::from_be_bytes(bytes))
    }

    /// Returns the id as 8 big-endian bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.get().to_be_bytes()
    }
}

impl FromStr for TraceId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let value = parse_hex(text, "trace id", 32)?;
        Self::new(value).ok_or(ParseIdError {
            what: "trace id",
            digits: 32,
            reason: ParseIdReason::AllZero,
        })
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let value = parse_hex(text, "span id", 16)?;
        u64::try_from(value)
            .ok()
            .and_then(Self::new)
            .ok_or(ParseIdError {
                what: "span id",
                digits: 16,
                reason: ParseIdReason::AllZero,
            })
    }
}

/// Reads exactly `digits` lower-case hex digits.
fn parse_hex(text: &str, what: &'static str, digits: usize) -> Result<u128, ParseIdError> {
    let fail = |reason| ParseIdError {
        what,
        digits,
        reason,
    };
    if text.len() != digits {
        return Err(fail(ParseIdReason::Length(text.chars().count())));
    }
    let mut value = 0_u128;
    for (position, character) in text.chars().enumerate() {
        let digit = match character {
            '0'..='9' | 'a'..='f' => character.to_digit(16).map(u128::from),
            _ => None,
        };
        let digit = digit.ok_or_else(|| fail(ParseIdReason::Character(character, position)))?;
        value = value << 4 | digit;
    }
    Ok(value)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.get())
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.get())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            digits,
            reason,
        } = self;
        match reason {
            ParseIdReason::Length(found) => write!(f, "{what} has {found} characters")?,
            ParseIdReason::Character(found, position) => {
                write!(f, "{what} has `{found}` at position {position}")?;
            }
            ParseIdReason::AllZero => write!(f, "{what} is all zeros")?,
        }
        write!(f, "; expected {digits} lower-case hex digits")
    }
}

impl std::error::Error for ParseIdError {}

#[cfg(feature = "serde")]
mod serde_text {
    use super::{SpanId, TraceId};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;

    macro_rules! as_hex_text {
        ($id:ty) => {
            impl Serialize for $id {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $id {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = Cow::<'de, str>::deserialize(deserializer)?;
                    text.parse().map_err(D::Error::custom)
                }
            }
        };
    }

    as_hex_text!(TraceId);
    as_hex_text!(SpanId);
}
