//! Writes tags and fields with any value.
//!
//! This is the general way: it takes every type of value, cuts keys, texts and arrays to
//! their limits, and formats what has no type of its own. A value is written as its type,
//! its words and its texts, as `stream/entry.rs` reads them. The fast way for numbers and short
//! texts is in `site_tag.rs`.
//!
//! How many tags a span may have is not checked here; the reader does that.

use super::append;
use super::text::{entry, length, with_display, with_text};
use super::text_limit;
use crate::record::scope::entered;
use crate::stream::{EntryKind, Header, Site, value_type};
use crate::value::limits::cut;
use crate::value::{Limits, TagArray, TagInput, TagValue};

/// The key of a tag or field that is written. A *field* is what a tag is called that belongs to
/// a log or link and not to the span itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// A key that is written into the stream as a text, cut to its limit.
    Text(&'a str),
    /// A key of a site, by its index. Only the index is written; the text stays in the static
    /// site.
    Site(&'static Site, usize),
}

/// Writes a tag or field of a span; `kind` says which. Writes nothing for a value of `None`.
///
/// Each arm formats or cuts the value first and appends after that, because formatting runs
/// the application's code.
pub(super) fn field(kind: EntryKind, span: u64, key: Key<'_>, value: TagInput<'_>) {
    let key = match key {
        // Before its length gets into a header: the length must be that of the written text.
        Key::Text(text) => Key::Text(cut(text, Limits::MAX_KEY_BYTES)),
        Key::Site(..) => key,
    };
    // The four forms of a value: a text, a word, and arrays of words or of texts.
    let text = |value: &str| {
        // `value` is cut already. The key comes first, and is empty if it is a site's.
        let header = field_header(kind, value_type::TEXT, key);
        entry(
            [header.word(), span, value.len() as u64],
            [key.text(), value],
        );
    };
    let word = |value_type: u8, word: u64| {
        let words = [field_header(kind, value_type, key).word(), span, word];
        match key {
            // No text, so the words alone: the usual tag of an attribute.
            Key::Site(..) => append::push(words),
            Key::Text(key) => entry(words, [key]),
        }
    };
    // `items` are the words, one for each item: its value, or the length of its text. A `dyn`
    // iterator, so that this is compiled once and not for each type of item.
    let array = |value_type: u8, items: &mut dyn Iterator<Item = u64>, texts: &[&str]| {
        // Longer arrays are cut: the stage has to take the words of the entry as a whole.
        let items: Vec<u64> = items.take(Limits::MAX_ITEMS).collect();
        let words = [
            field_header(kind, value_type, key).word(),
            span,
            items.len() as u64,
        ];
        // As many texts as there are lengths, or the reader would take them for others.
        let texts = texts.iter().take(items.len()).copied();
        let texts = std::iter::once(key.text()).chain(texts);
        // Texts first, with room for all words: so the entry is not split between two chunks.
        // The pushes below find this room and move nothing.
        entered::push_texts(words.len() + items.len(), texts);
        append::push(words);
        for item in items {
            append::push([item]);
        }
    };
    let texts = |values: &[&str]| {
        let max = text_limit::max_value_bytes();
        // Each text is cut by itself, as `with_text` does with a single one.
        let values: Vec<&str> = values.iter().map(|value| cut(value, max)).collect();
        let lengths = &mut values.iter().map(|value| value.len() as u64);
        array(value_type::TEXTS, lengths, &values);
    };
    // Values of one word first; everything else is rarer.
    if let Some((value_type, value)) = value.as_word() {
        return word(value_type, value);
    }
    match value {
        // `None` is not written. The others are one word, and were written above.
        TagInput::None | TagInput::Bool(_) | TagInput::I64(_) | TagInput::F64(_) => {}
        // Above the range of `i64`. OTLP has no such number, so it becomes a text.
        TagInput::U64(value) => with_display(&value, text),
        TagInput::Str(value) => with_text(value, text),
        // The application's code, which may panic: the text then says so.
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
            // As the borrowed form of the same array; it recurs once.
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
            // No attribute has so many keys. If one had, the reader would find no such key.
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            // The flag tells the reader that the key is an index and no text.
            let small = value_type | value_type::SITE_KEY;
            site.header().with_kind(kind, small, index)
        }
    }
}

impl<'a> Key<'a> {
    /// Returns the text that goes into the stream: none for a site's key.
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
        // A number above the range of `i64` is none of these: it is written as a text.
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
    /// Borrows the values. `texts` is storage for the list of texts, which has to be made,
    /// because they are not stored as `&str`.
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
