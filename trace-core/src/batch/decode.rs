//! Reads streams: finds each span's end and what was said of it in between.

use std::collections::{HashMap, HashSet};

use super::decoded::{Decoded, Piece, Span};
use super::pending::Pending;
use crate::context::TraceFlags;
use crate::id::TraceId;
use crate::limits::Limits;
use crate::resource::Resource;
use crate::stream::{Chunk, Cursor, Entry, SiteTable};

/// Reads the chunks of one tracer in the order in which they were handed over.
///
/// A span's entries may be spread: over several chunks of a scope that lives
/// long, or over several scopes when its future moved. What is not closed at the
/// end of a chunk is kept as a [`Pending`] span, and so is what comes before the
/// opening. Conservation rests on openings alone: each leads to exactly one span
/// that is delivered or dropped.
#[derive(Debug)]
pub(crate) struct Decoder {
    sites: SiteTable,
    resource: Resource,
    limits: Limits,
    /// The piece being read.
    piece: u32,
    /// Spans of the piece being read that are open; the innermost last.
    open: Vec<Span>,
    /// Spans that are not all in the piece being read.
    pending: HashMap<u64, Pending>,
    /// Pending spans whose end was read in this piece.
    ended: Vec<u64>,
    /// Spans that were lost together with a chunk: what is still said of them is
    /// to be ignored.
    lost: HashSet<u64>,
}

/// Most spans that are kept in each of the decoder's tables.
///
/// A kept span takes some hundred bytes, so that the tables stay below some
/// dozens of megabytes whatever an application does.
const MAX_KEPT: usize = 65_536;

impl Decoder {
    pub(crate) fn new(resource: Resource, limits: Limits) -> Self {
        Self {
            sites: SiteTable::default(),
            resource,
            limits,
            piece: 0,
            open: Vec::new(),
            pending: HashMap::new(),
            ended: Vec::new(),
            lost: HashSet::new(),
        }
    }

    /// Reads a chunk into `out`; returns how many spans had to be dropped.
    pub(crate) fn read(&mut self, chunk: Chunk, out: &mut Decoded) -> u64 {
        let index = out.push_chunk(chunk);
        let mut cursor = Cursor::default();
        let mut dropped = 0;
        while let Some(next) = self.read_entry(index, cursor, out, &mut dropped) {
            cursor = next;
        }
        dropped + self.end_piece(out)
    }

    /// Keeps the spans that are open at the end of a piece; returns how many others
    /// had to go.
    fn end_piece(&mut self, out: &mut Decoded) -> u64 {
        let mut dropped = 0;
        let mut open = std::mem::take(&mut self.open);
        for span in open.drain(..) {
            let pending = Pending::of_open_span(out, &span, &self.resource);
            dropped += self.keep(span.id, pending);
        }
        self.open = open;
        for id in self.ended.drain(..) {
            let converter = out.converter();
            let ended = self.pending.remove(&id);
            if let Some(record) = ended.and_then(|pending| pending.into_record(converter)) {
                out.push_record(record);
            }
        }
        dropped
    }

    /// Forgets spans that were opened or closed in a chunk that is lost; returns
    /// how many of them were opened in an earlier one and so are not counted yet.
    pub(crate) fn lose(&mut self, spans: &[u64]) -> u64 {
        let mut dropped = 0;
        for span in spans {
            match self.pending.remove(span) {
                Some(pending) => dropped += u64::from(pending.is_open()),
                None => self.ignore(*span),
            }
        }
        dropped
    }

    /// Forgets what is pending; returns how many spans that are.
    pub(crate) fn abandon(&mut self) -> u64 {
        let open = self.pending.values().filter(|pending| pending.is_open());
        let dropped = open.count() as u64;
        self.pending.clear();
        dropped
    }

    fn read_entry(
        &mut self,
        chunk: u32,
        cursor: Cursor,
        out: &mut Decoded,
        dropped: &mut u64,
    ) -> Option<Cursor> {
        let (id, entry, next) = out.chunk(chunk)?.entry(cursor)?;
        if let Entry::Piece {
            trace_id,
            flags,
            tracestate,
        } = entry
        {
            let piece = Piece {
                trace_id: TraceId::new(trace_id).unwrap_or(TraceId::PLACEHOLDER),
                flags: TraceFlags::from_byte(flags),
                tracestate: tracestate.parse().unwrap_or_default(),
                remote_parent: id,
            };
            *dropped += self.end_piece(out);
            self.piece = out.push_piece(piece);
            return Some(next);
        }
        match (entry, self.position(id)) {
            (Entry::End, _) => {
                let ended = out.piece(self.piece).map(|piece| piece.trace_id);
                ended
                    .into_iter()
                    .for_each(|trace| out.push_completed(trace));
            }
            (Entry::Open(open), _) => {
                let site = self.sites.site(open.site);
                let span = Span::new(chunk, self.piece, id, site, open);
                match self.pending.get_mut(&id) {
                    Some(pending) => {
                        pending.open(out, &span, &self.resource);
                        if pending.is_ended() {
                            self.ended.push(id);
                        }
                    }
                    None => self.open.push(span),
                }
            }
            (Entry::Close(close), Some(position)) => {
                let span = self.open.remove(position);
                out.finish(span, close);
            }
            (_, Some(position)) => {
                if let Some(span) = self.open.get_mut(position) {
                    out.attach(span, cursor, &self.limits);
                }
            }
            (Entry::Close(_), None) if self.lost.remove(&id) => {}
            (_, None) if self.lost.contains(&id) => {}
            (entry, None) => {
                let pending = self
                    .pending
                    .entry(id)
                    .or_insert_with(|| Pending::before_opening(id));
                pending.apply(entry, out.converter(), &mut self.sites, &self.limits);
                if pending.is_ended() && pending.is_open() {
                    self.ended.push(id);
                }
            }
        }
        Some(next)
    }

    /// The newest open span is almost always the one that is meant.
    fn position(&self, id: u64) -> Option<usize> {
        self.open.iter().rposition(|span| span.id == id)
    }

    /// Keeps a span until its end is read; returns how many others had to go.
    fn keep(&mut self, id: u64, pending: Pending) -> u64 {
        let mut dropped = 0;
        if self.pending.len() >= MAX_KEPT {
            let victim = self.pending.keys().next().copied();
            if let Some((victim, pending)) = victim.and_then(|id| self.pending.remove_entry(&id)) {
                dropped = u64::from(pending.is_open());
                self.ignore(victim);
            }
        }
        self.pending.insert(id, pending);
        dropped
    }

    fn ignore(&mut self, span: u64) {
        if self.lost.len() >= MAX_KEPT {
            self.lost.clear();
        }
        self.lost.insert(span);
    }
}
