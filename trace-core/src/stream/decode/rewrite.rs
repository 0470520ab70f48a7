//! Writes the entries of a span again that count, and leaves the others out.
//!
//! Without this, a span that is open for long would grow with everything that is said of
//! it. What counts is in [`limits`]; when to rewrite is up to the callers. The result is
//! entries like any others: whoever reads them, with or without more entries behind them,
//! finds what it would have found in the original ones.

use super::limits::{self, FieldOwner};
use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, EntryKind};

/// The kinds that an entry of a span can have: numbers below this fit into a set of kinds.
const KINDS: usize = u16::BITS as usize;

/// The index of no entry.
const NO_ENTRY: u32 = u32::MAX;

impl SpanIndex {
    /// Writes the opening of a span. What is written behind it may leave out the id.
    pub(super) fn rewrite_opening(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.span(open) {
            to.push_open(span.site, span.id, span.parent, span.start);
        }
    }

    /// Writes the entries of a span that count, without its opening. `chunk` has the
    /// original entries.
    ///
    /// If these leave out the id, `to` must end with the opening of the span.
    pub(super) fn rewrite(&self, open: &UnendedSpan, chunk: &Chunk, to: &mut Chunk) {
        let Some(span) = self.span(open) else {
            return;
        };
        // First round: the newest entry of each kind, and the first status that is final.
        let mut newest = [NO_ENTRY; KINDS];
        let mut final_status = NO_ENTRY;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(found) = entries.next_entry() {
            if let Some(newest) = newest.get_mut(found.entry.kind() as usize) {
                *newest = found.index;
            }
            if final_status == NO_ENTRY && limits::is_final(found.entry) {
                final_status = found.index;
            }
        }
        // Second round: entries that nothing replaces, and of the others these two. Their
        // order stays, as it decides between a status and an error.
        let mut dropped = span.dropped;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(found) = entries.next_entry() {
            let of_kind = newest.get(found.entry.kind() as usize).copied();
            if !limits::is_replaced(found.entry)
                || of_kind == Some(found.index)
                || final_status == found.index
            {
                to.copy_entry(chunk, found.start, found.end);
                // The copy still has its log, which will be cut off and counted again.
                dropped.logs = dropped.logs.saturating_sub(found.is_without_log.into());
            }
        }
        // If the newest log or link was cut off, an empty one is written in its place: the
        // fields that may still come belong to it, and not to the one before. It will be
        // cut off and counted again, too.
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => dropped.logs = dropped.logs.saturating_sub(1),
            FieldOwner::CutLink => dropped.links = dropped.links.saturating_sub(1),
        }
        to.push_dropped(span.id, dropped);
        // Last: only fields that come later belong to it.
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => to.push_empty(EntryKind::Log, span.id),
            FieldOwner::CutLink => to.push_empty(EntryKind::Link, span.id),
        }
    }
}
