//! Tags and fields of any value.
//!
//! This is the general way: it takes every type of value, cuts keys, texts and arrays to
//! their limits, and formats what has no type of its own. A value is written as its type,
//! its words and its texts, as `stream/entry.rs` reads them.

use super::append;
use super::text::{entry, length, with_display, with_text};
use super::text_limit;
use crate::record::scope::entered;
use crate::stream::{EntryKind, Header, Site, value_type};
use crate::value::limits::cut;
use crate::value::{Limits, TagArray, TagInput, TagValue};

/// The key of a tag or field that is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// A key that is written into the stream, cut to its limit.
    Text(&'a str),
    /// The index of a key in its site, which is not written.
    Site(&'static Site, usize),
}

/// Writes a tag or field of a span. `kind` says which; a key of a site is written as its
/// number, another one as a text.
pub(super) fn field(kind: EntryKind, span: u64, key: Key<'_>, value: TagInput<'_>) {
    let key = match key {
        Key::Text(text) => Key::Text(cut(text, Limits::MAX_KEY_BYTES)),
        Key::Site(..) => key,
    };
    // The four forms of a value: a text, a word, and arrays of words or texts.
    let text = |value: &str| {
        let header = field_header(kind, value_type::TEXT, key);
        entry(
            [header.word(), span, value.len() as u64],
            [key.text(), value],
        );
    };
    let word = |value_type: u8, word: u64| {
        let words = [field_header(kind, value_type, key).word(), span, word];
        match key {
            Key::Site(..) => append::push(words),
            Key::Text(key) => entry(words, [key]),
        }
    };
    let array = |value_type: u8, items: &mut dyn Iterator<Item = u64>, texts: &[&str]| {
        // Longer ones are cut: the stage has to take the entry as a whole.
        let items: Vec<u64> = items.take(Limits::MAX_ITEMS).collect();
        let words = [
            field_header(kind, value_type, key).word(),
            span,
            items.len() as u64,
        ];
        let texts = texts.iter().take(items.len()).copied();
        let texts = std::iter::once(key.text()).chain(texts);
        // Texts first, and room for all words: the entry is not split between two chunks.
        entered::push_texts(words.len() + items.len(), texts);
        append::push(words);
        for item in items {
            append::push([item]);
        }
    };
    let texts = |values: &[&str]| {
        let max = text_limit::max_value_bytes();
        // Each text is cut alone, as `with_text` would.
        let values: Vec<&str> = values.iter().map(|value| cut(value, max)).collect();
        let lengths = &mut values.iter().map(|value| value.len() as u64);
        array(value_type::TEXTS, lengths, &values);
    };
    // Numbers that are one word first: what follows is rare.
    if let Some((value_type, value)) = value.as_word() {
        return word(value_type, value);
    }
    match value {
        // Nothing is not written; the others were a word.
        TagInput::None | TagInput::Bool(_) | TagInput::I64(_) | TagInput::F64(_) => {}
        // Above the range of an `i64`: OTLP has no such number, so it is a text.
        TagInput::U64(value) => with_display(&value, text),
        TagInput::Str(value) => with_text(value, text),
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
        TagInput::Strs(values) => texts(values),
        TagInput::Strings(values) => {
            texts(&values.iter().map(String::as_str).collect::<Vec<_>>());
        }
        TagInput::Value(value) => match value {
            TagValue::Bool(value) => word(value_type::BOOL, (*value).into()),
            TagValue::I64(value) => word(value_type::I64, value.cast_unsigned()),
            TagValue::F64(value) => word(value_type::F64, value.to_bits()),
            TagValue::String(value) => with_text(value, text),
            TagValue::Array(values) => field(kind, span, key, values.as_input(&mut Vec::new())),
        },
    }
}

/// The header of a tag or field, with the type of its value and its key.
#[inline]
pub(super) fn field_header(kind: EntryKind, value_type: u8, key: Key<'_>) -> Header {
    match key {
        Key::Text(key) => Header::new(kind, value_type, 0, length(key)),
        Key::Site(site, index) => {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let small = value_type | value_type::SITE_KEY;
            site.header().with_kind(kind, small, index)
        }
    }
}

impl<'a> Key<'a> {
    /// The text that goes into the stream: that of a site's key does not.
    fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site(..) => "",
        }
    }
}

impl TagInput<'_> {
    /// The type and the word of a value that is one. Inlined, so that for a value of a
    /// known type only one arm is left.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn as_word(&self) -> Option<(u8, u64)> {
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
    /// Borrows the values; `texts` is where the texts are borrowed from.
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
