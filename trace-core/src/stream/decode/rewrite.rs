//! Writes out what holds of a span, so that a span that is open for long does not grow
//! with everything that is said of it.

use super::limits::{self, Newest};
use super::span_index::{Index, OpenSpan};
use crate::stream::{Chunk, EntryKind};

/// A set of kinds has so many bits.
const KINDS: usize = u16::BITS as usize;

/// An item that there is not.
const NO_ITEM: u32 = u32::MAX;

impl Index {
    /// Writes the opening of a span.
    pub(super) fn rewrite_opening(&self, open: &OpenSpan, to: &mut Chunk) {
        if let Some(span) = self.span(open) {
            to.push_open(span.site, span.id, span.parent, span.start);
        }
    }

    /// Writes what holds of a span, without its opening, as entries that are read as the
    /// same again.
    pub(super) fn rewrite(&self, open: &OpenSpan, chunk: &Chunk, to: &mut Chunk) {
        let Some(span) = self.span(open) else {
            return;
        };
        let mut newest = [NO_ITEM; KINDS];
        let mut last_word = NO_ITEM;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(item) = entries.next_item() {
            if let Some(newest) = newest.get_mut(item.entry.kind() as usize) {
                *newest = item.index;
            }
            if last_word == NO_ITEM && limits::is_final(item.entry) {
                last_word = item.index;
            }
        }
        let mut dropped = span.dropped;
        let mut entries = self.entries(span, Some(chunk));
        while let Some(item) = entries.next_item() {
            let of_kind = newest.get(item.entry.kind() as usize).copied();
            if !limits::is_replaced(item.entry)
                || of_kind == Some(item.index)
                || last_word == item.index
            {
                to.copy_entry(chunk, item.start, item.end);
                // Its log will be cut off again.
                dropped.logs = dropped.logs.saturating_sub(item.is_unlogged.into());
            }
        }
        // As will be what the next fields belong to.
        match open.newest() {
            Newest::Kept => {}
            Newest::CutLog => dropped.logs = dropped.logs.saturating_sub(1),
            Newest::CutLink => dropped.links = dropped.links.saturating_sub(1),
        }
        to.push_dropped(span.id, dropped);
        match open.newest() {
            Newest::Kept => {}
            Newest::CutLog => to.push_empty(EntryKind::Log, span.id),
            Newest::CutLink => to.push_empty(EntryKind::Link, span.id),
        }
    }
}
