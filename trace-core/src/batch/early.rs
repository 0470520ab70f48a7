//! What is read of spans before their opening.

use std::collections::HashMap;

use crate::stream::{Chunk, Cursor, Entry};

/// Entries of spans whose opening is still to come: those of a future that moved to
/// another scope, where they were handed over before the scope in which it began.
#[derive(Debug, Default)]
pub(crate) struct Early {
    spans: HashMap<u64, Chunk>,
    bytes: usize,
}

/// Bytes that are kept in all. Beyond, a span loses what was said of it, and if
/// that includes its end it stays pending.
const MAX_BYTES: usize = 16 * 1_024 * 1_024;

/// What a span takes besides its entries.
const SPAN_BYTES: usize = size_of::<Chunk>() + 64;

impl Early {
    pub(crate) fn has(&self, span: u64) -> bool {
        self.spans.contains_key(&span)
    }

    /// Adds the entry that lies between two places of a chunk.
    pub(crate) fn add(&mut self, span: u64, chunk: &Chunk, start: Cursor, end: Cursor) {
        while self.bytes >= MAX_BYTES
            && let Some(victim) = self.spans.keys().next().copied()
        {
            self.remove(victim);
        }
        let early = self.spans.entry(span).or_insert_with(|| {
            self.bytes += SPAN_BYTES;
            Chunk::new()
        });
        self.bytes = self.bytes.saturating_sub(early.bytes());
        early.copy_entry(chunk, start, end);
        self.bytes += early.bytes();
    }

    /// Takes what there is of a span, in the order in which it was added.
    pub(crate) fn remove(&mut self, span: u64) -> Option<Chunk> {
        let early = self.spans.remove(&span)?;
        self.bytes = self.bytes.saturating_sub(early.bytes() + SPAN_BYTES);
        Some(early)
    }
}

impl Chunk {
    /// Whether the end of a span is in here.
    pub(crate) fn has_ended(&self) -> bool {
        self.entries().any(|entry| matches!(entry, Entry::Close(_)))
    }

    /// All entries, from the front.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || {
            let (_, entry, next) = self.entry(cursor)?;
            cursor = next;
            Some(entry)
        })
    }
}
