//! The state machine that reads chunks. It finds the span of each entry, and decides
//! whether the span is delivered, kept or dropped.
//!
//! Nearly every span begins and ends within one piece. A short loop reads such spans
//! directly into the index. All other spans are kept in [`SpreadSpans`] until they are
//! complete. [`LostSpans`] contains the spans that can no longer become complete. This
//! file does not decide how entries change a span: the index and [`limits`](super::limits)
//! do.

#[cfg(test)]
mod tests;

use super::decoded::Decoded;
use super::lost_spans::LostSpans;
use super::part::{Part, PartReport, PartState};
use super::part_losses::PartLosses;
use super::piece::Piece;
use super::span_index::{SpanIndex, UnendedSpan};
use super::spread_span::EntryLocation;
use super::spread_spans::{MAX_KEPT, SpreadSpans};
use super::trace_losses::{LossReason, TraceLosses};
use crate::process::maps::HashSet;
use crate::stream::{Chunk, Close, Cursor, Entry, PlainEntry, SiteTable};
use crate::value::{Limits, TraceFlags, TraceId};

/// Reads the chunks of one tracer, in the order in which they were handed over.
///
/// A span's entries may be spread over several pieces: of one long-lived scope, or of
/// several scopes if the span moved. The decoder copies the entries of such a span. When
/// it has the opening and the end, it reads the copies like the entries of any other span.
///
/// Invariant: for each opening, exactly one span is delivered, dropped for a counted
/// reason, or kept. Nothing else is counted as a span. There is one exception: the decoder
/// does not read the rest of a damaged chunk.
///
/// Between two chunks `open`, `ready`, `part` and `ended` are empty.
#[derive(Debug)]
pub(crate) struct Decoder {
    sites: SiteTable,
    limits: Limits,
    /// The index of the current piece in the batch. The *current* piece is the one that is
    /// being read.
    piece: u32,
    /// The number of pieces that this decoder has read, which is also the number of the
    /// current piece. It distinguishes two pieces of one scope.
    pieces: u64,
    /// The number of the scope that wrote the current piece.
    scope: u32,
    /// The spans of the current piece that have no end yet. The last one is the innermost.
    open: Vec<UnendedSpan>,
    /// The spans that are spread over several pieces.
    spread: SpreadSpans,
    /// The ids of spread spans that the current piece has completed. They are delivered at
    /// the end of the piece, because more of their entries may follow in it.
    ready: Vec<u64>,
    /// Lost spans for which more entries may still be read.
    lost: LostSpans,
    /// The part of the current piece, unless it has ended.
    part: Option<Part>,
    /// The part that has ended with the current piece.
    ended: Option<Part>,
    /// The parts that were reported as open and have not ended. The decoder does not bound
    /// this set: it contains as many parts as run at the same time.
    open_parts: HashSet<Part>,
    /// The losses of parts that are not reported yet.
    losses: PartLosses,
    /// The spans and statements that were dropped since the last
    /// [`take_dropped`](Self::take_dropped).
    dropped: DecodeLosses,
}

/// Spans and statements that were dropped, by reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecodeLosses {
    /// For each span that lost its opening or its end with a chunk, the number of its
    /// site.
    pub(crate) queue: Vec<u32>,
    /// For each span that was dropped to make room, the number of its site.
    pub(crate) limit: Vec<u32>,
    /// How many statements (tags, logs and so on) were read after their span had been
    /// delivered.
    pub(crate) unattached: u64,
}

impl Decoder {
    /// Makes the decoder of a tracer. It counts the losses of up to `max_parts` parts
    /// separately.
    pub(crate) fn new(limits: Limits, max_parts: usize) -> Self {
        Self {
            sites: SiteTable::default(),
            spread: SpreadSpans::new(&limits),
            limits,
            piece: 0,
            pieces: 0,
            scope: 0,
            open: Vec::new(),
            ready: Vec::new(),
            lost: LostSpans::default(),
            part: None,
            ended: None,
            open_parts: HashSet::default(),
            losses: PartLosses::bounded(max_parts),
            dropped: DecodeLosses::default(),
        }
    }

    /// Reads a chunk into `out`, which keeps the chunk. Afterwards the complete spans are
    /// in `out`, and all others are in this decoder.
    pub(crate) fn read(&mut self, chunk: Chunk, out: &mut Decoded) {
        let number = out.push_chunk(chunk);
        let mut cursor = Cursor::default();
        // The fast function reads as many entries as it can, then the slow one reads a
        // single entry. Each round reads at least one entry, or ends the loop.
        loop {
            if let Some((chunk, index)) = out.chunk_and_index(number) {
                cursor = self.read_plain(chunk, cursor, index);
            }
            match self.read_entry(number, cursor, out) {
                Some(next) => cursor = next,
                None => break,
            }
        }
        self.end_piece(out);
    }

    /// Reads entries as long as they are plain and belong to the innermost span. Returns
    /// the position of the first entry that it did not read.
    ///
    /// It stops at entries that need `read_entry`: those of a lost span, of a span with
    /// entries in other pieces, or of a span that is not the innermost. It also stops at a
    /// tag that may exceed the limit or may replace another one.
    fn read_plain(&mut self, chunk: &Chunk, mut cursor: Cursor, index: &mut SpanIndex) -> Cursor {
        while let Some((id, entry, next)) = chunk.plain_entry(cursor) {
            match entry {
                PlainEntry::Open(_) if self.lost.has(id) => break,
                PlainEntry::Open(open) => {
                    let site = self.sites.site(open.site);
                    let span = index.open(self.piece, id, site, open, &self.limits);
                    self.open.push(span);
                }
                PlainEntry::Close(_) if self.spread.has_unopened(id) => break,
                PlainEntry::Close(close) => match self.open.pop_if(|open| open.id == id) {
                    Some(open) => index.close(&open, close),
                    None => break,
                },
                PlainEntry::Tag => {
                    let open = self.open.last_mut().filter(|open| open.id == id);
                    let fits = open.map(|open| index.add_tag(open, cursor));
                    if fits != Some(true) {
                        break;
                    }
                }
            }
            cursor = next;
        }
        cursor
    }

    /// Ends the current piece. Keeps the spans that are still open, delivers the spread
    /// spans that the piece has completed, and reports that its part continues or has
    /// ended.
    fn end_piece(&mut self, out: &mut Decoded) {
        // This is first, because `first_start` needs the open spans in the index.
        if let Some(part) = self.part.take()
            && self.open_parts.insert(part)
        {
            out.report(PartReport {
                began: out.first_start(self.piece),
                ..PartReport::opened(part)
            });
        }
        // Before the loop, because an open span may have the same id as a ready one. Again
        // after the loop, because the loop adds the openings of spans whose end was read
        // before, and these are then ready.
        self.deliver_ready(out);
        while let Some(open) = self.open.pop() {
            self.keep_open(&open, out);
        }
        self.deliver_ready(out);
        // This is last: the spans of the part that are still kept have then lost their
        // ends.
        if let Some(part) = self.ended.take() {
            self.end_part(part, out);
        }
    }

    /// Delivers the spans that are ready.
    fn deliver_ready(&mut self, out: &mut Decoded) {
        while let Some(id) = self.ready.pop() {
            self.deliver_span(id, out);
        }
    }

    /// Delivers a spread span if it is ready. Writes all its entries in order, and reads
    /// them into the index.
    fn deliver_span(&mut self, id: u64, out: &mut Decoded) {
        if self.spread.is_ready(id)
            && let Some(span) = self.spread.remove(id)
        {
            let write = |to: &mut Chunk| span.write(id, to);
            out.push_joined(span.piece.clone(), write, &mut self.sites, &self.limits);
        }
    }

    /// Removes `spans`, which lost their opening or their end with a chunk. Also moves the
    /// losses that the queue has counted in `parts` to this decoder.
    ///
    /// The caller does this before it reads the chunks that it took at the same time.
    /// These chunks may contain the other halves of the spans.
    pub(crate) fn forget_lost(
        &mut self,
        spans: impl IntoIterator<Item = u64>,
        parts: &mut PartLosses,
    ) {
        self.lost.settle(MAX_KEPT);
        // No part is open. So no part with uncounted losses can end later, and these
        // losses can be forgotten.
        if parts.is_empty() && self.open_parts.is_empty() {
            self.losses.settle();
        }
        self.losses.append(parts);
        for id in spans {
            let span = self.spread.remove(id);
            // If the opening was read, the end is lost, and the span is counted here.
            // Otherwise the opening is lost, and was counted with its chunk.
            let open = span.as_ref().filter(|span| span.is_open());
            if let Some(span) = open {
                self.count_lost((span.piece.part(), span.site()), LossReason::Queue);
            }
            let other_was_read = span.is_some_and(|span| span.is_open() || span.has_ended());
            self.lost.add_half(id, other_was_read);
        }
    }

    /// Counts a lost span, both in the totals and for its trace. The arguments are its
    /// part and the number of its site.
    fn count_lost(&mut self, (part, site): (Part, u32), reason: LossReason) {
        // Only `Queue` and `Limit` get here. The other losses happen after decoding, and
        // are counted where they happen.
        let sites = if reason == LossReason::Queue {
            &mut self.dropped.queue
        } else {
            &mut self.dropped.limit
        };
        sites.push(site);
        self.losses.add(part, &TraceLosses::from_reason(reason, 1));
    }

    /// Ends a part, and reports it with its losses. All its pieces must have been read or
    /// lost.
    pub(crate) fn end_part(&mut self, part: Part, out: &mut Decoded) {
        // Entries without an opening came too late: their span was delivered earlier.
        self.dropped.unattached += self.spread.remove_late(part);
        // If a span has no end, the end was lost, because a part ends only after all its
        // spans.
        for site in self.spread.remove_unended(part) {
            self.count_lost((part, site), LossReason::Queue);
        }
        // Most parts end with their first piece, and the set is often empty. This check
        // avoids the computation of a hash.
        if !self.open_parts.is_empty() {
            self.open_parts.remove(&part);
        }
        let losses = self.losses.take(part);
        out.report(PartReport::ended(part, losses));
    }

    /// Notes that a part is open, even if none of its entries were read. Returns true if
    /// this was not known before. The caller then reports it.
    pub(crate) fn note_open_part(&mut self, part: Part) -> bool {
        self.open_parts.insert(part)
    }

    /// Gives up all open spans and parts, because the tracer is shut down. Reports the
    /// parts with their losses. Returns the site number of each span whose opening was
    /// read, so that the caller can count these spans.
    pub(crate) fn give_up_open(&mut self, out: &mut Decoded) -> Vec<u32> {
        let mut opened = Vec::new();
        for (piece, site) in self.spread.pieces_of_opened() {
            opened.push(site);
            let lost = TraceLosses::from_reason(LossReason::Shutdown, 1);
            self.losses.add(piece.part(), &lost);
        }
        self.spread.clear();
        for part in self.open_parts.drain() {
            // It is unknown how many spans its scopes have not handed over.
            let mut losses = self.losses.take(part).unwrap_or_default();
            losses.is_at_least = true;
            out.report(PartReport {
                state: PartState::GivenUp,
                ..PartReport::ended(part, Some(losses))
            });
        }
        opened
    }

    /// Returns how many kept spans have an opening, and so count as open. Only valid
    /// between chunks.
    pub(crate) fn kept_spans(&self) -> u64 {
        self.spread.opened() as u64
    }

    /// Returns how many parts of traces are known to be open. Only valid between chunks.
    pub(crate) fn open_parts(&self) -> usize {
        self.open_parts.len()
    }

    /// Returns what was dropped since the last call, and resets it.
    pub(crate) fn take_dropped(&mut self) -> DecodeLosses {
        std::mem::take(&mut self.dropped)
    }

    /// Reads the entry at `cursor`, of any kind. Returns the position of the next entry,
    /// or `None` at the end of the chunk or if the kind of the entry is unknown.
    ///
    /// It matches on the entry, and on whether its span is open in the current piece. The
    /// order of the arms matters: an entry belongs to an open span even if a lost span has
    /// the same id.
    fn read_entry(&mut self, number: u32, cursor: Cursor, out: &mut Decoded) -> Option<Cursor> {
        let (chunk, index) = out.chunk_and_index(number)?;
        let (id, entry, next) = chunk.entry(cursor)?;
        match (entry, self.find_open(id)) {
            (
                Entry::Piece {
                    scope,
                    part,
                    looks,
                    trace_id,
                    flags,
                    tracestate,
                },
                _,
            ) => {
                // Made before `end_piece`, which borrows `out` mutably.
                let piece = Piece {
                    chunk: number,
                    trace_id: TraceId::new(trace_id).unwrap_or(TraceId::PLACEHOLDER),
                    flags: TraceFlags::from_byte(flags),
                    tracestate: tracestate.parse().unwrap_or_default(),
                    part,
                    remote_parent: id,
                    is_joined: false,
                    times: out.converter().times(looks),
                };
                self.end_piece(out);
                self.part = Some(piece.part());
                self.piece = out.push_piece(piece);
                self.pieces += 1;
                self.scope = scope;
            }
            // `end_piece` reports the end.
            (Entry::End, _) => self.ended = self.part.take(),
            (Entry::Open(open), _) => match self.lost.note_opening(id) {
                // A lost span is counted once, when its opening is read.
                Some(reason) => {
                    if let Some(piece) = index.piece(self.piece) {
                        self.count_lost((piece.part(), open.site), reason);
                    }
                }
                None => {
                    let site = self.sites.site(open.site);
                    let span = index.open(self.piece, id, site, open, &self.limits);
                    self.open.push(span);
                }
            },
            (Entry::Close(close), Some(position)) => {
                let open = self.open.remove(position);
                // A span with entries in other pieces is a spread span, even if its
                // opening and its end are in the same piece.
                if self.spread.has_unopened(id) {
                    self.keep_open(&open, out);
                    self.close_spread(id, close, out);
                } else {
                    index.close(&open, close);
                }
            }
            // The span has come back to its home, and entries of other scopes belong at
            // this position. So the entries of this piece up to here become the head.
            (Entry::Moved { .. }, Some(position)) if self.spread.has_unopened(id) => {
                let open = self.open.remove(position);
                self.keep_open(&open, out);
                self.read_spread(id, number, cursor, out);
            }
            // A `Moved` entry only gets here if its span has no entries in other pieces.
            // `attach` ignores it.
            (_, Some(position)) => {
                if let Some(open) = self.open.get_mut(position) {
                    index.attach(open, chunk, cursor, entry, &self.limits);
                }
            }
            // All entries of a lost span are ignored.
            (Entry::Close(_), None) if self.lost.note_end(id) => {}
            (_, None) if self.lost.has(id) => {}
            (Entry::Close(close), None) => self.close_spread(id, close, out),
            (_, None) => self.read_spread(id, number, cursor, out),
        }
        Some(next)
    }

    /// Returns the index of a span in `open`. The search begins with the innermost span,
    /// which is almost always the right one.
    fn find_open(&self, id: u64) -> Option<usize> {
        self.open.iter().rposition(|span| span.id == id)
    }

    /// Copies an entry of a span that is not completely in the current piece.
    fn read_spread(&mut self, id: u64, number: u32, start: Cursor, out: &Decoded) {
        let chunk_and_piece = out.chunk(number).zip(out.piece_at(self.piece));
        let Some((chunk, piece)) = chunk_and_piece else {
            return;
        };
        let Some((_, entry, end)) = chunk.entry(start) else {
            return;
        };
        let at = EntryLocation {
            piece: self.pieces,
            scope: self.scope,
            chunk,
            start,
            end,
        };
        match entry {
            Entry::Moved { order } => self.spread.note_order(id, piece, order, at),
            _ => self.spread.add(id, piece, at),
        }
        self.make_room(id);
    }

    /// Notes the end of a span that is not completely in the current piece. This may
    /// complete the span.
    fn close_spread(&mut self, id: u64, close: Close, out: &Decoded) {
        if let Some(piece) = out.piece_at(self.piece) {
            self.spread.close(id, piece, close);
        }
        if self.spread.is_ready(id) {
            self.ready.push(id);
        }
        self.make_room(id);
    }

    /// Moves an open span of the current piece from the index to the spread spans. It
    /// stays there until its end is read, unless the end was read before.
    fn keep_open(&mut self, open: &UnendedSpan, out: &mut Decoded) {
        let Some(span) = out.span(open) else {
            return;
        };
        let piece = out.piece(span).clone();
        let mut head = Chunk::new();
        out.rewrite(open, &mut head);
        out.remove(open, &mut self.open);
        // A complete span with the same id is delivered first, so that the entries of the
        // two are not mixed.
        self.deliver_span(open.id, out);
        if let Some(twin) = self.spread.open(open.id, &piece, self.scope, head) {
            // An incomplete span with the same id is dropped, because the ends of the two
            // cannot be distinguished.
            self.count_lost((piece.part(), twin), LossReason::Limit);
        }
        if self.spread.is_ready(open.id) {
            self.ready.push(open.id);
        }
        self.make_room(open.id);
    }

    /// Drops spans until the kept ones are within their bounds. It is called after each
    /// change, so at most one change exceeds the bounds.
    fn make_room(&mut self, newest: u64) {
        while let Some((id, part_and_site, lost)) = self.spread.make_room(newest) {
            // If the opening has not been read yet, the span is counted when it is.
            if lost.was_opened() {
                self.count_lost(part_and_site, LossReason::Limit);
            }
            self.lost.add(id, lost);
        }
    }
}
