//! Tags: typed key-value pairs on spans, logs, links and resources.
//!
//! Owns the stored values. The types that a caller can pass as a value are in `tag_source.rs`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "serde")]
use super::serialized::fields;

/// A key with a typed value.
///
/// Keys follow the OpenTelemetry semantic conventions, for example
/// `http.response.status_code`. OpenTelemetry calls a tag an *attribute*.
#[doc(alias = "attribute")]
#[doc(alias = "KeyValue")]
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// What the value describes.
    pub key: Cow<'static, str>,
    /// The value.
    pub value: TagValue,
}

#[cfg(feature = "serde")]
fields!(Tag { key, value });

impl Tag {
    /// Makes a tag.
    pub fn new(key: impl Into<Cow<'static, str>>, value: impl Into<TagValue>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

/// The value of a tag: bool, integer, float, text, or an array of one of them.
///
/// A `Duration` becomes a float, in seconds. An integer outside the range of `i64` becomes a
/// text.
///
/// ```
/// use std::time::Duration;
/// use trace_core::TagValue;
///
/// assert_eq!(TagValue::from(200).to_string(), "200");
/// assert_eq!(TagValue::from("a b").to_string(), "a b");
/// assert_eq!(TagValue::from(vec![1, 2]).to_string(), "[1, 2]");
/// assert_eq!(TagValue::from(Duration::from_millis(250)), TagValue::F64(0.25));
/// ```
///
/// A builder such as [`root`](crate::root) stores the value until its span begins. To pass a
/// borrowed text, write `text.to_owned()`.
#[doc(alias = "AnyValue")]
#[derive(Clone, Debug, PartialEq)]
pub enum TagValue {
    /// True or false.
    Bool(bool),
    /// A signed 64-bit integer.
    I64(i64),
    /// A 64-bit float.
    F64(f64),
    /// A text.
    String(Cow<'static, str>),
    /// Several values of one type.
    Array(TagArray),
}

/// Several tag values of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum TagArray {
    /// Bools.
    Bool(Vec<bool>),
    /// Signed 64-bit integers.
    I64(Vec<i64>),
    /// 64-bit floats.
    F64(Vec<f64>),
    /// Texts.
    String(Vec<Cow<'static, str>>),
}

/// A borrowed tag value. Collectors receive tags in this form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TagRef<'a> {
    /// True or false.
    Bool(bool),
    /// A signed 64-bit integer.
    I64(i64),
    /// A 64-bit float.
    F64(f64),
    /// A text.
    Str(&'a str),
    /// Several values of one type.
    Array(&'a TagArray),
}

impl TagArray {
    /// Returns an array of texts in place of one of numbers or booleans. `None` if the array
    /// has texts, or if `to_text` returns it for one of them.
    pub(crate) fn numbers_as_texts(
        &self,
        to_text: impl FnMut(TagRef<'_>) -> Option<Cow<'static, str>>,
    ) -> Option<Self> {
        let texts: Option<_> = match self {
            Self::Bool(values) => values
                .iter()
                .map(|one| TagRef::Bool(*one))
                .map(to_text)
                .collect(),
            Self::I64(values) => values
                .iter()
                .map(|one| TagRef::I64(*one))
                .map(to_text)
                .collect(),
            Self::F64(values) => values
                .iter()
                .map(|one| TagRef::F64(*one))
                .map(to_text)
                .collect(),
            Self::String(_) => None,
        };
        texts.map(Self::String)
    }
}

impl TagValue {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> TagRef<'_> {
        match self {
            Self::Bool(value) => TagRef::Bool(*value),
            Self::I64(value) => TagRef::I64(*value),
            Self::F64(value) => TagRef::F64(*value),
            Self::String(value) => TagRef::Str(value),
            Self::Array(values) => TagRef::Array(values),
        }
    }

    /// Returns the text if the value is a text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the integer if the value is an integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I64(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the bool if the value is a bool.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl TagRef<'_> {
    /// Copies the value.
    #[must_use]
    pub fn to_value(self) -> TagValue {
        match self {
            Self::Bool(value) => TagValue::Bool(value),
            Self::I64(value) => TagValue::I64(value),
            Self::F64(value) => TagValue::F64(value),
            Self::Str(value) => TagValue::String(Cow::Owned(value.to_owned())),
            Self::Array(values) => TagValue::Array(values.clone()),
        }
    }
}

impl fmt::Display for TagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl fmt::Display for TagRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Str(value) => f.write_str(value),
            Self::Array(TagArray::Bool(values)) => write!(f, "{values:?}"),
            Self::Array(TagArray::I64(values)) => write!(f, "{values:?}"),
            Self::Array(TagArray::F64(values)) => write!(f, "{values:?}"),
            Self::Array(TagArray::String(values)) => write!(f, "{values:?}"),
        }
    }
}

macro_rules! tag_value_from {
    ($($source:ty => |$value:ident| $make:expr;)*) => {$(
        impl From<$source> for TagValue {
            fn from($value: $source) -> Self {
                $make
            }
        }
    )*};
}

tag_value_from! {
    bool => |value| Self::Bool(value);
    i8 => |value| Self::I64(value.into());
    i16 => |value| Self::I64(value.into());
    i32 => |value| Self::I64(value.into());
    i64 => |value| Self::I64(value);
    u8 => |value| Self::I64(value.into());
    u16 => |value| Self::I64(value.into());
    u32 => |value| Self::I64(value.into());
    u64 => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    isize => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    usize => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    i128 => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    u128 => |value| i64::try_from(value).map_or_else(|_| value.to_string().into(), Self::I64);
    f32 => |value| Self::F64(value.into());
    f64 => |value| Self::F64(value);
    char => |value| Self::String(value.to_string().into());
    Duration => |value| Self::F64(value.as_secs_f64());
    &'static str => |value| Self::String(Cow::Borrowed(value));
    String => |value| Self::String(Cow::Owned(value));
    &String => |value| Self::String(Cow::Owned(value.clone()));
    Box<str> => |value| Self::String(Cow::Owned(value.into()));
    Arc<str> => |value| Self::String(Cow::Owned(value.as_ref().to_owned()));
    Cow<'static, str> => |value| Self::String(value);
    Vec<bool> => |values| Self::Array(TagArray::Bool(values));
    Vec<i64> => |values| Self::Array(TagArray::I64(values));
    Vec<i32> => |values| Self::Array(TagArray::I64(values.into_iter().map(Into::into).collect()));
    Vec<u32> => |values| Self::Array(TagArray::I64(values.into_iter().map(Into::into).collect()));
    Vec<f64> => |values| Self::Array(TagArray::F64(values));
    Vec<String> => |values| Self::Array(TagArray::String(values.into_iter().map(Cow::Owned).collect()));
    Vec<&'static str> => |values| Self::Array(TagArray::String(values.into_iter().map(Cow::Borrowed).collect()));
}

/// Reads and writes a value without naming its type: `true`, `1`, `1.5`, `"text"`, `[1, 2]`.
#[cfg(feature = "serde")]
mod serde_untagged {
    use std::borrow::Cow;
    use std::fmt;

    use serde_core::de::value::SeqAccessDeserializer;
    use serde_core::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
    use serde_core::ser::{Serialize, Serializer};

    use super::{TagArray, TagValue};

    impl Serialize for TagValue {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Bool(value) => value.serialize(serializer),
                Self::I64(value) => value.serialize(serializer),
                Self::F64(value) => value.serialize(serializer),
                Self::String(value) => value.serialize(serializer),
                Self::Array(values) => values.serialize(serializer),
            }
        }
    }

    impl Serialize for TagArray {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Bool(values) => values.serialize(serializer),
                Self::I64(values) => values.serialize(serializer),
                Self::F64(values) => values.serialize(serializer),
                Self::String(values) => values.serialize(serializer),
            }
        }
    }

    impl<'de> Deserialize<'de> for TagValue {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ValueVisitor)
        }
    }

    impl<'de> Deserialize<'de> for TagArray {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let values = Vec::deserialize(deserializer)?;
            array_of_one_type(&values)
                .ok_or_else(|| D::Error::custom("the values of an array are of several types"))
        }
    }

    struct ValueVisitor;

    impl<'de> Visitor<'de> for ValueVisitor {
        type Value = TagValue;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a bool, a number, a text or an array of one of them")
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<TagValue, E> {
            Ok(TagValue::Bool(value))
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<TagValue, E> {
            Ok(TagValue::I64(value))
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<TagValue, E> {
            Ok(i64::try_from(value).map_or(TagValue::F64(value as f64), TagValue::I64))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<TagValue, E> {
            Ok(TagValue::F64(value))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<TagValue, E> {
            self.visit_string(value.to_owned())
        }

        fn visit_string<E: Error>(self, value: String) -> Result<TagValue, E> {
            Ok(TagValue::String(value.into()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<TagValue, A::Error> {
            TagArray::deserialize(SeqAccessDeserializer::new(values)).map(TagValue::Array)
        }
    }

    /// Makes an array of the first type that fits all values: bool, integer, float, text. An
    /// empty array becomes an array of bools. Integers and floats together become floats.
    fn array_of_one_type(values: &[TagValue]) -> Option<TagArray> {
        fn all<T>(values: &[TagValue], read: fn(&TagValue) -> Option<T>) -> Option<Vec<T>> {
            values.iter().map(read).collect()
        }
        let text = |value: &TagValue| Some(Cow::Owned(value.as_str()?.to_owned()));
        all(values, TagValue::as_bool)
            .map(TagArray::Bool)
            .or_else(|| all(values, TagValue::as_i64).map(TagArray::I64))
            .or_else(|| all(values, as_f64).map(TagArray::F64))
            .or_else(|| all(values, text).map(TagArray::String))
    }

    fn as_f64(value: &TagValue) -> Option<f64> {
        match *value {
            TagValue::F64(value) => Some(value),
            TagValue::I64(value) => Some(value as f64),
            _ => None,
        }
    }
}
