//! Replaces numbers and booleans of finished spans by texts, for a redactor that asks for it.
//!
//! A pass of its own after that of [`replace_texts`](super::replace_texts), so that a tracer
//! whose redactor looks only at texts does not read its numbers.

use super::replace_texts::ReplaceTexts;
use super::span_index::SpanIndex;
use crate::stream::{Chunk, Entry, EntryKind, FieldKey, Site};
use crate::value::{TagArray, TagRef};

impl SpanIndex {
    /// Replaces numbers and booleans of all spans. `chunk` returns the chunk of a piece by its
    /// number.
    pub(super) fn replace_numbers<'a>(
        &mut self,
        chunk: impl Fn(u32) -> Option<&'a Chunk>,
        replace: &mut impl ReplaceTexts,
    ) {
        for span in &self.spans {
            if !span.has_one_of([EntryKind::Tag, EntryKind::Field]) {
                continue;
            }
            let (site, mut next) = (span.site, span.first);
            let piece = self.piece(span.piece);
            let Some(chunk) = piece.and_then(|piece| chunk(piece.chunk)) else {
                continue;
            };
            while let Some(node) = self.nodes.get_mut(next as usize) {
                next = node.next;
                // What was replaced is a text.
                if node.cursor.is_of_replaced() {
                    continue;
                }
                let Some((id, entry @ (Entry::Tag(key, value) | Entry::Field(key, value)), _)) =
                    chunk.entry(node.cursor)
                else {
                    continue;
                };
                if let Some(array) = self.arrays.get_mut(node.array as usize) {
                    // Views read the copy, and not the words of the chunk.
                    replace_array(array, key, site, replace);
                    continue;
                }
                let new = match value.as_tag(None) {
                    TagRef::Str(_) | TagRef::Array(_) => None,
                    number => replace.replace_number(key, site, number),
                };
                if let Some(new) = new {
                    let cursor = self.replaced.end();
                    self.replaced.push_text_field(entry.kind(), id, key, &new);
                    node.cursor = cursor.in_replaced();
                }
            }
        }
    }
}

/// Makes an array of texts of one of numbers, if they are replaced.
fn replace_array(
    array: &mut TagArray,
    key: FieldKey<'_>,
    site: &'static Site,
    replace: &mut impl ReplaceTexts,
) {
    let replaced = |number: TagRef<'_>| replace.replace_number(key, site, number);
    if let Some(texts) = array.numbers_as_texts(replaced) {
        *array = texts;
    }
}
