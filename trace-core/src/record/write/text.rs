//! Texts of entries: cut to the tracer's limit, and put where their entry gets.
//!
//! Short texts wait in the stage and longer ones go to the chunk. In either case room is
//! made for the entry before its texts are stored, so that both are in one chunk.

use std::fmt;
use std::panic::Location;

use super::formatted::with_formatted;
use super::{append, text_limit};
use crate::record::scope::entered;
use crate::record::thread;
use crate::record::trace::SHORT_TEXT;
use crate::stream::Site;
use crate::value::limits::cut;
use crate::value::{TagInput, TagValue};

/// Appends one entry with texts.
pub(super) fn entry<const WORDS: usize, const TEXTS: usize>(
    words: [u64; WORDS],
    texts: [&str; TEXTS],
) {
    push_texts(WORDS, texts);
    append::push(words);
}

/// Appends the texts of one entry of so many words, which is to follow.
#[inline]
fn push_texts<const TEXTS: usize>(words: usize, texts: [&str; TEXTS]) {
    let bytes = texts.iter().map(|text| text.len()).sum();
    // Room for words and texts at once: nothing moves the stage between them.
    if append::has_room_for(words, bytes) {
        texts.into_iter().for_each(thread::push_text);
    } else {
        entered::push_texts(words, texts);
    }
}

/// The length of a text in a header. Texts are cut, and so fit.
#[inline]
pub(super) fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

/// The site of spans of a name that are begun at a place in the source, if there is one, and
/// the name is within the tracer's limit.
#[inline]
pub(crate) fn site_at(name: &str, source: &'static Location<'static>) -> Option<&'static Site> {
    let is_short = name.len() <= SHORT_TEXT && thread::is_plain();
    let is_whole = is_short || name.len() <= text_limit::max_value_bytes();
    is_whole.then(|| Site::find_by_call(name, source)).flatten()
}

/// Gives a text to `write`, cut to the tracer's limit. A plain tracer takes any short
/// one.
#[inline]
pub(super) fn with_text(text: &str, write: impl FnOnce(&str)) {
    if text.len() <= SHORT_TEXT && thread::is_plain() {
        write(text);
    } else {
        write(cut(text, text_limit::max_value_bytes()));
    }
}

/// Copies a value, as it would be written.
pub(crate) fn copy(value: &TagInput<'_>) -> Option<TagValue> {
    let mut copied = None;
    let mut copy = |text: &str| copied = Some(TagValue::from(text.to_owned()));
    match value {
        TagInput::Display(value) => with_display(value, &mut copy),
        TagInput::Debug(value) => with_display(&format_args!("{value:?}"), &mut copy),
        _ => return value.to_value(),
    }
    copied
}

/// Formats a value and gives its text to `write`.
pub(super) fn with_display(value: &dyn fmt::Display, write: impl FnOnce(&str)) {
    with_formatted(value, |text| write(text.as_str()));
}
