//! All spans that are not wholly in one piece.

use std::collections::BTreeSet;

use super::lost_spans::LossExtent;
use super::part::Part;
use super::piece::Piece;
use super::segment::SegmentRewriter;
use super::spread_span::{EntryLocation, SpreadSpan};
use crate::process::maps::HashMap;
use crate::stream::{Chunk, Close, SiteTable};
use crate::value::Limits;

/// All spans of which a part was read and a part is still to come, within bounds.
#[derive(Debug)]
pub(super) struct SpreadSpans {
    spans: HashMap<u64, SpreadSpan>,
    /// Those whose opening was not read, by trace, and the others.
    unopened: BTreeSet<(u128, u64)>,
    opened: BTreeSet<(u128, u64)>,
    /// Bytes that their entries take.
    bytes: usize,
    rewriter: SegmentRewriter,
    sites: SiteTable,
}

/// Most spans that are kept of each kind: whose opening was read, and whose was not.
///
/// A kept span takes some hundred bytes besides its entries, so that this stays below
/// some dozens of megabytes whatever an application does.
pub(super) const MAX_KEPT: usize = 65_536;

/// Bytes of entries that are kept in all.
const MAX_BYTES: usize = 16 * 1_024 * 1_024;

/// Bytes of entries that a span may have that is not the first to go when there are too
/// many.
const FAIR_BYTES: usize = MAX_BYTES / 16;

impl SpreadSpans {
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

    /// Whether something was said of a span before its opening. Asked at the end of each
    /// span.
    #[inline]
    pub(super) fn has_unopened(&self, span: u64) -> bool {
        !self.unopened.is_empty() && self.spans.get(&span).is_some_and(|span| !span.is_open())
    }

    pub(super) fn is_ready(&self, span: u64) -> bool {
        self.spans.get(&span).is_some_and(SpreadSpan::is_ready)
    }

    /// How many there are whose opening was read.
    pub(super) fn opened(&self) -> usize {
        self.spans.len() - self.unopened.len()
    }

    /// Adds a span that was opened; returns the site of another one that has the same id,
    /// and is forgotten.
    pub(super) fn open(&mut self, id: u64, piece: &Piece, home: u32, head: Chunk) -> Option<u32> {
        let twin = self.spans.get(&id).filter(|span| span.is_open());
        let twin = twin.map(SpreadSpan::site);
        if twin.is_some() {
            self.remove(id);
        }
        let trace = piece.trace_id;
        self.change(id, piece, |span, _, _| {
            span.open(piece.clone(), home, head);
        });
        self.unopened.remove(&(trace.get(), id));
        self.opened.insert((trace.get(), id));
        twin
    }

    /// Adds an entry that is said of a span.
    pub(super) fn add(&mut self, id: u64, piece: &Piece, at: EntryLocation<'_>) {
        self.change(id, piece, |span, rewriter, sites| {
            span.add(id, at, rewriter, sites);
        });
    }

    /// Says in which order comes what a scope says of a span from here on.
    pub(super) fn moved(&mut self, id: u64, piece: &Piece, order: u32, at: EntryLocation<'_>) {
        self.change(id, piece, |span, rewriter, sites| {
            span.moved(order, at, rewriter, sites);
        });
    }

    /// Ends a span.
    pub(super) fn close(&mut self, id: u64, piece: &Piece, close: Close) {
        self.change(id, piece, |span, _, _| span.close(close));
    }

    fn change(
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

    /// Takes a span out.
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

    /// The pieces that opened the spans whose opening was read, and the spans' sites.
    pub(super) fn pieces_of_opened(&self) -> impl Iterator<Item = (&Piece, u32)> {
        let opened = self.spans.values().filter(|span| span.is_open());
        opened.map(|span| (&span.piece, span.site()))
    }

    /// Takes a span out if too much is kept since `newest` was changed; returns of which
    /// part and site it is, and what is lost of it.
    pub(super) fn make_room(&mut self, newest: u64) -> Option<(u64, (Part, u32), LossExtent)> {
        let victim = if self.opened() > MAX_KEPT {
            self.victim(|id, span| id != newest && span.is_open())
        } else if self.unopened.len() > MAX_KEPT {
            self.victim(|id, span| id != newest && !span.is_open())
        } else if self.bytes > MAX_BYTES {
            let newest = self.victim_if(newest, |span| span.bytes() > FAIR_BYTES);
            newest.or_else(|| self.victim(|_, _| true))
        } else {
            None
        };
        let (id, span) = victim.and_then(|id| Some((id, self.remove(id)?)))?;
        let lost = match (span.is_open(), span.has_ended()) {
            (true, _) => LossExtent::SaidAndOpening,
            (false, true) => LossExtent::SaidAndEnd,
            (false, false) => LossExtent::Said,
        };
        Some((id, (span.piece.part(), span.site()), lost))
    }

    /// One that is not about to be delivered.
    fn victim(&self, choose: impl Fn(u64, &SpreadSpan) -> bool) -> Option<u64> {
        let mut spans = self.spans.iter();
        spans
            .find(|(id, span)| !span.is_ready() && choose(**id, span))
            .map(|(id, _)| *id)
    }

    fn victim_if(&self, id: u64, choose: impl Fn(&SpreadSpan) -> bool) -> Option<u64> {
        let span = self.spans.get(&id)?;
        (!span.is_ready() && choose(span)).then_some(id)
    }

    /// Forgets what was said of spans of a part of a trace that has ended: their openings
    /// will not come, as they were delivered before it was said. Returns how much that was.
    pub(super) fn end_trace(&mut self, part: Part) -> u64 {
        let late = Self::of_part(&self.unopened, &self.spans, part);
        let late = late.into_iter().filter_map(|id| self.remove(id));
        late.map(|span| span.said()).sum()
    }

    /// Forgets the spans of a part that has ended whose opening was read, and whose end was
    /// lost: it will not come. Returns their sites, by number.
    pub(super) fn end_opened(&mut self, part: Part) -> Vec<u32> {
        let opened = Self::of_part(&self.opened, &self.spans, part);
        let lost = opened.into_iter().filter_map(|id| {
            let has_ended = self.spans.get(&id).is_some_and(SpreadSpan::has_ended);
            let span = if has_ended { None } else { self.remove(id) };
            span.map(|span| span.site())
        });
        lost.collect()
    }

    fn of_part(
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

    /// Bytes that the entries of all take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let spans = self.spans.values().map(SpreadSpan::bytes);
        assert_eq!(self.bytes, spans.sum::<usize>());
        self.bytes
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.unopened.clear();
        self.opened.clear();
        self.bytes = 0;
    }
}
