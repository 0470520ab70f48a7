//! A bounded collection of all spans that are spread over several pieces.
//!
//! A decoder keeps this collection between batches. The number of spans and the bytes of
//! their entries are always bounded. This file decides which span is dropped, and the
//! decoder counts the loss.

use std::collections::BTreeSet;

use super::lost_spans::LossExtent;
use super::part::Part;
use super::piece::Piece;
use super::segment::SegmentRewriter;
use super::spread_span::{EntryLocation, SpreadSpan};
use crate::process::maps::HashMap;
use crate::stream::{Chunk, Close, SiteTable};
use crate::value::Limits;

/// All spans of which only some entries were read.
///
/// A span is added when its first entry is read. It is removed when it is delivered, when
/// its part of the trace ends, or when there is no room for it.
#[derive(Debug)]
pub(super) struct SpreadSpans {
    spans: HashMap<u64, SpreadSpan>,
    /// The trace and id of each span whose opening was not read. This set and `opened` are
    /// used to find the spans of a trace that ends. Each span is in exactly one of the
    /// two.
    unopened: BTreeSet<(u128, u64)>,
    /// The trace and id of each span whose opening was read.
    opened: BTreeSet<(u128, u64)>,
    /// How many bytes the entries of all spans have allocated. It is always up to date,
    /// because the bound is checked after each change.
    bytes: usize,
    rewriter: SegmentRewriter,
    sites: SiteTable,
}

/// The most spans that are kept with an opening, and also the most that are kept without
/// one.
///
/// A span takes a few hundred bytes without its entries, so all of them take at most a few
/// dozen megabytes.
pub(super) const MAX_KEPT: usize = 65_536;

/// The most bytes of entries that all kept spans may have allocated.
const MAX_BYTES: usize = 16 * 1_024 * 1_024;

/// The fair share of one span, in bytes of entries. If there are too many bytes, the span
/// that was changed last is dropped if it exceeds this share. Otherwise any span may be
/// dropped.
const FAIR_BYTES: usize = MAX_BYTES / 16;

impl SpreadSpans {
    /// Makes an empty collection. `limits` apply to each span.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            spans: HashMap::default(),
            unopened: BTreeSet::new(),
            opened: BTreeSet::new(),
            bytes: 0,
            rewriter: SegmentRewriter::new(limits.clone()),
            sites: SiteTable::default(),
        }
    }

    /// Returns whether the span is in the collection, but its opening was not read.
    ///
    /// The fast loop calls this for each span that ends. Usually there are no such spans,
    /// and the function returns without computing a hash.
    #[inline]
    pub(super) fn has_unopened(&self, span: u64) -> bool {
        !self.unopened.is_empty() && self.spans.get(&span).is_some_and(|span| !span.is_open())
    }

    /// Returns whether all entries of a span were read.
    pub(super) fn is_ready(&self, span: u64) -> bool {
        self.spans.get(&span).is_some_and(SpreadSpan::is_ready)
    }

    /// Returns the number of spans whose opening was read.
    pub(super) fn opened(&self) -> usize {
        self.spans.len() - self.unopened.len()
    }

    /// Adds the opening of a span, and the entries that its home has written up to now.
    ///
    /// If there is another open span with the same id, removes it and returns the number
    /// of its site. The caller counts it as lost, because each opening has to be counted.
    /// Ids are random, so this hardly ever happens.
    pub(super) fn open(&mut self, id: u64, piece: &Piece, home: u32, head: Chunk) -> Option<u32> {
        let twin = self.spans.get(&id).filter(|span| span.is_open());
        let twin = twin.map(SpreadSpan::site);
        if twin.is_some() {
            self.remove(id);
        }
        let trace = piece.trace_id;
        self.change_span(id, piece, |span, _, _| {
            span.open(piece.clone(), home, head);
        });
        self.unopened.remove(&(trace.get(), id));
        self.opened.insert((trace.get(), id));
        twin
    }

    /// Adds an entry of a span.
    pub(super) fn add(&mut self, id: u64, piece: &Piece, at: EntryLocation<'_>) {
        self.change_span(id, piece, |span, rewriter, sites| {
            span.add(id, at, rewriter, sites);
        });
    }

    /// Notes the order of a span's entries that follow in the current piece.
    pub(super) fn note_order(&mut self, id: u64, piece: &Piece, order: u32, at: EntryLocation<'_>) {
        self.change_span(id, piece, |span, rewriter, sites| {
            span.note_order(order, at, rewriter, sites);
        });
    }

    /// Notes the end of a span.
    pub(super) fn close(&mut self, id: u64, piece: &Piece, close: Close) {
        self.change_span(id, piece, |span, _, _| span.close(close));
    }

    /// Adds a span if it is new, changes it, and updates the number of bytes. All changes
    /// use this function.
    fn change_span(
        &mut self,
        id: u64,
        piece: &Piece,
        change: impl FnOnce(&mut SpreadSpan, &mut SegmentRewriter, &mut SiteTable),
    ) {
        let span = self.spans.entry(id).or_insert_with(|| {
            self.unopened.insert((piece.trace_id.get(), id));
            SpreadSpan::new(piece.clone())
        });
        self.bytes = self.bytes.saturating_sub(span.bytes());
        change(span, &mut self.rewriter, &mut self.sites);
        self.bytes += span.bytes();
    }

    /// Removes a span and returns it.
    pub(super) fn remove(&mut self, id: u64) -> Option<SpreadSpan> {
        let span = self.spans.remove(&id)?;
        self.bytes = self.bytes.saturating_sub(span.bytes());
        let place = (span.piece.trace_id.get(), id);
        if span.is_open() {
            self.opened.remove(&place);
        } else {
            self.unopened.remove(&place);
        }
        Some(span)
    }

    /// Returns the pieces of all spans whose opening was read, and the numbers of their
    /// sites.
    pub(super) fn pieces_of_opened(&self) -> impl Iterator<Item = (&Piece, u32)> {
        let opened = self.spans.values().filter(|span| span.is_open());
        opened.map(|span| (&span.piece, span.site()))
    }

    /// Removes one span if too much is kept after `newest` was changed. Returns its id,
    /// its part and site, and which of its entries are lost. The caller repeats this until
    /// the result is `None`.
    ///
    /// If there are too many spans with an opening, or too many without, it removes any
    /// one of these except the newest. If there are too many bytes, it removes the newest
    /// span if it has more than its fair share. So a span that keeps growing does not
    /// displace all others.
    pub(super) fn make_room(&mut self, newest: u64) -> Option<(u64, (Part, u32), LossExtent)> {
        let victim = if self.opened() > MAX_KEPT {
            self.find_victim(|id, span| id != newest && span.is_open())
        } else if self.unopened.len() > MAX_KEPT {
            self.find_victim(|id, span| id != newest && !span.is_open())
        } else if self.bytes > MAX_BYTES {
            let newest = self.check_victim(newest, |span| span.bytes() > FAIR_BYTES);
            newest.or_else(|| self.find_victim(|_, _| true))
        } else {
            None
        };
        let (id, span) = victim.and_then(|id| Some((id, self.remove(id)?)))?;
        let lost = match (span.is_open(), span.has_ended()) {
            (true, _) => LossExtent::StatementsAndOpening,
            (false, true) => LossExtent::StatementsAndEnd,
            (false, false) => LossExtent::Statements,
        };
        Some((id, (span.piece.part(), span.site()), lost))
    }

    /// Returns a span that may be dropped. Ready spans may not, because they are delivered
    /// at the end of the current piece.
    fn find_victim(&self, choose: impl Fn(u64, &SpreadSpan) -> bool) -> Option<u64> {
        let mut spans = self.spans.iter();
        spans
            .find(|(id, span)| !span.is_ready() && choose(**id, span))
            .map(|(id, _)| *id)
    }

    /// Returns the id of a span if the span may be dropped.
    fn check_victim(&self, id: u64, choose: impl Fn(&SpreadSpan) -> bool) -> Option<u64> {
        let span = self.spans.get(&id)?;
        (!span.is_ready() && choose(span)).then_some(id)
    }

    /// Removes the spans of an ended part whose opening was not read. They were delivered
    /// earlier, so these entries came too late. Returns the number of their statements.
    pub(super) fn remove_late(&mut self, part: Part) -> u64 {
        let late = Self::ids_of_part(&self.unopened, &self.spans, part);
        let late = late.into_iter().filter_map(|id| self.remove(id));
        late.map(|span| span.statements()).sum()
    }

    /// Removes the spans of an ended part whose opening was read, but not their end. The
    /// end was lost with a chunk. Returns the numbers of their sites.
    pub(super) fn remove_unended(&mut self, part: Part) -> Vec<u32> {
        let opened = Self::ids_of_part(&self.opened, &self.spans, part);
        let lost = opened.into_iter().filter_map(|id| {
            let has_ended = self.spans.get(&id).is_some_and(SpreadSpan::has_ended);
            let span = if has_ended { None } else { self.remove(id) };
            span.map(|span| span.site())
        });
        lost.collect()
    }

    /// Returns the ids of the spans in a set that belong to a part. The set is sorted by
    /// trace, so only spans of the part's trace are checked.
    fn ids_of_part(
        ids: &BTreeSet<(u128, u64)>,
        spans: &HashMap<u64, SpreadSpan>,
        part: Part,
    ) -> Vec<u64> {
        if ids.is_empty() {
            return Vec::new();
        }
        let trace = part.trace.get();
        let of_trace = ids.range((trace, 0)..=(trace, u64::MAX)).map(|(_, id)| *id);
        let is_of_part = |span: &SpreadSpan| span.piece.part == part.number;
        of_trace
            .filter(|id| spans.get(id).is_some_and(is_of_part))
            .collect()
    }

    /// Returns how many bytes the entries of all spans have allocated.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let spans = self.spans.values().map(SpreadSpan::bytes);
        assert_eq!(self.bytes, spans.sum::<usize>());
        self.bytes
    }

    /// Removes all spans.
    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.unopened.clear();
        self.opened.clear();
        self.bytes = 0;
    }
}
