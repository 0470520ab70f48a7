//! Numbers, enums and ids, each in all the forms that clients write.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use trace_core::{SpanId, SpanKind, TraceId};

/// What a JSON text or number can mean.
pub(super) trait Scalar: Sized {
    /// What an error says was expected.
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;

    fn from_number(number: Number) -> Option<Self> {
        let _ = number;
        None
    }
}

/// A JSON number, as exact as it was written.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Reads a value that must be there.
pub(super) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Scalar,
{
    deserializer.deserialize_any(ScalarVisitor(PhantomData))
}

/// Reads a value; `null` is its default.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Scalar + Default,
{
    Ok(Option::<Read<T>>::deserialize(deserializer)?.map_or_else(T::default, |Read(value)| value))
}

/// Reads anything else; `null` is its default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A scalar as a value of its own.
pub(super) struct Read<T>(pub(super) T);

impl<'de, T: Scalar> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        required(deserializer).map(Self)
    }
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<T: Scalar> Visitor<'_> for ScalarVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).ok_or_else(|| {
            let base64 = if looks_like_base64(text) {
                ", which looks like base64"
            } else {
                ""
            };
            E::invalid_value(Unexpected::Other(&format!("`{text}`{base64}")), &self)
        })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::from_number(Number::Unsigned(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Other(&format!("`{number}`")), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::from_number(Number::Signed(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Other(&format!("`{number}`")), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        T::from_number(Number::Float(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Other(&format!("`{number}`")), &self))
    }
}

/// Returns whether a text may be 16 or 8 bytes in base64: clients that follow the
/// protobuf rules and not OTLP's write ids like that.
fn looks_like_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    matches!((digits.len(), text.len()), (22, 22 | 24) | (11, 11 | 12))
        && digits.bytes().all(is_digit)
}

impl Scalar for TraceId {
    const EXPECTED: &'static str = "32 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(hex(text, 32)?)
    }
}

impl Scalar for SpanId {
    const EXPECTED: &'static str = "16 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(u64::try_from(hex(text, 16)?).ok()?)
    }
}

/// The id of a parent: empty or all zero for none.
impl Scalar for Option<SpanId> {
    const EXPECTED: &'static str = "16 hex digits or an empty text";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(None),
            text => Some(SpanId::new(u64::try_from(hex(text, 16)?).ok()?)),
        }
    }
}

/// Source: OTLP specification, *JSON Protobuf Encoding*: ids are
/// "case-insensitive hex-encoded strings".
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

macro_rules! integer {
    ($($integer:ty: $expected:literal;)*) => {$(
        impl Scalar for $integer {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn from_number(number: Number) -> Option<Self> {
                match number {
                    Number::Unsigned(number) => number.try_into().ok(),
                    Number::Signed(number) => number.try_into().ok(),
                    Number::Float(number) => whole(number)?.try_into().ok(),
                }
            }
        }
    )*};
}

integer! {
    u64: "an integer from 0 to 2^64 - 1, or a text of one";
    i64: "an integer from -2^63 to 2^63 - 1, or a text of one";
    u32: "an integer from 0 to 2^32 - 1";
}

/// Returns a float that has no fraction, such as `1e3`.
fn whole(number: f64) -> Option<i128> {
    let is_whole = number.fract() == 0.0 && number.abs() < 2_f64.powi(65);
    is_whole.then_some(number as i128)
}

impl Scalar for f64 {
    const EXPECTED: &'static str = "a number, `NaN`, `Infinity` or `-Infinity`";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "NaN" => Some(Self::NAN),
            "Infinity" => Some(Self::INFINITY),
            "-Infinity" => Some(Self::NEG_INFINITY),
            // Rust also reads `nan`, `inf` and `infinity`.
            text if text.bytes().any(|byte| b"nN".contains(&byte)) => None,
            text => text.parse().ok(),
        }
    }

    fn from_number(number: Number) -> Option<Self> {
        // A large integer where a float is meant had no more digits.
        Some(match number {
            Number::Unsigned(number) => number as Self,
            Number::Signed(number) => number as Self,
            Number::Float(number) => number,
        })
    }
}

impl Scalar for SpanKind {
    const EXPECTED: &'static str = "0 to 5 or a name such as `SPAN_KIND_SERVER`";

    fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "SPAN_KIND_UNSPECIFIED" | "SPAN_KIND_INTERNAL" => Self::Internal,
            "SPAN_KIND_SERVER" => Self::Server,
            "SPAN_KIND_CLIENT" => Self::Client,
            "SPAN_KIND_PRODUCER" => Self::Producer,
            "SPAN_KIND_CONSUMER" => Self::Consumer,
            _ => return None,
        })
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(match u32::from_number(number)? {
            0 | 1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => return None,
        })
    }
}

/// The code of a status.
#[derive(Clone, Copy, Default)]
pub(super) enum StatusCode {
    #[default]
    Unset,
    Ok,
    Error,
}

impl Scalar for StatusCode {
    const EXPECTED: &'static str = "0 to 2 or a name such as `STATUS_CODE_ERROR`";

    fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "STATUS_CODE_UNSET" => Self::Unset,
            "STATUS_CODE_OK" => Self::Ok,
            "STATUS_CODE_ERROR" => Self::Error,
            _ => return None,
        })
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(match u32::from_number(number)? {
            0 => Self::Unset,
            1 => Self::Ok,
            2 => Self::Error,
            _ => return None,
        })
    }
}
