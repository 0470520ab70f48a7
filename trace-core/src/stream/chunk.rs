//! A piece of the stream of one scope.

use super::entry::{Entry, Header, Source};
use crate::context::TraceFlags;
use crate::id::TraceId;
use crate::tracestate::TraceState;

/// A piece of the stream of one scope: the words and the texts that they speak of.
///
/// Cut between entries only. Recycled between the threads that write and the one
/// that reads, so that recording allocates nothing in the long run.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    /// The remote parent of the scope's first span, or zero.
    pub(crate) remote_parent: u64,
    /// How many spans the words open.
    pub(crate) opened: u64,
    /// Whether the trace's last scope in this process ended with this chunk.
    pub(crate) completes_trace: bool,
    pub(crate) words: Vec<u64>,
    pub(crate) text: String,
}

/// A place in a chunk, between two entries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    word: u32,
    text: u32,
}

impl Chunk {
    /// An empty chunk without storage.
    pub(crate) const fn new() -> Self {
        Self {
            trace_id: TraceId::PLACEHOLDER,
            flags: TraceFlags::NONE,
            tracestate: TraceState::new(),
            remote_parent: 0,
            opened: 0,
            completes_trace: false,
            words: Vec::new(),
            text: String::new(),
        }
    }

    /// Empties the chunk and keeps its storage.
    pub(crate) fn clear(&mut self) {
        self.tracestate = TraceState::new();
        self.remote_parent = 0;
        self.opened = 0;
        self.completes_trace = false;
        self.words.clear();
        self.text.clear();
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>() + self.text.len()
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
        let span = reader.word();
        let entry = Entry::read(kind, header, &mut reader);
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
