//! Tags: typed key-value pairs on spans, logs, links and resources.

use std::borrow::Cow;
use std::fmt;

/// A key with a typed value.
///
/// Keys follow the OpenTelemetry semantic conventions, for example
/// `http.response.status_code`. OpenTelemetry calls a tag an *attribute*.
#[doc(alias = "attribute")]
#[doc(alias = "KeyValue")]
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tag {
    /// What the value says something about.
    pub key: Cow<'static, str>,
    /// The value.
    pub value: TagValue,
}

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
/// ```
/// use trace_core::TagValue;
///
/// assert_eq!(TagValue::from(200).to_string(), "200");
/// assert_eq!(TagValue::from("a b").to_string(), "a b");
/// assert_eq!(TagValue::from(vec![1, 2]).to_string(), "[1, 2]");
/// ```
#[doc(alias = "AnyValue")]
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
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

/// A borrowed tag value, as a collector sees it.
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

    /// Returns the text if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the integer if this is one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::I64(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the bool if this is one.
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
    f32 => |value| Self::F64(value.into());
    f64 => |value| Self::F64(value);
    char => |value| Self::String(value.to_string().into());
    &'static str => |value| Self::String(Cow::Borrowed(value));
    String => |value| Self::String(Cow::Owned(value));
    Cow<'static, str> => |value| Self::String(value);
    Vec<bool> => |values| Self::Array(TagArray::Bool(values));
    Vec<i64> => |values| Self::Array(TagArray::I64(values));
    Vec<i32> => |values| Self::Array(TagArray::I64(values.into_iter().map(Into::into).collect()));
    Vec<f64> => |values| Self::Array(TagArray::F64(values));
    Vec<String> => |values| Self::Array(TagArray::String(values.into_iter().map(Cow::Owned).collect()));
    Vec<&'static str> => |values| Self::Array(TagArray::String(values.into_iter().map(Cow::Borrowed).collect()));
}
