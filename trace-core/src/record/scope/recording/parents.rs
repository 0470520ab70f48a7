//! The parents of spans whose openings were handed over.
//!
//! They are needed for one thing: the context of a running span names its parent. As long
//! as the opening is in the chunk it is read there. This is kept only by scopes that go
//! on after a hand-over.

use crate::stream::{Chunk, Cursor, PlainEntry};

/// Spans that are open, and their parents, as far as their openings were handed over;
/// innermost last.
#[derive(Debug, Default)]
pub(super) struct Parents(Vec<(u64, u64)>);

/// Most that are kept: spans that move away and end elsewhere do not leave.
const MAX: usize = 1_024;

impl Parents {
    /// Keeps those of a chunk that is to be handed over.
    pub(super) fn add_open_of(&mut self, chunk: &Chunk) {
        let mut cursor = Cursor::default();
        loop {
            while let Some((span, entry, next)) = chunk.plain_entry(cursor) {
                self.apply_entry(span, entry);
                cursor = next;
            }
            // What is not plain opens and ends nothing.
            let Some((_, _, next)) = chunk.entry(cursor) else {
                break;
            };
            cursor = next;
        }
        let Self(all) = self;
        all.drain(..all.len().saturating_sub(MAX));
    }

    /// Notes a span that opens, and forgets one that ends.
    fn apply_entry(&mut self, span: u64, entry: PlainEntry) {
        let Self(all) = self;
        match entry {
            PlainEntry::Open(open) => all.push((span, open.parent)),
            PlainEntry::Close(_) => {
                if let Some(at) = all.iter().rposition(|(open, _)| *open == span) {
                    all.remove(at);
                }
            }
            PlainEntry::Tag => {}
        }
    }

    /// The parent of a span.
    pub(super) fn parent_of(&self, span: u64) -> Option<u64> {
        let found = self.0.iter().find(|(open, _)| *open == span);
        found.map(|(_, parent)| *parent)
    }
}
