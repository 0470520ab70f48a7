//! The buffers that contain a stream, and positions in them.
//!
//! This file writes the beginnings and ends of pieces, and the entries that the decoder
//! rewrites. All other entries are copied as words from a thread's stage. To read an
//! entry, this file finds its words, and [`entry`](super::entry) or
//! [`plain_entry`](super::plain_entry) interprets them. The queue decides how many chunks
//! there may be.

use super::entry::{Close, Entry, Source};
use super::entry_kind::EntryKind;
use super::header::{Header, join_halves, outcome_number, value_type};
use super::plain_entry::PlainEntry;
use super::site::Site;
use crate::value::{DroppedItems, TagRef, TraceFlags, TraceId};

/// The words and texts of one or more pieces.
///
/// Each piece begins with an entry that names the trace. While a scope records, its chunk
/// contains one piece. The beginning of a short piece is written only when it is handed
/// over. In the queue, a chunk may contain the pieces of several scopes. No piece and no
/// entry is split between two chunks.
///
/// A chunk has one owner at a time: the scope, then the queue, then the worker's batch.
/// Afterwards the queue or a thread reuses it, so in the long run recording allocates
/// nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// How many openings are among the words. It has to be exact: if the chunk is lost,
    /// this number is added to the lost spans.
    pub(crate) opened: u64,
    pub(crate) words: Vec<u64>,
    /// The texts of all entries, in the order of the entries, with nothing in between.
    pub(crate) text: String,
}

/// The positions of the span's id and of the time in an opening, in words.
const SPAN: usize = 1;
const TIME: usize = 3;

/// A position in a chunk, between two entries.
///
/// It is only valid for the chunk from which it came. It has a position in both buffers,
/// because an entry does not say where its text begins.
///
/// The positions are `u32` to save memory, because the index keeps a cursor for each
/// entry. They do not overflow: a chunk is handed over at 32 KiB, and one entry is far
/// smaller than 4 GiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    /// In words.
    word: u32,
    /// In bytes.
    text: u32,
    /// In words: the opening of the newest span. Zero if the piece has no opening yet. No
    /// opening is at zero, because a piece begins there.
    newest: u32,
}

impl Cursor {
    /// A position of `newest` that no opening has.
    const REPLACED: u32 = u32::MAX;

    /// Returns whether this is a position in a chunk of replaced entries, and not in the
    /// chunk in which the span was written.
    #[inline]
    pub(crate) fn is_of_replaced(self) -> bool {
        self.newest == Self::REPLACED
    }

    /// Marks the position as one in a chunk of replaced entries. Each of these entries
    /// contains the id of its span, so the position of the newest span is not needed.
    pub(crate) fn in_replaced(self) -> Self {
        Self {
            newest: Self::REPLACED,
            ..self
        }
    }
}

/// The most bytes of each buffer that a chunk keeps when it is emptied. A chunk that is
/// handed over when it is full needs less.
const MAX_KEPT_BYTES: usize = 128 * 1_024;

impl Chunk {
    /// The size at which a scope hands over its chunk. This is about five hundred spans,
    /// so the cost of a hand-over per span is negligible. The last entries may exceed this
    /// size.
    pub(crate) const FULL_BYTES: usize = 32 * 1_024;

    /// The most words that a scope's chunk reserves in advance: those of a full chunk, and
    /// a quarter more for entries that are written before it is handed over.
    pub(crate) const FULL_WORDS: usize =
        (Self::FULL_BYTES + Self::FULL_BYTES / 4) / size_of::<u64>();

    /// Makes an empty chunk with room for `bytes` bytes; see
    /// [`reserve_room`](Self::reserve_room).
    ///
    /// All chunks of a queue have the same size, because the allocator then wastes no
    /// memory between them.
    pub(crate) fn with_room(bytes: usize) -> Self {
        let mut chunk = Self::new();
        chunk.reserve_room(bytes);
        chunk
    }

    /// Reserves room in an empty chunk: five quarters of `bytes` for words, and one
    /// quarter for texts.
    pub(crate) fn reserve_room(&mut self, bytes: usize) {
        self.words
            .reserve_exact((bytes + bytes / 4) / size_of::<u64>());
        self.text.reserve_exact(Self::text_room(bytes));
    }

    /// Returns how many bytes of text fit into a chunk that was made with room for `bytes`
    /// bytes.
    pub(crate) const fn text_room(bytes: usize) -> usize {
        bytes / 4
    }

    /// Returns whether these numbers of words and text bytes fit into the chunk without an
    /// allocation, and without more than `full` bytes in use.
    ///
    /// The queue calls this under its lock.
    #[inline]
    pub(crate) fn takes(&self, words: usize, text_bytes: usize, full: usize) -> bool {
        let (words, text) = (self.words.len() + words, self.text.len() + text_bytes);
        words <= self.words.capacity()
            && text <= self.text.capacity()
            && words * size_of::<u64>() + text <= full
    }

    /// Makes an empty chunk without buffers.
    pub(crate) const fn new() -> Self {
        Self {
            opened: 0,
            words: Vec::new(),
            text: String::new(),
        }
    }

    /// Begins a piece of the stream of a scope.
    ///
    /// `scope` and `part` are the numbers of the scope and of its part of the trace.
    /// `looks` is the number of looks at the clock when the trace began. `remote_parent`
    /// is the parent span in another process, or zero if there is none.
    #[inline]
    pub(crate) fn begin_piece(
        &mut self,
        [scope, part, looks]: [u32; 3],
        trace_id: TraceId,
        flags: TraceFlags,
        tracestate: &str,
        remote_parent: u64,
    ) {
        // The length has to fit into the index of the header. It always does, because a
        // `TraceState` has at most 16,447 bytes.
        let (length, tracestate) = match u16::try_from(tracestate.len()) {
            Ok(length) => (length, tracestate),
            Err(_) => (0, ""),
        };
        let header = Header::new(EntryKind::Piece, flags.as_byte(), length, scope);
        let [high, low] = trace_id.to_words();
        let belongs = join_halves(part, looks);
        let words = [header.word(), remote_parent, high, low, belongs];
        self.words.extend_from_slice(&words);
        if !tracestate.is_empty() {
            self.text.push_str(tracestate);
        }
    }

    /// The most words that a piece needs in addition to its entries: its beginning, the
    /// order of a visit, and the end of a trace.
    pub(crate) const AROUND_WORDS: usize = 5 + 2 + 2;

    /// Writes the order of a span's entries that follow in this scope. They come after all
    /// entries that scopes of a lower order have written for the span.
    pub(crate) fn push_moved(&mut self, span: u64, order: u32) {
        self.words
            .extend([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
    }

    /// Writes that the piece's part of the trace has ended. This has to be the last entry
    /// of the piece.
    pub(crate) fn end_trace(&mut self) {
        self.words
            .extend([Header::new(EntryKind::End, 0, 0, 0).word(), 0]);
    }

    /// Appends a copy of another chunk. `other` contains whole pieces, or the continuation
    /// of the last piece of this chunk.
    ///
    /// Entries that leave out their id are still correct, because the opening of their
    /// span is copied with them.
    pub(crate) fn append(&mut self, other: &Self) {
        self.opened += other.opened;
        self.words.extend_from_slice(&other.words);
        self.text.push_str(&other.text);
    }

    /// Empties the chunk and keeps its buffers, up to 128 KiB of each.
    pub(crate) fn clear(&mut self) {
        self.opened = 0;
        self.words.clear();
        self.text.clear();
        // Otherwise the memory of one very long text would never be freed.
        self.words.shrink_to(MAX_KEPT_BYTES / size_of::<u64>());
        self.text.shrink_to(MAX_KEPT_BYTES);
    }

    /// Appends a copy of the entry between two positions of another chunk.
    ///
    /// If the entry leaves out the id of its span, the last opening in this chunk must be
    /// the opening of that span. Otherwise the copy would belong to another span.
    pub(crate) fn copy_entry(&mut self, chunk: &Self, start: Cursor, end: Cursor) {
        let words = chunk.words.get(start.word as usize..end.word as usize);
        self.words.extend_from_slice(words.unwrap_or_default());
        let text = chunk.text.get(start.text as usize..end.text as usize);
        self.text.push_str(text.unwrap_or_default());
    }

    /// Writes the opening of a span. Does not count it in `opened`: only the decoder uses
    /// this function, and it has counted the span already.
    pub(crate) fn push_open(&mut self, site: &'static Site, span: u64, parent: u64, time: u64) {
        self.words
            .extend([site.header().word(), span, parent, time]);
    }

    /// Writes the end of a span, with its id and time.
    pub(crate) fn push_close(&mut self, span: u64, close: Close) {
        let header = Header::new(EntryKind::Close, outcome_number(close.outcome), 0, 0);
        self.words.extend([header.word(), span, close.time]);
    }

    /// Writes how many items of a span the limits have cut off, if there are any.
    pub(crate) fn push_dropped(&mut self, span: u64, dropped: DroppedItems) {
        if dropped != DroppedItems::default() {
            let header = Header::new(EntryKind::Dropped, 0, 0, 0);
            let counts = [dropped.tags, dropped.logs, dropped.links].map(u64::from);
            self.words.extend([header.word(), span]);
            self.words.extend(counts);
        }
    }

    /// Writes a log without a message, or a link to nothing. It is the placeholder for a
    /// log or link that was cut off, and will be cut off again.
    pub(crate) fn push_empty(&mut self, kind: EntryKind, span: u64) {
        // See the table of `EntryKind`: a log has a time, and a link has a trace and a
        // span.
        let words = if kind == EntryKind::Link { 3 } else { 1 };
        let header = Header::new(kind, 0, 0, 0);
        self.words.extend([header.word(), span]);
        self.words.extend(std::iter::repeat_n(0, words));
    }

    /// Returns all entries from the front. Each item has the span's id, the entry, and the
    /// position of the next entry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Entry<'_>, Cursor)> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || {
            let found = self.entry(cursor)?;
            cursor = found.2;
            Some(found)
        })
    }

    /// Returns the position behind the last entry. It has no newest span, so the next
    /// entry has to be the beginning of a piece or an opening.
    pub(crate) fn end(&self) -> Cursor {
        Cursor {
            word: u32::try_from(self.words.len()).unwrap_or(u32::MAX),
            text: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            newest: 0,
        }
    }

    /// Returns how many bytes are in use.
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>() + self.text.len()
    }

    /// Returns how many bytes are allocated, in use or not. Memory bounds use this number.
    pub(crate) fn allocated(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.text.capacity()
    }

    /// Reads the entry at `cursor`, if it is a plain entry. Returns its span's id, the
    /// entry, and the position of the next entry. Returns `None` for other kinds, for a
    /// damaged entry, and at the end.
    #[inline]
    pub(crate) fn plain_entry(&self, cursor: Cursor) -> Option<(u64, PlainEntry, Cursor)> {
        let (header, rest) = self.words.get(cursor.word as usize..)?.split_first()?;
        let header = Header::from_word(*header);
        let (span, rest, words) = if header.is_of_newest() {
            (self.newest(cursor, SPAN), rest, 1)
        } else {
            let (span, rest) = rest.split_first()?;
            (*span, rest, 2)
        };
        let read = PlainEntry::read(header, rest, || self.newest(cursor, TIME));
        let (entry, more_words, bytes) = read?;
        let next = Cursor {
            word: cursor.word.saturating_add(words + more_words),
            text: cursor.text.saturating_add(bytes),
            newest: match entry {
                PlainEntry::Open(_) => cursor.word,
                _ => cursor.newest,
            },
        };
        Some((span, entry, next))
    }

    /// Reads the entry at `cursor`, if it is a tag with a key of its span's site, and a value
    /// that is not an array. Returns the index of the key and the value. Returns `None` for
    /// other entries, for a damaged one, and at the end.
    #[inline]
    pub(crate) fn plain_tag(&self, cursor: Cursor) -> Option<(u16, TagRef<'_>)> {
        const TAG: u8 = EntryKind::Tag as u8;
        let words = self.words.get(cursor.word as usize..)?;
        let header = Header::from_word(*words.first()?);
        if header.kind_number() != TAG || header.small() & value_type::SITE_KEY == 0 {
            return None;
        }
        let argument = *words.get(if header.is_of_newest() { 1 } else { 2 })?;
        let value = match header.small() & value_type::TYPE {
            value_type::BOOL => TagRef::Bool(argument != 0),
            value_type::I64 => TagRef::I64(argument.cast_signed()),
            value_type::F64 => TagRef::F64(f64::from_bits(argument)),
            value_type::TEXT => {
                let start = cursor.text as usize;
                let end = start.checked_add(usize::try_from(argument).ok()?)?;
                TagRef::Str(self.text.get(start..end)?)
            }
            _ => return None,
        };
        Some((header.index(), value))
    }

    /// Returns the header of the entry at `cursor`, without reading the entry.
    #[inline]
    pub(crate) fn header(&self, cursor: Cursor) -> Option<Header> {
        let word = self.words.get(cursor.word as usize)?;
        Some(Header::from_word(*word))
    }

    /// Returns a word of the newest span's opening. If there is no newest span, the stream
    /// is damaged, and the result is another word or zero.
    #[inline]
    fn newest(&self, cursor: Cursor, word: usize) -> u64 {
        let word = self.words.get(cursor.newest as usize + word);
        word.copied().unwrap_or(0)
    }

    /// Reads the entry at `cursor`. Returns its span's id, the entry, and the position of
    /// the next entry. Returns `None` at the end, or if the kind of the entry is unknown.
    ///
    /// If the chunk ends within the entry, the rest is filled with zeros and empty texts.
    /// The next position is then behind the end, so a loop over the entries terminates.
    pub(crate) fn entry(&self, cursor: Cursor) -> Option<(u64, Entry<'_>, Cursor)> {
        let mut reader = Reader {
            chunk: self,
            cursor,
        };
        if cursor.word as usize >= self.words.len() {
            return None;
        }
        let header = Header::from_word(reader.word());
        let kind = header.kind()?;
        let span = if header.is_of_newest() {
            self.newest(cursor, SPAN)
        } else {
            reader.word()
        };
        let entry = Entry::read(kind, header, &mut reader);
        reader.cursor.newest = match kind {
            EntryKind::Open => cursor.word,
            // A piece that begins here has no newest span yet.
            EntryKind::Piece => 0,
            _ => cursor.newest,
        };
        Some((span, entry, reader.cursor))
    }
}

/// Takes words and texts from a chunk. Missing words are zero, and missing texts are
/// empty. Readers run on the worker's thread, where a panic would end the tracer.
///
/// With damaged lengths, a position stays at the largest number, which is behind the end.
struct Reader<'a> {
    chunk: &'a Chunk,
    cursor: Cursor,
}

impl<'a> Source<'a> for Reader<'a> {
    #[inline]
    fn word(&mut self) -> u64 {
        let word = self.chunk.words.get(self.cursor.word as usize);
        self.cursor.word = self.cursor.word.saturating_add(1);
        word.copied().unwrap_or(0)
    }

    fn newest_time(&self) -> u64 {
        self.chunk.newest(self.cursor, TIME)
    }

    fn words(&mut self, count: u64) -> &'a [u64] {
        let start = self.cursor.word as usize;
        // A count that does not fit into a `u32` is damaged. No words are taken then.
        let count = u32::try_from(count).unwrap_or(0);
        self.cursor.word = self.cursor.word.saturating_add(count);
        let rest = self.chunk.words.get(start..).unwrap_or_default();
        rest.get(..count as usize).unwrap_or_default()
    }

    #[inline]
    fn text(&mut self, bytes: u64) -> &'a str {
        let start = self.cursor.text as usize;
        let bytes = u32::try_from(bytes).unwrap_or(0);
        self.cursor.text = self.cursor.text.saturating_add(bytes);
        // `get` also fails if a position is within a character.
        let rest = self.chunk.text.get(start..).unwrap_or_default();
        rest.get(..bytes as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_lengths_end_behind_the_chunk() {
        let chunk = Chunk {
            words: vec![1, 2],
            text: "ab".to_owned(),
            ..Chunk::new()
        };
        let cursor = Cursor::default();
        let mut reader = Reader {
            chunk: &chunk,
            cursor,
        };
        for length in [1, u64::from(u32::MAX), 1] {
            let found = (reader.words(length), reader.text(length));
            let expected: (&[u64], _) = match reader.cursor.word {
                1 => (&[1], "a"),
                _ => (&[], ""),
            };
            assert_eq!(found, expected);
        }
        assert_eq!(reader.word(), 0);
        assert_eq!(reader.cursor.word, u32::MAX);
        assert_eq!(reader.cursor.text, u32::MAX);
        assert!(chunk.entry(reader.cursor).is_none());
        assert!(chunk.plain_entry(reader.cursor).is_none());
    }
}
