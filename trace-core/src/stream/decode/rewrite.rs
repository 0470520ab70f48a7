//! Writes those entries of a span again that count, and leaves the others out.
//!
//! Without this, a span that is open for long would grow with each entry. [`limits`] says
//! which entries count; the callers decide when to rewrite. The new entries say the same as
//! the original ones, on their own and together with entries that follow.

use super::limits::{self, FieldOwner};
use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, EntryKind};

/// The kinds that an entry of a span can have: numbers below this fit into a set of kinds.
const KINDS: usize = u16::BITS as usize;

/// The index of no entry.
const NO_ENTRY: u32 = u32::MAX;

impl SpanIndex {
    /// Writes the opening of a span. Entries behind it may leave out the id.
    pub(super) fn rewrite_opening(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.span(open) {
            to.push_open(span.site, span.id, span.parent, span.start);
        }
    }

    /// Writes those entries of a span that count, without its opening. `chunk` has the
    /// original entries. If some of them leave out the id, `to` has to end with the opening.
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
        // Second round: copies all entries that nothing replaces, and these. They keep their
        // order, which decides between a status and an error.
        let mut dropped = span.dropped;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(found) = entries.next_entry() {
            let of_kind = newest.get(found.entry.kind() as usize).copied();
            if !limits::is_replaced(found.entry)
                || of_kind == Some(found.index)
                || final_status == found.index
            {
                to.copy_entry(chunk, found.start, found.end);
                // The copy says again that it has a log. That will be cut off and counted
                // again, so it must not be counted here, too.
                dropped.logs = dropped.logs.saturating_sub(found.is_without_log.into());
            }
        }
        // If the newest log or link was cut off, an empty one stands for it, so that fields
        // that follow are cut off as well. That one is counted again, too.
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
