//! Pieces of the streams of scopes.

use super::entry::{Close, Entry, Source};
use super::entry_kind::EntryKind;
use super::header::{Header, join_halves, outcome_number};
use super::plain_entry::PlainEntry;
use super::site::Site;
use crate::value::{DroppedItems, TraceFlags, TraceId};

/// Pieces of the streams of scopes: the words and the texts that they speak of.
///
/// Each piece begins with an entry that names the trace. While a scope records,
/// its chunk holds one piece; in the queue the pieces of several scopes may share
/// a chunk. Recycled between the threads that write and the one that reads, so
/// that recording allocates nothing in the long run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// How many spans the words open.
    pub(crate) opened: u64,
    pub(crate) words: Vec<u64>,
    pub(crate) text: String,
}

/// Where the span and the time are in the entry that opens a span.
const SPAN: usize = 1;
const TIME: usize = 3;

/// A place in a chunk, between two entries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    word: u32,
    text: u32,
    /// Where the entry is that opens the newest span; zero, where a piece begins, if
    /// the piece has opened none.
    newest: u32,
}

/// Bytes that an emptied chunk keeps, of each kind: more than one needs that is
/// handed over when it is full.
const MAX_KEPT_BYTES: usize = 128 * 1_024;

impl Chunk {
    /// Bytes at which a chunk is full: some five hundred spans, so that handing it
    /// over costs each of them nearly nothing.
    pub(crate) const FULL_BYTES: usize = 32 * 1_024;

    /// Words that a chunk has at most that is handed over when it is full.
    pub(crate) const FULL_WORDS: usize =
        (Self::FULL_BYTES + Self::FULL_BYTES / 4) / size_of::<u64>();

    /// An empty chunk that is not allocated anew while it gets so full: with buffers of
    /// one size the allocator wastes nothing between them.
    pub(crate) fn with_room(bytes: usize) -> Self {
        let mut chunk = Self::new();
        chunk.reserve_room(bytes);
        chunk
    }

    /// Makes so much room in an empty one.
    pub(crate) fn reserve_room(&mut self, bytes: usize) {
        self.words
            .reserve_exact((bytes + bytes / 4) / size_of::<u64>());
        self.text.reserve_exact(Self::text_room(bytes));
    }

    /// Bytes of text for which an empty one with so much room has room.
    pub(crate) const fn text_room(bytes: usize) -> usize {
        bytes / 4
    }

    /// Whether so many words and bytes of text can be added without allocating, and without
    /// having more than `full` bytes in use.
    #[inline]
    pub(crate) fn takes(&self, words: usize, text_bytes: usize, full: usize) -> bool {
        let (words, text) = (self.words.len() + words, self.text.len() + text_bytes);
        words <= self.words.capacity()
            && text <= self.text.capacity()
            && words * size_of::<u64>() + text <= full
    }

    /// An empty chunk without storage.
    pub(crate) const fn new() -> Self {
        Self {
            opened: 0,
            words: Vec::new(),
            text: String::new(),
        }
    }

    /// Begins a piece of the stream of a scope, which belongs to a part of a trace, whose
    /// times are to be read by a look at the clock. The parent is the one in another process
    /// under which the trace goes on here, or zero.
    #[inline]
    pub(crate) fn begin_piece(
        &mut self,
        [scope, part, looks]: [u32; 3],
        trace_id: TraceId,
        flags: TraceFlags,
        tracestate: &str,
        remote_parent: u64,
    ) {
        // The limits of `TraceState` allow a quarter of that.
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

    /// Most words with which a piece begins and ends: one that is moved, and the last of a
    /// trace.
    pub(crate) const AROUND_WORDS: usize = 5 + 2 + 2;

    /// Says that what follows of a span comes after all of a lower order.
    pub(crate) fn push_moved(&mut self, span: u64, order: u32) {
        self.words
            .extend([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
    }

    /// Says that the piece's trace has ended in this process.
    pub(crate) fn end_trace(&mut self) {
        self.words
            .extend([Header::new(EntryKind::End, 0, 0, 0).word(), 0]);
    }

    /// Adds the pieces of another chunk.
    pub(crate) fn append(&mut self, other: &Self) {
        self.opened += other.opened;
        self.words.extend_from_slice(&other.words);
        self.text.push_str(&other.text);
    }

    /// Empties the chunk and keeps its storage, within reason.
    pub(crate) fn clear(&mut self) {
        self.opened = 0;
        self.words.clear();
        self.text.clear();
        // One very long text must not be paid for as long as the process lives.
        self.words.shrink_to(MAX_KEPT_BYTES / size_of::<u64>());
        self.text.shrink_to(MAX_KEPT_BYTES);
    }

    /// Appends a copy of the entry that lies between two places of another chunk.
    pub(crate) fn copy_entry(&mut self, chunk: &Self, start: Cursor, end: Cursor) {
        let words = chunk.words.get(start.word as usize..end.word as usize);
        self.words.extend_from_slice(words.unwrap_or_default());
        let text = chunk.text.get(start.text as usize..end.text as usize);
        self.text.push_str(text.unwrap_or_default());
    }

    /// Opens a span of a site.
    pub(crate) fn push_open(&mut self, site: &'static Site, span: u64, parent: u64, time: u64) {
        self.words
            .extend([site.header().word(), span, parent, time]);
    }

    /// Ends a span.
    pub(crate) fn push_close(&mut self, span: u64, close: Close) {
        let header = Header::new(EntryKind::Close, outcome_number(close.outcome), 0, 0);
        self.words.extend([header.word(), span, close.time]);
    }

    /// Says what limits have cut off of a span, if they have.
    pub(crate) fn push_dropped(&mut self, span: u64, dropped: DroppedItems) {
        if dropped != DroppedItems::default() {
            let header = Header::new(EntryKind::Dropped, 0, 0, 0);
            let counts = [dropped.tags, dropped.logs, dropped.links].map(u64::from);
            self.words.extend([header.word(), span]);
            self.words.extend(counts);
        }
    }

    /// Adds a log without a message, or a link to nothing: what a limit will cut off.
    pub(crate) fn push_empty(&mut self, kind: EntryKind, span: u64) {
        let words = if kind == EntryKind::Link { 3 } else { 1 };
        let header = Header::new(kind, 0, 0, 0);
        self.words.extend([header.word(), span]);
        self.words.extend(std::iter::repeat_n(0, words));
    }

    /// All entries from the front: the span, the entry, and where the next one is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Entry<'_>, Cursor)> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || {
            let found = self.entry(cursor)?;
            cursor = found.2;
            Some(found)
        })
    }

    /// The place behind the last entry.
    pub(crate) fn end(&self) -> Cursor {
        Cursor {
            word: u32::try_from(self.words.len()).unwrap_or(u32::MAX),
            text: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            newest: 0,
        }
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>() + self.text.len()
    }

    /// Bytes that are allocated, in use or not.
    pub(crate) fn allocated(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.text.capacity()
    }

    /// Reads the entry at `cursor`, if it is a plain one: its span, itself, and where
    /// the next one is.
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
            word: cursor.word + words + more_words,
            text: cursor.text + bytes,
            newest: match entry {
                PlainEntry::Open(_) => cursor.word,
                _ => cursor.newest,
            },
        };
        Some((span, entry, next))
    }

    /// A word of the entry that opens the newest span.
    #[inline]
    fn newest(&self, cursor: Cursor, word: usize) -> u64 {
        let word = self.words.get(cursor.newest as usize + word);
        word.copied().unwrap_or(0)
    }

    /// Reads the entry at `cursor`: its span, itself, and where the next one is;
    /// `None` at the end.
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
            EntryKind::Piece => 0,
            _ => cursor.newest,
        };
        Some((span, entry, reader.cursor))
    }
}

/// Takes words and texts from a chunk. What is not there reads as zero or empty:
/// a stream is only written by this crate, and a reader must not panic.
struct Reader<'a> {
    chunk: &'a Chunk,
    cursor: Cursor,
}

impl<'a> Source<'a> for Reader<'a> {
    #[inline]
    fn word(&mut self) -> u64 {
        let word = self.chunk.words.get(self.cursor.word as usize);
        self.cursor.word += 1;
        word.copied().unwrap_or(0)
    }

    fn newest_time(&self) -> u64 {
        self.chunk.newest(self.cursor, TIME)
    }

    fn words(&mut self, count: u64) -> &'a [u64] {
        let start = self.cursor.word as usize;
        let count = u32::try_from(count).unwrap_or(0);
        self.cursor.word += count;
        self.chunk
            .words
            .get(start..start + count as usize)
            .unwrap_or(&[])
    }

    #[inline]
    fn text(&mut self, bytes: u64) -> &'a str {
        let start = self.cursor.text as usize;
        let bytes = u32::try_from(bytes).unwrap_or(0);
        self.cursor.text += bytes;
        self.chunk
            .text
            .get(start..start + bytes as usize)
            .unwrap_or("")
    }
}
