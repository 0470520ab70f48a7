//! What was in pieces for which the queue had no room.

use crate::process::maps::HashSet;
use crate::stream::decode::{LossReason, Part, PartLosses, TraceLosses};
use crate::stream::{Chunk, Cursor, Entry, PlainEntry};
use crate::value::TraceId;

/// What was in pieces that found no room, and the worker does not know yet.
#[derive(Debug)]
pub(crate) struct LostPieces {
    /// Spans of which the opening or the end was lost, but not both. No more than are open
    /// or in the queue.
    pub(crate) half_spans: HashSet<u64>,
    /// How many spans of which parts of traces.
    pub(crate) parts: PartLosses,
}

/// What was in one piece.
pub(super) struct LostPiece {
    half_spans: Vec<u64>,
    part: Option<Part>,
    opened: u64,
    /// Whether it says that the part has ended.
    ends: bool,
    /// The sites of the spans that it opens, by number, and how many there are of each.
    pub(super) sites: Vec<(u32, u64)>,
}

impl LostPiece {
    /// Reads a piece. To be done without the lock: others wait for it already when the queue
    /// is full.
    pub(super) fn read(chunk: &Chunk) -> Self {
        let mut half_spans = Vec::new();
        let mut sites = Vec::new();
        let mut toggle = |span| match half_spans.iter().rposition(|other| *other == span) {
            Some(at) => drop(half_spans.remove(at)),
            None => half_spans.push(span),
        };
        let mut part = None;
        let mut ends = false;
        let mut cursor = Cursor::default();
        loop {
            while let Some((span, entry, next)) = chunk.plain_entry(cursor) {
                cursor = next;
                if let PlainEntry::Open(open) = entry {
                    count(&mut sites, open.site);
                }
                if matches!(entry, PlainEntry::Open(_) | PlainEntry::Close(_)) {
                    toggle(span);
                }
            }
            let Some((_, entry, next)) = chunk.entry(cursor) else {
                break;
            };
            cursor = next;
            ends |= matches!(entry, Entry::End);
            if let Entry::Open(open) = entry {
                count(&mut sites, open.site);
            }
            if let Entry::Piece {
                part: number,
                trace_id,
                ..
            } = entry
            {
                let trace = TraceId::new(trace_id);
                part = trace.map(|trace| Part { trace, number });
            }
        }
        Self {
            half_spans,
            part,
            opened: chunk.opened,
            ends,
            sites,
        }
    }
}

/// Distinct sites that are looked through for one that was counted before.
const MAX_LOOKED_THROUGH: usize = 32;

fn count(sites: &mut Vec<(u32, u64)>, site: u32) {
    let last = sites.len().saturating_sub(MAX_LOOKED_THROUGH);
    let mut near = sites.iter_mut().skip(last);
    match near.find(|(other, _)| *other == site) {
        Some((_, spans)) => *spans += 1,
        None => sites.push((site, 1)),
    }
}

impl LostPieces {
    pub(super) fn bounded(max_parts: usize) -> Self {
        Self {
            half_spans: HashSet::default(),
            parts: PartLosses::bounded(max_parts),
        }
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Self {
        let next = Self::bounded(self.parts.most());
        std::mem::replace(self, next)
    }

    pub(super) fn add(&mut self, piece: LostPiece, reason: LossReason) {
        // All of the part was in it, as far as that can be seen.
        let is_whole = piece.ends && piece.half_spans.is_empty();
        // What a shutdown finds open is given up as it is.
        let is_read_on = reason == LossReason::Queue;
        for span in piece.half_spans.into_iter().filter(|_| is_read_on) {
            // Of one whose other half is lost as well, nothing more comes.
            if !self.half_spans.remove(&span) {
                self.half_spans.insert(span);
            }
        }
        if let Some(part) = piece.part.filter(|_| piece.opened > 0) {
            let lost = TraceLosses::from_reason(reason, piece.opened);
            if is_whole {
                self.parts.add_whole(part, &lost);
            } else {
                self.parts.add(part, &lost);
            }
        }
    }
}
