//! Reads streams: finds each span's end and what was said of it in between.

use std::collections::{HashMap, HashSet};

use super::decoded::Decoded;
use super::early::Early;
use super::index::{Index, OpenSpan, Piece};
use super::pending::Pending;
use crate::context::TraceFlags;
use crate::id::TraceId;
use crate::limits::Limits;
use crate::resource::Resource;
use crate::stream::{Chunk, Close, Cursor, Entry, Plain, SiteTable};

/// Reads the chunks of one tracer in the order in which they were handed over.
///
/// A span's entries may be spread: over several chunks of a scope that lives
/// long, or over several scopes when its future moved. What is not closed at the
/// end of a piece is kept as a [`Pending`] span, and what comes before the opening
/// as it is. Conservation rests on openings alone: each leads to exactly one span
/// that is delivered or dropped.
#[derive(Debug)]
pub(crate) struct Decoder {
    sites: SiteTable,
    resource: Resource,
    limits: Limits,
    /// The piece being read.
    piece: u32,
    /// Spans of the piece being read that are open; the innermost last.
    open: Vec<OpenSpan>,
    /// Spans whose opening was read in an earlier piece, and not their end.
    pending: HashMap<u64, Pending>,
    /// Pending spans whose end was read in this piece.
    ended: Vec<u64>,
    /// What was read of spans before their opening.
    early: Early,
    /// Spans that were lost, their opening or their end with a chunk: what is still
    /// said of them is to be ignored.
    lost: HashSet<u64>,
    /// Lost spans of which nothing more comes after the chunks that were handed over
    /// up to now.
    settled: Vec<u64>,
    dropped: Dropped,
}

/// Spans that had to be dropped, by reason.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dropped {
    /// A chunk in which they ended was lost.
    pub(crate) queue: u64,
    /// Too many others were open.
    pub(crate) limit: u64,
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
            early: Early::default(),
            lost: HashSet::new(),
            settled: Vec::new(),
            dropped: Dropped::default(),
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
    fn read_plain(&mut self, chunk: &Chunk, mut cursor: Cursor, index: &mut Index) -> Cursor {
        while let Some((id, entry, next)) = chunk.plain_entry(cursor) {
            match entry {
                Plain::Open(_) if self.lost.contains(&id) => break,
                Plain::Open(open) => {
                    let site = self.sites.site(open.site);
                    self.open.push(index.open(self.piece, id, site, open));
                }
                Plain::Close(_) if self.early.has(id) => break,
                Plain::Close(close) => match self.open.pop_if(|open| open.id == id) {
                    Some(open) => index.close(&open, close),
                    None => break,
                },
                Plain::Tag => {
                    let open = self.open.last_mut().filter(|open| open.id == id);
                    let fits = open.map(|open| index.add_tag(open, cursor, &self.limits));
                    if fits != Some(true) {
                        break;
                    }
                }
            }
            cursor = next;
        }
        cursor
    }

    /// Keeps the spans that are open at the end of a piece.
    fn end_piece(&mut self, out: &mut Decoded) {
        while let Some(open) = self.open.pop() {
            self.keep(&open, None, out);
        }
        for id in self.ended.drain(..) {
            if let Some(record) = self
                .pending
                .remove(&id)
                .and_then(|pending| pending.into_record(out.converter()))
            {
                out.push_record(record);
            }
        }
    }

    /// Forgets spans of which the opening or the end, but not both, was in a chunk
    /// that is lost. To be called before the chunks are read that were handed over
    /// meanwhile.
    pub(crate) fn lose(&mut self, spans: impl IntoIterator<Item = u64>) {
        for span in self.settled.drain(..) {
            self.lost.remove(&span);
        }
        if self.lost.len() >= MAX_KEPT {
            self.lost.clear();
        }
        for span in spans {
            let is_open = self.pending.remove(&span).is_some();
            // It was counted with its chunk, if it is not open: its opening is lost.
            self.dropped.queue += u64::from(is_open);
            let has_ended = self
                .early
                .remove(span)
                .is_some_and(|early| early.has_ended());
            let was_lost = !self.lost.insert(span);
            if is_open || has_ended || was_lost {
                self.settled.push(span);
            }
        }
    }

    /// Forgets what is pending; returns how many spans that are.
    pub(crate) fn abandon(&mut self) -> u64 {
        self.early = Early::default();
        self.pending.drain().count() as u64
    }

    /// Returns how many spans are kept, between chunks.
    pub(crate) fn held(&self) -> u64 {
        self.pending.len() as u64
    }

    /// Takes the counts of the spans that had to be dropped.
    pub(crate) fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    fn read_entry(&mut self, number: u32, cursor: Cursor, out: &mut Decoded) -> Option<Cursor> {
        let converter = out.converter();
        let (chunk, index) = out.chunk_and_index(number)?;
        let (id, entry, next) = chunk.entry(cursor)?;
        match (entry, self.position(id)) {
            (
                Entry::Piece {
                    scope: _,
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
                    remote_parent: id,
                };
                self.piece = index.push_piece(piece);
                self.end_piece(out);
            }
            (Entry::End, _) => {
                let ended = index.piece(self.piece).map(|piece| piece.trace_id);
                ended
                    .into_iter()
                    .for_each(|trace| out.push_completed(trace));
            }
            (Entry::Open(_), _) if self.lost.contains(&id) => {
                // Its end is lost.
                self.dropped.queue += 1;
                self.settled.push(id);
            }
            (Entry::Open(open), _) => {
                let site = self.sites.site(open.site);
                self.open.push(index.open(self.piece, id, site, open));
            }
            (Entry::Close(close), Some(position)) => {
                let open = self.open.remove(position);
                if self.early.has(id) {
                    self.keep(&open, Some(close), out);
                } else {
                    index.close(&open, close);
                }
            }
            (_, Some(position)) => {
                if let Some(open) = self.open.get_mut(position) {
                    index.attach(open, chunk, cursor, entry, &self.limits);
                }
            }
            (Entry::Close(_), None) if self.lost.remove(&id) => {}
            (_, None) if self.lost.contains(&id) => {}
            (entry, None) => match self.pending.get_mut(&id) {
                Some(pending) => {
                    pending.apply(entry, converter, &mut self.sites, &self.limits);
                    if pending.has_ended() {
                        self.ended.push(id);
                    }
                }
                None => self.early.add(id, chunk, cursor, next),
            },
        }
        Some(next)
    }

    /// The newest open span is almost always the one that is meant.
    fn position(&self, id: u64) -> Option<usize> {
        self.open.iter().rposition(|span| span.id == id)
    }

    /// Keeps a span until its end is read, which may have been.
    fn keep(&mut self, open: &OpenSpan, close: Option<Close>, out: &mut Decoded) {
        if self.pending.len() >= MAX_KEPT {
            let mut open = self.pending.iter().filter(|(_, span)| !span.has_ended());
            let victim = open.next().map(|(id, _)| *id);
            if let Some(victim) = victim
                && self.pending.remove(&victim).is_some()
            {
                self.dropped.limit += 1;
                self.lost.insert(victim);
            }
        }
        let Some(span) = out.take(open, &mut self.open) else {
            return;
        };
        let mut pending = Pending::new(out, &span, open, &self.resource, &self.limits);
        let mut apply =
            |entry| pending.apply(entry, out.converter(), &mut self.sites, &self.limits);
        // What was read early was written later.
        let early = self.early.remove(span.id);
        early.iter().flat_map(Chunk::entries).for_each(&mut apply);
        close.map(Entry::Close).into_iter().for_each(apply);
        if pending.has_ended() {
            self.ended.push(span.id);
        }
        if self.pending.insert(span.id, pending).is_some() {
            // Two spans were given the same id.
            self.dropped.limit += 1;
        }
    }
}
