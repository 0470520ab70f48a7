//! Reads streams: finds each span's end and what was said of it in between.

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

/// Reads the chunks of one tracer in the order in which they were handed over.
///
/// A span's entries may be spread: over several pieces of a scope that lives long, or over
/// several scopes when its future moved. What is said of a span that is not wholly in one
/// piece is copied, and read like any other when its opening and its end are there.
/// Conservation rests on openings alone: each leads to exactly one span that is delivered
/// or dropped.
#[derive(Debug)]
pub(crate) struct Decoder {
    sites: SiteTable,
    limits: Limits,
    /// The piece being read.
    piece: u32,
    /// How many pieces were read before it.
    pieces: u64,
    /// The scope that wrote it.
    scope: u32,
    /// Spans of the piece being read that are open; the innermost last.
    open: Vec<UnendedSpan>,
    /// What was read of spans that are not wholly in one piece.
    spread: SpreadSpans,
    /// Those of them all of which was read with this piece.
    ready: Vec<u64>,
    lost: LostSpans,
    /// The part of the piece being read, unless it has ended.
    part: Option<Part>,
    /// The part that has ended with the piece being read.
    ended: Option<Part>,
    /// Parts of which a piece was read, and which go on.
    open_parts: HashSet<Part>,
    losses: PartLosses,
    dropped: DecodeLosses,
}

/// What had to be dropped, by reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecodeLosses {
    /// Spans, by the numbers of their sites: a chunk in which they began or ended was lost.
    pub(crate) queue: Vec<u32>,
    /// Spans, the same: too many others were open, or too much was said of them.
    pub(crate) limit: Vec<u32>,
    /// What was said of spans that had been delivered.
    pub(crate) unattached: u64,
}

impl Decoder {
    /// `max_parts` are those whose losses are counted one by one.
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

    /// Reads a chunk into `out`.
    pub(crate) fn read(&mut self, chunk: Chunk, out: &mut Decoded) {
        let number = out.push_chunk(chunk);
        let mut cursor = Cursor::default();
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

    /// Reads entries as long as they are plain and of the innermost span; returns where
    /// the first other one is. Nearly all are plain.
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

    /// Keeps the spans that are open at the end of a piece, and delivers those of which
    /// the rest was in it.
    fn end_piece(&mut self, out: &mut Decoded) {
        if let Some(part) = self.part.take()
            && self.open_parts.insert(part)
        {
            out.report(PartReport {
                began: out.first_start(self.piece),
                ..PartReport::opened(part)
            });
        }
        // First, as one of those that are open may have been given the same id.
        self.deliver_ready(out);
        while let Some(open) = self.open.pop() {
            self.keep_open(&open, out);
        }
        self.deliver_ready(out);
        if let Some(part) = self.ended.take() {
            self.end_part(part, out);
        }
    }

    fn deliver_ready(&mut self, out: &mut Decoded) {
        while let Some(id) = self.ready.pop() {
            self.deliver_span(id, out);
        }
    }

    fn deliver_span(&mut self, id: u64, out: &mut Decoded) {
        if self.spread.is_ready(id)
            && let Some(span) = self.spread.remove(id)
        {
            let write = |to: &mut Chunk| span.write(id, to);
            out.push_joined(span.piece.clone(), write, &mut self.sites, &self.limits);
        }
    }

    /// Forgets spans of which the opening or the end, but not both, was in a chunk
    /// that is lost, and notes what was lost of parts of traces. To be called before the
    /// chunks are read that were handed over meanwhile.
    pub(crate) fn forget_lost(
        &mut self,
        spans: impl IntoIterator<Item = u64>,
        parts: &mut PartLosses,
    ) {
        self.lost.settle(MAX_KEPT);
        if parts.is_empty() && self.open_parts.is_empty() {
            self.losses.settle();
        }
        self.losses.append(parts);
        for id in spans {
            let span = self.spread.remove(id);
            // It was counted with its chunk, if it is not open: its opening is lost.
            let open = span.as_ref().filter(|span| span.is_open());
            if let Some(span) = open {
                self.count_lost((span.piece.part(), span.site()), LossReason::Queue);
            }
            let other_was_read = span.is_some_and(|span| span.is_open() || span.has_ended());
            self.lost.add_half(id, other_was_read);
        }
    }

    /// Counts a span of a part of a trace, and of a site, that is lost.
    fn count_lost(&mut self, (part, site): (Part, u32), reason: LossReason) {
        // While it is read, a span is lost by the queue or by a limit only.
        let sites = if reason == LossReason::Queue {
            &mut self.dropped.queue
        } else {
            &mut self.dropped.limit
        };
        sites.push(site);
        self.losses.add(part, &TraceLosses::from_reason(reason, 1));
    }

    /// Says that a part of a trace has ended, of which all pieces were read.
    pub(crate) fn end_part(&mut self, part: Part, out: &mut Decoded) {
        self.dropped.unattached += self.spread.end_trace(part);
        // What was opened and has not ended lost its end.
        for site in self.spread.end_opened(part) {
            self.count_lost((part, site), LossReason::Queue);
        }
        if !self.open_parts.is_empty() {
            self.open_parts.remove(&part);
        }
        let losses = self.losses.take(part);
        out.report(PartReport::ended(part, losses));
    }

    /// Says that a part goes on, of which nothing may have been read; returns whether that
    /// was not said before.
    pub(crate) fn note_open_part(&mut self, part: Part) -> bool {
        self.open_parts.insert(part)
    }

    /// Forgets the spans that are kept, and says of which parts they were; returns the sites
    /// of those that were opened, by number.
    pub(crate) fn give_up_open(&mut self, out: &mut Decoded) -> Vec<u32> {
        let mut opened = Vec::new();
        for (piece, site) in self.spread.pieces_of_opened() {
            opened.push(site);
            let lost = TraceLosses::from_reason(LossReason::Shutdown, 1);
            self.losses.add(piece.part(), &lost);
        }
        self.spread.clear();
        for part in self.open_parts.drain() {
            // What its scopes have not handed over nobody knows.
            let mut losses = self.losses.take(part).unwrap_or_default();
            losses.is_at_least = true;
            out.report(PartReport {
                state: PartState::GivenUp,
                ..PartReport::ended(part, Some(losses))
            });
        }
        opened
    }

    /// Returns how many spans are kept, between chunks.
    pub(crate) fn kept_spans(&self) -> u64 {
        self.spread.opened() as u64
    }

    /// Returns how many parts of traces are known to be open, between chunks.
    pub(crate) fn open_parts(&self) -> usize {
        self.open_parts.len()
    }

    /// Takes the counts of what had to be dropped.
    pub(crate) fn take_dropped(&mut self) -> DecodeLosses {
        std::mem::take(&mut self.dropped)
    }

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
            (Entry::End, _) => self.ended = self.part.take(),
            (Entry::Open(open), _) => match self.lost.open(id) {
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
                if self.spread.has_unopened(id) {
                    self.keep_open(&open, out);
                    self.close_spread(id, close, out);
                } else {
                    index.close(&open, close);
                }
            }
            // What other scopes said comes in between.
            (Entry::Moved { .. }, Some(position)) if self.spread.has_unopened(id) => {
                let open = self.open.remove(position);
                self.keep_open(&open, out);
                self.read_spread(id, number, cursor, out);
            }
            (_, Some(position)) => {
                if let Some(open) = self.open.get_mut(position) {
                    index.attach(open, chunk, cursor, entry, &self.limits);
                }
            }
            (Entry::Close(_), None) if self.lost.close(id) => {}
            (_, None) if self.lost.has(id) => {}
            (Entry::Close(close), None) => self.close_spread(id, close, out),
            (_, None) => self.read_spread(id, number, cursor, out),
        }
        Some(next)
    }

    /// The newest open span is almost always the one that is meant.
    fn find_open(&self, id: u64) -> Option<usize> {
        self.open.iter().rposition(|span| span.id == id)
    }

    /// Reads an entry of a span that is not wholly in this piece.
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
            Entry::Moved { order } => self.spread.moved(id, piece, order, at),
            _ => self.spread.add(id, piece, at),
        }
        self.make_room(id);
    }

    /// Reads the end of a span that is not wholly in this piece.
    fn close_spread(&mut self, id: u64, close: Close, out: &Decoded) {
        if let Some(piece) = out.piece_at(self.piece) {
            self.spread.close(id, piece, close);
        }
        if self.spread.is_ready(id) {
            self.ready.push(id);
        }
        self.make_room(id);
    }

    /// Keeps a span of this piece until its end is read, which may have been.
    fn keep_open(&mut self, open: &UnendedSpan, out: &mut Decoded) {
        let Some(span) = out.span(open) else {
            return;
        };
        let piece = out.piece(span).clone();
        let mut head = Chunk::new();
        out.rewrite(open, &mut head);
        out.remove(open, &mut self.open);
        // Two spans may be given the same id.
        self.deliver_span(open.id, out);
        if let Some(twin) = self.spread.open(open.id, &piece, self.scope, head) {
            // Two spans with one id.
            self.count_lost((piece.part(), twin), LossReason::Limit);
        }
        if self.spread.is_ready(open.id) {
            self.ready.push(open.id);
        }
        self.make_room(open.id);
    }

    /// Drops spans until what is kept is within its bounds.
    fn make_room(&mut self, newest: u64) {
        while let Some((id, part_and_site, lost)) = self.spread.make_room(newest) {
            if lost.was_opened() {
                self.count_lost(part_and_site, LossReason::Limit);
            }
            self.lost.add(id, lost);
        }
    }
}
