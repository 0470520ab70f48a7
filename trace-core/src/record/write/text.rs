//! Cuts texts to the tracer's limit, and stores them with their entry.
//!
//! Short texts wait in the stage, and longer texts go to the chunk. In both cases room is made
//! for the words before the texts are stored, so that both get into the same chunk. The reader
//! takes texts in the order of the entries, so a text without its entry would shift all later
//! texts.

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

/// Appends one entry with its texts, which are within the limits.
pub(super) fn entry<const WORDS: usize, const TEXTS: usize>(
    words: [u64; WORDS],
    texts: [&str; TEXTS],
) {
    push_texts(WORDS, texts);
    append::push(words);
}

/// Appends the texts of one entry. The caller must append its `words` words next.
#[inline]
fn push_texts<const TEXTS: usize>(words: usize, texts: [&str; TEXTS]) {
    let bytes = texts.iter().map(|text| text.len()).sum();
    // Checks the room for words and texts together, so that the stage is not moved between
    // them.
    if append::has_room_for(words, bytes) {
        texts.into_iter().for_each(thread::push_text);
    } else {
        // Too long for the stage. The texts that wait there go to the chunk first.
        entered::push_texts(words, texts);
    }
}

/// Returns the length of a text for a header. It fits, because texts are cut.
#[inline]
pub(super) fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

/// Returns the site of spans with this name at this source location, if there is one and the
/// name is within the tracer's limit. A longer name has to be cut, but a site has the whole
/// name.
#[inline]
pub(crate) fn site_at(name: &str, source: &'static Location<'static>) -> Option<&'static Site> {
    let is_short = name.len() <= SHORT_TEXT && thread::is_plain();
    let is_whole = is_short || name.len() <= text_limit::max_value_bytes();
    is_whole.then(|| Site::find_by_call(name, source)).flatten()
}

/// Passes a text to `write`, cut to the tracer's limit. A short text of a plain tracer is
/// passed without checking the limit.
#[inline]
pub(super) fn with_text(text: &str, write: impl FnOnce(&str)) {
    if text.len() <= SHORT_TEXT && thread::is_plain() {
        write(text);
    } else {
        write(cut(text, text_limit::max_value_bytes()));
    }
}

/// Copies a value for a tag that is written later. A value that formats itself is formatted and
/// cut to the limit of the tracer that records here. Returns `None` if there is no value.
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

/// Formats a value and passes its text, cut to the tracer's limit, to `write`. This is for
/// callers that need a string; [`with_formatted`] does not check the UTF-8 of a short text.
pub(super) fn with_display(value: &dyn fmt::Display, write: impl FnOnce(&str)) {
    with_formatted(value, |text| write(text.as_str()));
}
