//! Writes out what holds of a span, so that a span that is open for long does not grow
//! with everything that is said of it.

use super::limits::{self, FieldOwner};
use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, EntryKind};

/// A set of kinds has so many bits.
const KINDS: usize = u16::BITS as usize;

/// An found that there is not.
const NO_ENTRY: u32 = u32::MAX;

impl SpanIndex {
    /// Writes the opening of a span.
    pub(super) fn rewrite_opening(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.span(open) {
            to.push_open(span.site, span.id, span.parent, span.start);
        }
    }

    /// Writes what holds of a span, without its opening, as entries that are read as the
    /// same again.
    pub(super) fn rewrite(&self, open: &UnendedSpan, chunk: &Chunk, to: &mut Chunk) {
        let Some(span) = self.span(open) else {
            return;
        };
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
        let mut dropped = span.dropped;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(found) = entries.next_entry() {
            let of_kind = newest.get(found.entry.kind() as usize).copied();
            if !limits::is_replaced(found.entry)
                || of_kind == Some(found.index)
                || final_status == found.index
            {
                to.copy_entry(chunk, found.start, found.end);
                // Its log will be cut off again.
                dropped.logs = dropped.logs.saturating_sub(found.is_without_log.into());
            }
        }
        // As will be what the next fields belong to.
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => dropped.logs = dropped.logs.saturating_sub(1),
            FieldOwner::CutLink => dropped.links = dropped.links.saturating_sub(1),
        }
        to.push_dropped(span.id, dropped);
        match open.field_owner() {
            FieldOwner::Kept => {}
            FieldOwner::CutLog => to.push_empty(EntryKind::Log, span.id),
            FieldOwner::CutLink => to.push_empty(EntryKind::Link, span.id),
        }
    }
}
