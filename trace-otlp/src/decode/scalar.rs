//! Numbers, enums and ids, each in all the forms that clients write.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use trace_core::{SpanId, TraceId};

use super::{base64, number};

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

/// Reads anything that says by being there what it is a part of.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    or_default(deserializer).map(Some)
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
        T::from_text(text)
            .ok_or_else(|| E::invalid_value(Unexpected::Other(&format!("`{text}`")), &self))
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

impl Scalar for TraceId {
    const EXPECTED: &'static str = "32 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(id(text, 16)?)
    }
}

impl Scalar for SpanId {
    const EXPECTED: &'static str = "16 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        Self::new(id(text, 8)?.try_into().ok()?)
    }
}

/// The id of a parent: empty or all zero for none.
impl Scalar for Option<SpanId> {
    const EXPECTED: &'static str = "16 hex digits or an empty text";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(None),
            text => Some(SpanId::new(id(text, 8)?.try_into().ok()?)),
        }
    }
}

/// Reads an id of so many bytes.
///
/// Source: OTLP specification, *JSON Protobuf Encoding*: ids are "case-insensitive
/// hex-encoded strings"; base64 is what others write.
fn id(text: &str, bytes: usize) -> Option<u128> {
    let is_hex = text.len() == 2 * bytes && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match is_hex {
        true => u128::from_str_radix(text, 16).ok(),
        false => base64::number(text, bytes),
    }
}

macro_rules! integer {
    ($($integer:ty: $expected:literal;)*) => {$(
        impl Scalar for $integer {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Self> {
                number::integer(text)?.try_into().ok()
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
    i32: "an integer from -2^31 to 2^31 - 1";
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
            text => number::float(text),
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
