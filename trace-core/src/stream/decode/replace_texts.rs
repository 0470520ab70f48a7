//! Replaces texts of finished spans, before a collector gets their batch.
//!
//! Chunks do not change. An entry with a replaced text is written once more, into a chunk of
//! the index, and its node points there. So a batch in which nothing is replaced costs one look
//! at each entry, and everything that reads entries gets the new text. Which texts are replaced
//! is decided by the caller; see [`delivery`](crate::delivery).

use std::borrow::Cow;

use super::span_index::SpanIndex;
use crate::stream::{Chunk, Entry, EntryKind, FieldKey, FieldValue, Header, Site, value_type};
use crate::value::{TagArray, TagRef};

/// Decides which texts are replaced.
pub(crate) trait ReplaceTexts {
    /// Returns what takes the place of a string under a key; `None` if it stays.
    fn replace_value(
        &mut self,
        key: FieldKey<'_>,
        site: &'static Site,
        value: &str,
    ) -> Option<Cow<'static, str>>;

    /// Returns whether [`replace_number`](Self::replace_number) is to be called at all.
    fn sees_numbers(&self) -> bool;

    /// Returns what takes the place of a number or a boolean under a key; `None` if it stays.
    fn replace_number(
        &mut self,
        key: FieldKey<'_>,
        site: &'static Site,
        number: TagRef<'_>,
    ) -> Option<Cow<'static, str>>;

    /// Returns what takes the place of a text without a key; `None` if it stays.
    fn replace_text(&mut self, text: &str) -> Option<String>;

    /// Returns what takes the place of a site's name; `None` if it stays. The name of a call
    /// site was passed at run time.
    fn replace_name(&mut self, site: &'static Site) -> Option<&str>;
}

/// The kinds of entries that may have a text to replace.
const WITH_TEXT: [EntryKind; 8] = [
    EntryKind::Tag,
    EntryKind::Field,
    EntryKind::Log,
    EntryKind::Status,
    EntryKind::Error,
    EntryKind::Name,
    EntryKind::Service,
    EntryKind::Described,
];

impl SpanIndex {
    /// Replaces texts of all spans. `chunk` returns the chunk of a piece by its number.
    pub(super) fn replace_texts<'a>(
        &mut self,
        chunk: impl Fn(u32) -> Option<&'a Chunk>,
        replace: &mut impl ReplaceTexts,
    ) {
        for index in 0..self.spans.len() {
            let Some(span) = self.spans.get(index) else {
                return;
            };
            let is_named_by_site = !span.has_one_of([EntryKind::Name, EntryKind::Described]);
            if is_named_by_site && let Some(name) = replace.replace_name(span.site) {
                let cursor = self.replaced.end();
                let id = span.id;
                self.replaced
                    .push_texts(EntryKind::Name, 0, id, &[], &[name]);
                self.add_last(index, EntryKind::Name, cursor.in_replaced());
            }
            let Some(span) = self.spans.get(index) else {
                return;
            };
            if !span.has_one_of(WITH_TEXT) {
                continue;
            }
            let (id, site, mut next) = (span.id, span.site, span.first);
            let piece = self.piece(span.piece);
            let Some(chunk) = piece.and_then(|piece| chunk(piece.chunk)) else {
                continue;
            };
            while let Some(node) = self.nodes.get_mut(next as usize) {
                next = node.next;
                if node.cursor.is_of_replaced() {
                    continue;
                }
                // Nearly all entries are such tags, and are read faster.
                if let Some((index, value)) = chunk.plain_tag(node.cursor) {
                    if let TagRef::Str(text) = value {
                        let key = FieldKey::Site {
                            site: site.number(),
                            index,
                        };
                        if let Some(new) = replace.replace_value(key, site, text) {
                            let cursor = self.replaced.end();
                            self.replaced.push_text_field(EntryKind::Tag, id, key, &new);
                            node.cursor = cursor.in_replaced();
                        }
                    }
                    continue;
                }
                if has_no_text(chunk.header(node.cursor)) {
                    continue;
                }
                let Some((id, entry, _)) = chunk.entry(node.cursor) else {
                    continue;
                };
                if let Some(array) = self.arrays.get_mut(node.array as usize) {
                    // Views read the copy, and not the words of the chunk.
                    replace_array(entry, array, site, replace);
                    continue;
                }
                let cursor = self.replaced.end();
                if write_replaced(entry, id, site, replace, &mut self.replaced) {
                    node.cursor = cursor.in_replaced();
                }
            }
        }
    }
}

/// Returns whether an entry is a tag or field whose value is a number or a bool, and so needs no
/// further look.
fn has_no_text(header: Option<Header>) -> bool {
    const TAG: u8 = EntryKind::Tag as u8;
    const FIELD: u8 = EntryKind::Field as u8;
    header.is_none_or(|header| {
        matches!(header.kind_number(), TAG | FIELD)
            && !matches!(
                header.small() & value_type::TYPE,
                value_type::TEXT | value_type::TEXTS
            )
    })
}

/// Replaces the texts of an array in its copy.
fn replace_array(
    entry: Entry<'_>,
    array: &mut TagArray,
    site: &'static Site,
    replace: &mut impl ReplaceTexts,
) {
    if let (Entry::Tag(key, _) | Entry::Field(key, _), TagArray::String(texts)) = (entry, array) {
        for text in texts {
            if let Some(replaced) = replace.replace_value(key, site, text) {
                *text = replaced;
            }
        }
    }
}

/// Writes the entry with its new texts. Returns false and writes nothing if no text is
/// replaced.
fn write_replaced(
    entry: Entry<'_>,
    id: u64,
    site: &'static Site,
    replace: &mut impl ReplaceTexts,
    to: &mut Chunk,
) -> bool {
    let mut replaced = |text: &str| replace.replace_text(text);
    match entry {
        Entry::Tag(key, FieldValue::Str(value)) => {
            let new = replace.replace_value(key, site, value);
            new.is_some_and(|value| to.push_text_field(EntryKind::Tag, id, key, &value))
        }
        Entry::Field(key, FieldValue::Str(value)) => {
            let new = replace.replace_value(key, site, value);
            new.is_some_and(|value| to.push_text_field(EntryKind::Field, id, key, &value))
        }
        Entry::Log { time, message } => replaced(message)
            .is_some_and(|message| to.push_texts(EntryKind::Log, 0, id, &[time], &[&message])),
        Entry::Status { ok: false, message } => replaced(message).is_some_and(|message| {
            let error = crate::stream::status_number::ERROR;
            to.push_texts(EntryKind::Status, error, id, &[], &[&message])
        }),
        Entry::Error {
            time,
            log,
            type_name,
            message,
        } => {
            let (new_type, new_message) = (replaced(type_name), replaced(message));
            let is_replaced = new_type.is_some() || new_message.is_some();
            let type_name = new_type.as_deref().unwrap_or(type_name);
            let message = new_message.as_deref().unwrap_or(message);
            // The type is written as a text, even if it had a number.
            let bits = if log {
                crate::stream::error_bits::LOG
            } else {
                0
            };
            let words = [time, message.len() as u64];
            is_replaced && to.push_texts(EntryKind::Error, bits, id, &words, &[type_name, message])
        }
        Entry::Name(name) => {
            replaced(name).is_some_and(|name| to.push_texts(EntryKind::Name, 0, id, &[], &[&name]))
        }
        Entry::Service(name) => replaced(name)
            .is_some_and(|name| to.push_texts(EntryKind::Service, 0, id, &[], &[&name])),
        Entry::Described {
            name,
            kind,
            file,
            line,
        } => replaced(name).is_some_and(|name| {
            let file_bytes = u32::try_from(file.len()).unwrap_or(0);
            let words = [crate::stream::join_halves(line, file_bytes)];
            to.push_texts(
                EntryKind::Described,
                kind.as_number(),
                id,
                &words,
                &[&name, file],
            )
        }),
        _ => false,
    }
}

/// The writers agree with the reader in [`entry`](crate::stream::Entry), as those in `record`
/// do.
impl Chunk {
    /// Writes a tag or field whose value is a text. Returns true.
    pub(super) fn push_text_field(
        &mut self,
        kind: EntryKind,
        id: u64,
        key: FieldKey<'_>,
        value: &str,
    ) -> bool {
        let (small, index, large, key) = match key {
            FieldKey::Site { site, index } => (value_type::SITE_KEY, index, site, ""),
            FieldKey::Text(key) => (0, 0, u32::try_from(key.len()).unwrap_or(0), key),
        };
        let header = Header::new(kind, small | value_type::TEXT, index, large);
        let words = [header.word(), id, value.len() as u64];
        self.words.extend_from_slice(&words);
        self.text.push_str(key);
        self.text.push_str(value);
        true
    }

    /// Writes an entry whose large argument is the number of bytes of its first text. Returns
    /// true.
    fn push_texts(
        &mut self,
        kind: EntryKind,
        small: u8,
        id: u64,
        words: &[u64],
        texts: &[&str],
    ) -> bool {
        let first = texts.first().map_or(0, |text| text.len());
        let large = u32::try_from(first).unwrap_or(0);
        self.words
            .extend([Header::new(kind, small, 0, large).word(), id]);
        self.words.extend_from_slice(words);
        texts.iter().for_each(|text| self.text.push_str(text));
        true
    }
}
