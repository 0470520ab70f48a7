//! The buffers that hold a stream, and the places in them.
//!
//! This file writes the beginnings and ends of pieces, and the entries that the decoder
//! writes. All other entries come as words from a thread's stage. To read an entry, this
//! file finds its words, and [`entry`](super::entry) or
//! [`plain_entry`](super::plain_entry) says what they mean. How many chunks there may be is
//! up to the queue.

use super::entry::{Close, Entry, Source};
use super::entry_kind::EntryKind;
use super::header::{Header, join_halves, outcome_number};
use super::plain_entry::PlainEntry;
use super::site::Site;
use crate::value::{DroppedItems, TraceFlags, TraceId};

/// Pieces of the streams of scopes: their words and their texts.
///
/// Each piece begins with an entry that names the trace. While a scope records, its chunk
/// has one piece, and a short piece gets its beginning only when it is handed over. In the
/// queue, several scopes may have their pieces in one chunk. No piece and no entry is split
/// between two chunks.
///
/// A chunk has one owner at a time: the scope, then the queue, then the worker's batch. It
/// then goes back to the queue or to a thread and is used again, so in the long run
/// recording allocates nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// How many spans the words open. If the chunk is lost, that many spans are counted as
    /// lost, so it has to be exact.
    pub(crate) opened: u64,
    pub(crate) words: Vec<u64>,
    /// The texts of all entries, in their order, with nothing in between.
    pub(crate) text: String,
}

/// Where the span and the time are in the entry that opens a span.
const SPAN: usize = 1;
const TIME: usize = 3;

/// A place in a chunk, between two entries.
///
/// It is only valid for the chunk from which it came. It needs a place in both buffers,
/// because an entry does not say where its text begins: that follows from all entries
/// before it.
///
/// The places are `u32`, because the index keeps a cursor for each entry. A chunk is handed
/// over at 32 KiB, and one entry is far below 4 GiB, so they do not overflow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    /// In words.
    word: u32,
    /// In bytes.
    text: u32,
    /// In words: where the entry is that opens the newest span. Zero if the piece has opened
    /// none. No span is opened at zero, as a piece begins there.
    newest: u32,
}

/// Bytes that an emptied chunk keeps of each buffer: more than a chunk needs that is
/// handed over when it is full.
const MAX_KEPT_BYTES: usize = 128 * 1_024;

impl Chunk {
    /// Bytes at which a scope hands over its chunk: about five hundred spans, so that a
    /// hand-over costs each of them nearly nothing. The last entries may exceed it.
    pub(crate) const FULL_BYTES: usize = 32 * 1_024;

    /// The most words for which a scope's chunk grows ahead of need: those of a full chunk,
    /// and a quarter more for what is written until it is handed over.
    pub(crate) const FULL_WORDS: usize =
        (Self::FULL_BYTES + Self::FULL_BYTES / 4) / size_of::<u64>();

    /// Makes an empty chunk that takes so many bytes without allocating again.
    ///
    /// All chunks of a queue are made with the same size: between buffers of one size the
    /// allocator wastes nothing.
    pub(crate) fn with_room(bytes: usize) -> Self {
        let mut chunk = Self::new();
        chunk.reserve_room(bytes);
        chunk
    }

    /// Makes room for so many bytes in an empty chunk: five quarters of them for words, and
    /// one quarter for texts.
    pub(crate) fn reserve_room(&mut self, bytes: usize) {
        self.words
            .reserve_exact((bytes + bytes / 4) / size_of::<u64>());
        self.text.reserve_exact(Self::text_room(bytes));
    }

    /// Returns how many bytes of text fit into a chunk that was made with this room.
    pub(crate) const fn text_room(bytes: usize) -> usize {
        bytes / 4
    }

    /// Returns whether so many words and bytes of text can be added without allocating,
    /// and without having more than `full` bytes in use.
    ///
    /// The queue asks this under its lock.
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
    /// The three numbers are those of the scope, of its part of the trace, and of the look
    /// at the clock by which times are read. `remote_parent` is the span of another process
    /// below which the trace continues here; zero if there is none.
    #[inline]
    pub(crate) fn begin_piece(
        &mut self,
        [scope, part, looks]: [u32; 3],
        trace_id: TraceId,
        flags: TraceFlags,
        tracestate: &str,
        remote_parent: u64,
    ) {
        // The length has to fit into the index of the header. A `TraceState` is at most a
        // quarter as long, so none is lost here.
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

    /// The most words with which a piece begins and ends: its beginning, the order of a
    /// visit, and the end of a trace.
    pub(crate) const AROUND_WORDS: usize = 5 + 2 + 2;

    /// Says that from here on, what this scope says of a span comes after all that scopes
    /// of a lower order say of it.
    pub(crate) fn push_moved(&mut self, span: u64, order: u32) {
        self.words
            .extend([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
    }

    /// Says that the piece's part of the trace has ended. This has to be the last entry of
    /// the piece.
    pub(crate) fn end_trace(&mut self) {
        self.words
            .extend([Header::new(EntryKind::End, 0, 0, 0).word(), 0]);
    }

    /// Adds a copy of what is in another chunk: pieces, or more of the same piece.
    ///
    /// Entries that leave out their id keep their meaning, because the opening of their span
    /// is copied with them.
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
        // Otherwise the memory of one very long text would stay for the life of the process.
        self.words.shrink_to(MAX_KEPT_BYTES / size_of::<u64>());
        self.text.shrink_to(MAX_KEPT_BYTES);
    }

    /// Appends a copy of the entry that is between two places of another chunk.
    ///
    /// If the entry leaves out the id of its span, the last opening in this chunk must be
    /// that of the span. Otherwise the copy would belong to another span.
    pub(crate) fn copy_entry(&mut self, chunk: &Self, start: Cursor, end: Cursor) {
        let words = chunk.words.get(start.word as usize..end.word as usize);
        self.words.extend_from_slice(words.unwrap_or_default());
        let text = chunk.text.get(start.text as usize..end.text as usize);
        self.text.push_str(text.unwrap_or_default());
    }

    /// Writes the opening of a span. Does not count it in `opened`: this is for chunks of
    /// the decoder, whose spans were counted when they were read.
    pub(crate) fn push_open(&mut self, site: &'static Site, span: u64, parent: u64, time: u64) {
        self.words
            .extend([site.header().word(), span, parent, time]);
    }

    /// Writes the end of a span, with its id and time.
    pub(crate) fn push_close(&mut self, span: u64, close: Close) {
        let header = Header::new(EntryKind::Close, outcome_number(close.outcome), 0, 0);
        self.words.extend([header.word(), span, close.time]);
    }

    /// Writes how much the limits have cut off of a span, if they have.
    pub(crate) fn push_dropped(&mut self, span: u64, dropped: DroppedItems) {
        if dropped != DroppedItems::default() {
            let header = Header::new(EntryKind::Dropped, 0, 0, 0);
            let counts = [dropped.tags, dropped.logs, dropped.links].map(u64::from);
            self.words.extend([header.word(), span]);
            self.words.extend(counts);
        }
    }

    /// Writes a log without a message, or a link to nothing. It stands for one that was
    /// cut off, and will be cut off again.
    pub(crate) fn push_empty(&mut self, kind: EntryKind, span: u64) {
        // As in the table of `EntryKind`: a log has a time; a link has a trace and a span.
        let words = if kind == EntryKind::Link { 3 } else { 1 };
        let header = Header::new(kind, 0, 0, 0);
        self.words.extend([header.word(), span]);
        self.words.extend(std::iter::repeat_n(0, words));
    }

    /// Returns all entries from the front: the span, the entry, and where the next one is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Entry<'_>, Cursor)> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || {
            let found = self.entry(cursor)?;
            cursor = found.2;
            Some(found)
        })
    }

    /// Returns the place behind the last entry. The place has no newest span, so what is
    /// appended there has to begin with a piece or an opening.
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

    /// Returns how many bytes are allocated, in use or not. Bounds of memory count these.
    pub(crate) fn allocated(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.text.capacity()
    }

    /// Reads the entry at `cursor`, if it is a plain one. Returns its span, the entry, and
    /// where the next one is. `None` may mean another entry, a damaged one, or the end.
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

    /// Returns a word of the entry that opens the newest span. If there is none, the stream
    /// is damaged, and this is another word or zero.
    #[inline]
    fn newest(&self, cursor: Cursor, word: usize) -> u64 {
        let word = self.words.get(cursor.newest as usize + word);
        word.copied().unwrap_or(0)
    }

    /// Reads the entry at `cursor`. Returns its span, the entry, and where the next one is.
    /// `None` at the end, or if the kind of the entry is unknown.
    ///
    /// An entry that ends early is returned with zeros and empty texts, and the next place
    /// is behind the end. So a loop over the entries ends.
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
            // What another scope opened is not the newest span of this one.
            EntryKind::Piece => 0,
            _ => cursor.newest,
        };
        Some((span, entry, reader.cursor))
    }
}

/// Takes words and texts from a chunk. What is missing reads as zero or empty: readers run
/// on the worker's thread, where a panic would end the tracer.
///
/// Sums of places and lengths are not checked. They cannot overflow in what this crate
/// writes. With damaged lengths they might, and a debug build would then panic.
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
        // A count that does not fit is damage: nothing is taken.
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
        // `get` also refuses a place within a character.
        self.chunk
            .text
            .get(start..start + bytes as usize)
            .unwrap_or("")
    }
}
