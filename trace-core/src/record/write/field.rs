//! Writes tags and fields with any value.
//!
//! This is the general code: it accepts every type of value, cuts keys, texts and arrays to
//! their limits, and formats values of other types. A value is written as its type, its words
//! and its texts, in the form of `stream/entry.rs`. `site_tag.rs` has the fast code for
//! numbers and short texts.
//!
//! The reader, not this file, limits the number of tags of a span.

use super::append;
use super::text::{entry, length, with_display, with_text};
use super::text_limit;
use crate::record::scope::entered;
use crate::stream::{EntryKind, Header, Site, value_type};
use crate::value::limits::cut;
use crate::value::{Limits, TagArray, TagInput, TagValue};

/// The key of a tag or field. A *field* is a tag of a log or link.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// A key that is written into the stream as a text, cut to its limit.
    Text(&'a str),
    /// A key of a site, by its index. Only the index is written; the text stays in the static
    /// site.
    Site(&'static Site, usize),
}

/// Writes a tag or field of a span, depending on `kind`. Writes nothing if the value is
/// `None`.
///
/// Each arm formats or cuts the value first and appends after that, because formatting runs
/// the application's code.
pub(super) fn field(kind: EntryKind, span: u64, key: Key<'_>, value: TagInput<'_>) {
    let key = match key {
        // Cut before the header is made, which must contain the length of the written text.
        Key::Text(text) => Key::Text(cut(text, Limits::MAX_KEY_BYTES)),
        Key::Site(..) => key,
    };
    // The four forms of a value: a text, a word, and arrays of words or of texts.
    let text = |value: &str| {
        // `value` was already cut. The key comes first. It is empty if it is a key of the
        // site.
        let header = field_header(kind, value_type::TEXT, key);
        entry(
            [header.word(), span, value.len() as u64],
            [key.text(), value],
        );
    };
    let word = |value_type: u8, word: u64| {
        let words = [field_header(kind, value_type, key).word(), span, word];
        match key {
            // The usual tag of an attribute has no text, only words.
            Key::Site(..) => append::push(words),
            Key::Text(key) => entry(words, [key]),
        }
    };
    // `items` has one word for each item: its value, or the length of its text. It is a `dyn`
    // iterator, so that this is compiled once and not for each type of item.
    let array = |value_type: u8, items: &mut dyn Iterator<Item = u64>, texts: &[&str]| {
        // Longer arrays are cut, because all words of the entry must fit into the stage.
        let items: Vec<u64> = items.take(Limits::MAX_ITEMS).collect();
        let words = [
            field_header(kind, value_type, key).word(),
            span,
            items.len() as u64,
        ];
        // There must be as many texts as lengths. Otherwise the reader would assign texts to
        // the wrong entries.
        let texts = texts.iter().take(items.len()).copied();
        let texts = std::iter::once(key.text()).chain(texts);
        // Texts come first, with room for all words, so that the entry is not split between
        // two chunks. The pushes below find this room and do not move the stage.
        entered::push_texts(words.len() + items.len(), texts);
        append::push(words);
        for item in items {
            append::push([item]);
        }
    };
    let texts = |values: &[&str]| {
        let max = text_limit::max_value_bytes();
        // Each text is cut separately, as in `with_text`.
        let values: Vec<&str> = values.iter().map(|value| cut(value, max)).collect();
        let lengths = &mut values.iter().map(|value| value.len() as u64);
        array(value_type::TEXTS, lengths, &values);
    };
    // Values of one word come first, because all others are rarer.
    if let Some((value_type, value)) = value.as_word() {
        return word(value_type, value);
    }
    match value {
        // `None` is not written. The others have one word and were written above.
        TagInput::None | TagInput::Bool(_) | TagInput::I64(_) | TagInput::F64(_) => {}
        // The value is above the range of `i64`. OTLP has no such number, so it becomes a
        // text.
        TagInput::U64(value) => with_display(&value, text),
        TagInput::Str(value) => with_text(value, text),
        // This is the application's code. If it panics, the text says so.
        TagInput::Display(value) => with_display(value, text),
        TagInput::Debug(value) => with_display(&format_args!("{value:?}"), text),
        TagInput::Bools(values) => array(
            value_type::BOOLS,
            &mut values.iter().map(|value| u64::from(*value)),
            &[],
        ),
        TagInput::I64s(values) => array(
            value_type::I64S,
            &mut values.iter().map(|value| value.cast_unsigned()),
            &[],
        ),
        TagInput::F64s(values) => array(
            value_type::F64S,
            &mut values.iter().map(|value| value.to_bits()),
            &[],
        ),
        // Lists of texts need one allocation for the lengths; arrays are rare in tags.
        TagInput::Strs(values) => texts(values),
        TagInput::Strings(values) => {
            texts(&values.iter().map(String::as_str).collect::<Vec<_>>());
        }
        TagInput::Value(value) => match value {
            TagValue::Bool(value) => word(value_type::BOOL, (*value).into()),
            TagValue::I64(value) => word(value_type::I64, value.cast_unsigned()),
            TagValue::F64(value) => word(value_type::F64, value.to_bits()),
            TagValue::String(value) => with_text(value, text),
            // Written as the borrowed form of the same array. This recurs once.
            TagValue::Array(values) => field(kind, span, key, values.as_input(&mut Vec::new())),
        },
    }
}

/// Returns the header of a tag or field, with the type of its value and its key.
#[inline]
pub(super) fn field_header(kind: EntryKind, value_type: u8, key: Key<'_>) -> Header {
    match key {
        Key::Text(key) => Header::new(kind, value_type, 0, length(key)),
        Key::Site(site, index) => {
            // No attribute has this many keys. If one did, the reader would not find the key.
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            // The flag tells the reader that the key is an index and no text.
            let small = value_type | value_type::SITE_KEY;
            site.header().with_kind(kind, small, index)
        }
    }
}

impl<'a> Key<'a> {
    /// Returns the text for the stream, which is empty for a site's key.
    fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site(..) => "",
        }
    }
}

impl TagInput<'_> {
    /// Returns the type and the word of a value that is one word. Inlined, so that only one
    /// arm is left for a value whose type is known.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn as_word(&self) -> Option<(u8, u64)> {
        // A number above the range of `i64` is written as a text.
        match *self {
            Self::Bool(value) => Some((value_type::BOOL, value.into())),
            Self::I64(value) => Some((value_type::I64, value.cast_unsigned())),
            Self::U64(value) if value <= i64::MAX.cast_unsigned() => Some((value_type::I64, value)),
            Self::F64(value) => Some((value_type::F64, value.to_bits())),
            _ => None,
        }
    }
}

impl TagArray {
    /// Borrows the values. `texts` is storage for a list of `&str`, because the texts are
    /// stored in another form.
    fn as_input<'a>(&'a self, texts: &'a mut Vec<&'a str>) -> TagInput<'a> {
        match self {
            Self::Bool(values) => TagInput::Bools(values),
            Self::I64(values) => TagInput::I64s(values),
            Self::F64(values) => TagInput::F64s(values),
            Self::String(values) => {
                texts.extend(values.iter().map(AsRef::as_ref));
                TagInput::Strs(texts)
            }
        }
    }
}
