//! Tags, by the type of their value as far as the compiler knows it.
//!
//! Numbers and short texts are written here, at once. All else is a field, by `field.rs`.
//! The inlined part only picks; each way it picks is compiled once.

use super::append;
use super::current::own_span;
use super::field::{Key, field, field_header};
use crate::record::if_recording::RECORDING_BUILT;
use crate::record::thread::{self, Block};
use crate::record::trace::SHORT_TEXT;
use crate::stream::{EntryKind, Header, Site, value_type};
use crate::value::TagInput;

/// Writes a tag of the current span, if that is the scope's to write to, whose key is one of
/// a site's.
///
/// Inlined, so that a value whose type is known is not looked at; what writes a number or a
/// short text is compiled once.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn site_tag(site: &'static Site, index: usize, value: TagInput<'_>) {
    if !RECORDING_BUILT {
        return;
    }
    if let Some((value_type, word)) = value.as_word() {
        let tag = site_tag_half(index, value_type);
        thread::with_block(|block| site_word(block, site, tag, word));
    } else if let TagInput::Str(text) = value {
        let tag = site_tag_half(index, value_type::TEXT);
        thread::with_block(|block| site_text(block, site, tag, text));
    } else {
        site_field(site, index, value);
    }
}

/// What the header of a tag has besides the site's number: known when the caller is compiled.
#[cfg_attr(not(debug_assertions), inline(always))]
fn site_tag_half(index: usize, value_type: u8) -> Header {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    Header::new(EntryKind::Tag, value_type | value_type::SITE_KEY, index, 0)
}

// These two call nothing but, at their end, what is rare, and hand on what they were given:
// so they save no registers.

/// Writes a tag of the current span whose value is one word.
#[inline(never)]
fn site_word(block: &Block, site: &'static Site, tag: Header, word: u64) {
    // Zero if the site has no number yet; the slow way draws one.
    let open = site.known_header();
    if open == 0 || !block.put_own_word(tag.with_site_of(Header::from_word(open)), word) {
        site_word_slowly(site, tag, word);
    }
}

/// The same if the stage is full, the site has no number, or the span is not the scope's.
#[cold]
#[inline(never)]
fn site_word_slowly(site: &'static Site, tag: Header, word: u64) {
    if let Some(span) = own_span() {
        append::push_word(tag.with_site_of(site.header()), span, word);
    }
}

/// Writes a tag of the current span whose value is a text.
#[inline(never)]
fn site_text(block: &Block, site: &'static Site, tag: Header, text: &str) {
    let open = site.known_header();
    if open == 0
        || text.len() > SHORT_TEXT
        || !block.put_own_text(tag.with_site_of(Header::from_word(open)), text)
    {
        site_text_slowly(site, tag, text);
    }
}

/// The same if the text is long, or the tracer has to be asked.
#[cold]
#[inline(never)]
fn site_text_slowly(site: &'static Site, tag: Header, text: &str) {
    site_field(site, tag.index().into(), TagInput::Str(text));
}

/// Writes any tag of the current span.
#[inline(never)]
fn site_field(site: &'static Site, index: usize, value: TagInput<'_>) {
    if let Some(span) = own_span() {
        field(EntryKind::Tag, span, Key::Site(site, index), value);
    }
}

/// Writes a tag of a span whose key is a text. Inlined for the same reason.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn named_tag(span: u64, key: &str, value: TagInput<'_>) {
    let header = |value_type| field_header(EntryKind::Tag, value_type, Key::Text(key));
    let is_written = if let Some((value_type, word)) = value.as_word() {
        thread::push_named_word(header(value_type), span, word, key)
    } else if let TagInput::Str(text) = value
        && text.len() <= SHORT_TEXT
        && thread::is_plain()
    {
        thread::push_named_text(header(value_type::TEXT), span, key, text)
    } else {
        false
    };
    if !is_written {
        field(EntryKind::Tag, span, Key::Text(key), value);
    }
}
