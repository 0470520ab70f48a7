//! Rewrites the entries of a span: copies those that count, and leaves out the others.
//!
//! Without this, a span that is open for a long time would grow with each entry.
//! [`limits`] decides which entries count, and the callers decide when to rewrite. The new
//! entries have the same meaning as the original ones, even if more entries follow.

use super::limits::{self, FieldOwner};
use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, EntryKind};

/// The size of a set of kinds. The number of every kind that is attached to a span is
/// below it.
const KINDS: usize = u16::BITS as usize;

/// An index that no entry has.
const NO_ENTRY: u32 = u32::MAX;

impl SpanIndex {
    /// Writes the opening of a span. Entries that are written after it may leave out the
    /// id.
    pub(super) fn rewrite_opening(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.span(open) {
            to.push_open(span.site, span.id, span.parent, span.start);
        }
    }

    /// Writes those entries of a span that count, without its opening. `chunk` contains
    /// the original entries. If some of them leave out the id, `to` has to end with the
    /// opening.
    pub(super) fn rewrite(&self, open: &UnendedSpan, chunk: &Chunk, to: &mut Chunk) {
        let Some(span) = self.span(open) else {
            return;
        };
        // First round: find the newest entry of each kind, and the first status that is
        // final.
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
        // Second round: copy the entries that were found, and all entries that are never
        // replaced. They keep their order, because the order decides between a status and
        // an error.
        let mut dropped = span.dropped;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(found) = entries.next_entry() {
            let of_kind = newest.get(found.entry.kind() as usize).copied();
            if !limits::is_replaced(found.entry)
                || of_kind == Some(found.index)
                || final_status == found.index
            {
                to.copy_entry(chunk, found.start, found.end);
                // The copied error has a log again. The log will be cut off and counted
                // again when the copy is read, so it must not be counted here, too.
                dropped.logs = dropped.logs.saturating_sub(found.is_without_log.into());
            }
        }
        // If the newest log or link was cut off, a placeholder is written, so that fields
        // that follow are cut off as well. The placeholder is counted again when it is
        // read.
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => dropped.logs = dropped.logs.saturating_sub(1),
            FieldOwner::CutLink => dropped.links = dropped.links.saturating_sub(1),
        }
        to.push_dropped(span.id, dropped);
        // The placeholder is last, because only later fields belong to it.
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => to.push_empty(EntryKind::Log, span.id),
            FieldOwner::CutLink => to.push_empty(EntryKind::Link, span.id),
        }
    }
}
