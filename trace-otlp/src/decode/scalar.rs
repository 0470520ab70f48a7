//! Reads numbers, enums and ids, in every form that clients write.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Expected, Unexpected};
use serde_json::value::RawValue;
use trace_core::{SpanId, TraceId};

use super::{base64, number};

/// A value that a JSON text or number can represent.
pub(super) trait Scalar: Sized {
    /// The text after "expected" in an error.
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;

    /// Reads a number from its text, because a float would lose digits.
    fn from_number(number: &str) -> Option<Self> {
        let _ = number;
        None
    }
}

/// Reads a required value.
pub(super) fn required<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Scalar,
{
    let value = <&RawValue>::deserialize(deserializer)?.get();
    read(value)
}

/// Reads a value. `null` is its default.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Scalar + Default,
{
    Ok(Option::<Read<T>>::deserialize(deserializer)?.map_or_else(T::default, |Read(value)| value))
}

/// Reads a value that is not a scalar. `null` is its default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A scalar that implements `Deserialize`.
pub(super) struct Read<T>(pub(super) T);

impl<'de, T: Scalar> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        required(deserializer).map(Self)
    }
}

/// Reads a value from its text in the input.
fn read<T: Scalar, E: Error>(value: &str) -> Result<T, E> {
    let expected: &dyn Expected = &Expects::<T>(PhantomData);
    let of_type = |found| Err(E::invalid_type(found, expected));
    let (read, found) = match value.as_bytes() {
        [b'"', ..] => {
            let text = text(value).map_err(E::custom)?;
            (T::from_text(&text), text)
        }
        [b'{', ..] => return of_type(Unexpected::Map),
        [b'[', ..] => return of_type(Unexpected::Seq),
        [b'n', ..] => return of_type(Unexpected::Unit),
        [b't' | b'f', ..] => return of_type(Unexpected::Bool(value == "true")),
        _ => (T::from_number(value), Cow::Borrowed(value)),
    };
    read.ok_or_else(|| {
        let found = match &*found {
            "" => "an empty text".to_owned(),
            found => format!("`{found}`"),
        };
        E::invalid_value(Unexpected::Other(&found), expected)
    })
}

/// Returns the content of a text in quotes.
fn text(quoted: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inner.filter(|inner| !inner.contains('\\')) {
        Some(inner) => Ok(Cow::Borrowed(inner)),
        None => serde_json::from_str(quoted).map(Cow::Owned),
    }
}

struct Expects<T>(PhantomData<T>);

impl<T: Scalar> Expected for Expects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
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

/// The id of a link's trace: `None` if it is empty or all zero.
impl Scalar for Option<TraceId> {
    const EXPECTED: &'static str = "32 hex digits or an empty text";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(None),
            text => Some(TraceId::new(id(text, 16)?)),
        }
    }
}

/// The id of a parent, or of a link's span: `None` if it is empty or all zero.
impl Scalar for Option<SpanId> {
    const EXPECTED: &'static str = "16 hex digits or an empty text";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(None),
            text => Some(SpanId::new(id(text, 8)?.try_into().ok()?)),
        }
    }
}

/// Reads an id of `bytes` bytes.
///
/// Source: OTLP specification, *JSON Protobuf Encoding*: ids are "case-insensitive
/// hex-encoded strings"; other clients write base64.
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

            fn from_number(number: &str) -> Option<Self> {
                Self::from_text(number)
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

    fn from_number(number: &str) -> Option<Self> {
        number::float(number)
    }
}
