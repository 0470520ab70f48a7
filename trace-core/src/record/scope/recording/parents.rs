//! The parents of spans whose openings were handed over.
//!
//! They are needed for the context of a running span, which contains the parent. While the
//! opening is in the chunk, the parent is read there. Only scopes that continue after a
//! requested hand-over keep this list.

use crate::stream::{Chunk, Cursor, PlainEntry};

/// Open spans whose openings were handed over, with their parents. The innermost is last.
#[derive(Debug, Default)]
pub(super) struct Parents(Vec<(u64, u64)>);

/// The maximum number of spans in the list. A span that moves and ends elsewhere is never
/// removed, so a scope that lives for days would grow without a bound. The outermost are
/// forgotten first.
const MAX: usize = 1_024;

impl Parents {
    /// Updates the list for a chunk that is about to be handed over. Adds the spans that are
    /// open at its end, and removes those that end in it.
    pub(super) fn add_open_of(&mut self, chunk: &Chunk) {
        let mut cursor = Cursor::default();
        loop {
            while let Some((span, entry, next)) = chunk.plain_entry(cursor) {
                self.apply_entry(span, entry);
                cursor = next;
            }
            // Only plain entries open or end a span.
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
                // The search starts at the end, because the innermost span usually ends first.
                if let Some(at) = all.iter().rposition(|(open, _)| *open == span) {
                    all.remove(at);
                }
            }
            PlainEntry::Tag => {}
        }
    }

    /// The parent of a span, if its opening was handed over and the span is still in the list.
    pub(super) fn parent_of(&self, span: u64) -> Option<u64> {
        let found = self.0.iter().find(|(open, _)| *open == span);
        found.map(|(_, parent)| *parent)
    }
}
