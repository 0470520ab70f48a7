//! The parents of spans whose openings were handed over.
//!
//! They serve one purpose: the context of a running span names its parent. While the opening
//! is in the chunk, it is read there. This list is kept only by scopes that continue after a
//! hand-over that was asked for.

use crate::stream::{Chunk, Cursor, PlainEntry};

/// Spans that are open and whose openings were handed over, with their parents; the
/// innermost last.
#[derive(Debug, Default)]
pub(super) struct Parents(Vec<(u64, u64)>);

/// Most spans that are kept. A span that moves away and ends elsewhere is never removed, so
/// without a bound a scope that lives for days would grow. The outermost are forgotten first.
const MAX: usize = 1_024;

impl Parents {
    /// Adds the spans that are open at the end of a chunk that is about to be handed over,
    /// and removes those that end in it.
    pub(super) fn add_open_of(&mut self, chunk: &Chunk) {
        let mut cursor = Cursor::default();
        loop {
            while let Some((span, entry, next)) = chunk.plain_entry(cursor) {
                self.apply_entry(span, entry);
                cursor = next;
            }
            // An entry that is not plain neither opens nor ends a span.
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
                // From the end, as the innermost span mostly ends first.
                if let Some(at) = all.iter().rposition(|(open, _)| *open == span) {
                    all.remove(at);
                }
            }
            PlainEntry::Tag => {}
        }
    }

    /// The parent of a span, if its opening was handed over and it is not forgotten.
    pub(super) fn parent_of(&self, span: u64) -> Option<u64> {
        let found = self.0.iter().find(|(open, _)| *open == span);
        found.map(|(_, parent)| *parent)
    }
}
