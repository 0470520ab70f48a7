//! Trace and span ids.
//!
//! Owns the two id types and their text forms. Does not generate ids (see
//! [`IdGenerator`](crate::IdGenerator)) and does not read headers.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use super::hex::{HexFinding, parse_hex};

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

/// The error for a text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    what: &'static str,
    digits: usize,
    finding: HexFinding,
}

impl TraceId {
    /// Makes an id from a number; `None` for zero.
    #[must_use]
    pub const fn new(value: u128) -> Option<Self> {
        match NonZeroU128::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Placeholder for an id that is not known yet. It is never delivered.
    pub(crate) const PLACEHOLDER: Self = Self(NonZeroU128::MAX);

    pub(crate) const fn from_nonzero(value: NonZeroU128) -> Self {
        Self(value)
    }

    /// Returns the id as a number. Wire formats write it big-endian.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// Returns the high and the low half.
    pub(crate) fn to_words(self) -> [u64; 2] {
        let [high, low] = [self.get() >> 64, self.get() & u128::from(u64::MAX)];
        [high, low].map(|half| u64::try_from(half).unwrap_or(0))
    }

    /// Makes an id from the words of [`to_words`](Self::to_words), read from a stream.
    pub(crate) fn from_stream([high, low]: [u64; 2]) -> Self {
        let value = u128::from(high) << 64 | u128::from(low);
        Self(NonZeroU128::new(value).unwrap_or(NonZeroU128::MAX))
    }

    /// Reads 16 big-endian bytes; `None` if all are zero.
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
    /// Makes an id from a number; `None` for zero.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        match NonZeroU64::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// Placeholder for an id that is not known. It is never delivered.
    pub(crate) const PLACEHOLDER: Self = Self(NonZeroU64::MAX);

    pub(crate) const fn from_nonzero(value: NonZeroU64) -> Self {
        Self(value)
    }

    /// Makes an id from a number read from a stream. It was written as an id, so it is not
    /// zero.
    pub(crate) fn from_stream(value: u64) -> Self {
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MAX))
    }

    /// Returns the id as a number. Wire formats write it big-endian.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Reads 8 big-endian bytes; `None` if all are zero.
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
        parse_hex(text, 32)
            .and_then(|value| Self::new(value).ok_or(HexFinding::AllZero))
            .map_err(|finding| ParseIdError {
                what: "trace id",
                digits: 32,
                finding,
            })
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex(text, 16)
            .and_then(|value| Self::new(value as u64).ok_or(HexFinding::AllZero))
            .map_err(|finding| ParseIdError {
                what: "span id",
                digits: 16,
                finding,
            })
    }
}

impl ParseIdError {
    /// Returns the reason, for an error message that names the field itself.
    pub(crate) const fn finding(&self) -> HexFinding {
        self.finding
    }
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
            finding,
        } = self;
        write!(
            f,
            "{what} {finding}; expected {digits} lower-case hex digits"
        )
    }
}

impl std::error::Error for ParseIdError {}

#[cfg(feature = "serde")]
mod serde_text {
    use super::{SpanId, TraceId};
    use serde_core::de::Error;
    use serde_core::{Deserialize, Deserializer, Serialize, Serializer};
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
