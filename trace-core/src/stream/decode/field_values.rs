//! Turns keys and values in a chunk into the types that collectors get.
//!
//! Texts and single values are read directly from the chunk. Arrays are not, because a
//! [`TagRef`] borrows a [`TagArray`], and a chunk has only words. So the index copies each
//! array when it attaches the entry to a span.

use std::borrow::Cow;

use crate::stream::{FieldKey, FieldValue, Site};
use crate::value::{TagArray, TagRef};

impl<'a> FieldKey<'a> {
    /// Returns the key as a text, which is borrowed from the chunk or the site. `site` is
    /// the site of the span.
    ///
    /// The site number in the entry is not looked up, because keys of a site are only
    /// written to spans of that site.
    #[inline]
    pub(crate) fn text(self, site: &'static Site) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site { index, .. } => site.tag_key(index.into()),
        }
    }
}

impl TagArray {
    /// Copies an array from a chunk. Returns `None` if the value is not an array.
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
                        // If a length does not fit, or ends within a character, this text
                        // and all texts after it are empty.
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
    /// Returns the value. If it is an array, `array` is the copy in the index.
    ///
    /// If the copy is missing, the result is an empty array. This does not happen, because
    /// the index copies every array that it keeps.
    #[inline]
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
