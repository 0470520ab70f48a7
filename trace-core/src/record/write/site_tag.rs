//! Writes tags, depending on the type of the value, which the compiler often knows.
//!
//! Numbers and short texts are written here directly. `field.rs` writes all other values. The
//! inlined part only selects one of several functions, which are compiled once. So a tag adds
//! little code to a traced function.

use super::append;
use super::current::own_span;
use super::field::{Key, field, field_header};
use crate::record::if_recording::RECORDING_BUILT;
use crate::record::thread::{self, Block};
use crate::record::trace::SHORT_TEXT;
use crate::stream::{EntryKind, Header, Site, value_type};
use crate::value::TagInput;

/// Writes a tag of the current span with a key of a site, if the running scope may write to
/// that span.
///
/// It is inlined, so that the compiler keeps only one arm if it knows the type of the value.
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

/// Returns the header of a tag without the site's number. It is a constant in the caller. The
/// number is known only at run time.
#[cfg_attr(not(debug_assertions), inline(always))]
fn site_tag_half(index: usize, value_type: u8) -> Header {
    // The compiler folds this, because the index is a constant.
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    Header::new(EntryKind::Tag, value_type | value_type::SITE_KEY, index, 0)
}

// The next functions, `site_word` and `site_text`, make only one call: a tail call to the rare
// case, with their own arguments. So they save no registers.

/// Writes a tag of the current span whose value is one word.
#[inline(never)]
fn site_word(block: &Block, site: &'static Site, tag: Header, word: u64) {
    // Zero if the site has no number yet. Then the slow function draws one. If nothing is
    // recorded, the thread has no own span, and neither function writes anything.
    let open = site.known_header();
    if open == 0 || !block.put_own_word(tag.with_site_of(Header::from_word(open)), word) {
        site_word_slowly(site, tag, word);
    }
}

/// Writes the same tag if the stage is full or the site has no number. Writes nothing if the
/// running scope must not write to the current span.
#[cold]
#[inline(never)]
fn site_word_slowly(site: &'static Site, tag: Header, word: u64) {
    if let Some(span) = own_span() {
        append::push_word(tag.with_site_of(site.header()), span, word);
    }
}

/// Writes a tag of the current span whose value is a text. A short text is within the limit of
/// every plain tracer; `put_own_text` checks that the tracer is plain.
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

/// Writes the same tag if the text is long, the tracer is not plain, or the stage is full.
#[cold]
#[inline(never)]
fn site_text_slowly(site: &'static Site, tag: Header, text: &str) {
    site_field(site, tag.index().into(), TagInput::Str(text));
}

/// Writes a tag with any value, if the running scope may write to the current span.
#[inline(never)]
fn site_field(site: &'static Site, index: usize, value: TagInput<'_>) {
    if let Some(span) = own_span() {
        field(EntryKind::Tag, span, Key::Site(site, index), value);
    }
}

/// Writes a tag of a span whose key is a text. Inlined for the same reason as [`site_tag`].
/// The caller must be allowed to write to the span.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn named_tag(span: u64, key: &str, value: TagInput<'_>) {
    // The fast functions refuse a key that is too long for the stage, and therefore any key
    // above the limit. `field` cuts it.
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
