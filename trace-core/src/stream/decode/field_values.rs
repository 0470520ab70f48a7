//! Keys and values as they are in a chunk.

use std::borrow::Cow;

use crate::stream::{FieldKey, FieldValue, Site};
use crate::value::{TagArray, TagRef};

impl<'a> FieldKey<'a> {
    /// Returns the key; `site` is the one of the span.
    pub(crate) fn text(self, site: &'static Site) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site { index, .. } => site.tag_key(index.into()),
        }
    }
}

impl TagArray {
    /// Copies an array out of a chunk; `None` if the value is none.
    pub(crate) fn from_value(value: FieldValue<'_>) -> Option<Self> {
        Some(match value {
            FieldValue::Bools(words) => Self::Bool(words.iter().map(|word| *word != 0).collect()),
            FieldValue::I64s(words) => {
                Self::I64(words.iter().map(|word| word.cast_signed()).collect())
            }
            FieldValue::F64s(words) => {
                Self::F64(words.iter().map(|word| f64::from_bits(*word)).collect())
            }
            FieldValue::Texts(lengths, mut texts) => Self::String(
                lengths
                    .iter()
                    .map(|length| {
                        let length = usize::try_from(*length).unwrap_or(0);
                        let (text, rest) = texts.split_at_checked(length).unwrap_or(("", ""));
                        texts = rest;
                        Cow::Owned(text.to_owned())
                    })
                    .collect(),
            ),
            FieldValue::Bool(_) | FieldValue::I64(_) | FieldValue::F64(_) | FieldValue::Str(_) => {
                return None;
            }
        })
    }
}

impl<'a> FieldValue<'a> {
    /// Returns the value; `array` is it, if it is one.
    pub(super) fn as_tag(self, array: Option<&'a TagArray>) -> TagRef<'a> {
        static EMPTY: TagArray = TagArray::Bool(Vec::new());
        match self {
            Self::Bool(value) => TagRef::Bool(value),
            Self::I64(value) => TagRef::I64(value),
            Self::F64(value) => TagRef::F64(value),
            Self::Str(value) => TagRef::Str(value),
            Self::Bools(_) | Self::I64s(_) | Self::F64s(_) | Self::Texts(..) => {
                TagRef::Array(array.unwrap_or(&EMPTY))
            }
        }
    }
}
