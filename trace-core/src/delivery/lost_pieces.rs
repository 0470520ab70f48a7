//! Remembers what was in pieces for which the queue had no room.
//!
//! A piece that is dropped may open a span whose end comes later, or end a span that the
//! worker knows. The worker has to learn of both, or it would keep waiting for the other half.
//! It also reports to collectors how many spans each part has lost. This file reads a dropped
//! piece and keeps these facts until the worker takes them. It changes no public counter.

use crate::process::maps::HashSet;
use crate::stream::decode::{LossReason, Part, PartLosses, TraceLosses};
use crate::stream::{Chunk, Cursor, Entry, PlainEntry};
use crate::value::TraceId;

/// What was in dropped pieces, as far as the worker has not taken it. Under the queue's lock.
#[derive(Debug)]
pub(crate) struct LostPieces {
    /// Spans whose opening or end was lost, but not both. Never more than the spans that are
    /// open or in the queue.
    pub(crate) half_spans: HashSet<u64>,
    /// How many spans were lost, by part. Bounded by the number of parts.
    pub(crate) parts: PartLosses,
}

/// What was in one dropped piece.
pub(super) struct LostPiece {
    /// Spans that it opens or ends, but not both.
    half_spans: Vec<u64>,
    /// The part that it belongs to; `None` if the piece names no valid trace.
    part: Option<Part>,
    /// How many spans it opens. Openings decide what is lost, so that a span that is spread
    /// over several pieces is counted once.
    opened: u64,
    /// Whether it says that the part has ended.
    ends: bool,
    /// The sites of the spans that it opens, by number, with the count of each.
    pub(super) sites: Vec<(u32, u64)>,
}

impl LostPiece {
    /// Reads a piece. The caller must not hold the queue's lock: the queue is full, so other
    /// threads are waiting for that lock already.
    pub(super) fn read(chunk: &Chunk) -> Self {
        let mut half_spans = Vec::new();
        let mut sites = Vec::new();
        // A span that appears once stays in the list: its other half is in another piece. The
        // list is searched from the back, because spans nest.
        let mut toggle = |span| match half_spans.iter().rposition(|other| *other == span) {
            Some(at) => drop(half_spans.remove(at)),
            None => half_spans.push(span),
        };
        // A dropped chunk has one piece; of a chunk of the queue that is given up, with pieces
        // of several parts, the last part stands for all.
        let mut part = None;
        let mut ends = false;
        let mut cursor = Cursor::default();
        loop {
            // The common entries first; they are read without taking them apart completely.
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

/// How many of the newest counts are searched for a site. So reading a piece takes linear time,
/// even if it has thousands of sites; a site may then have several counts, which add up.
const MAX_LOOKED_THROUGH: usize = 32;

/// Counts one more span of a site.
fn count(sites: &mut Vec<(u32, u64)>, site: u32) {
    let last = sites.len().saturating_sub(MAX_LOOKED_THROUGH);
    let mut near = sites.iter_mut().skip(last);
    match near.find(|(other, _)| *other == site) {
        Some((_, spans)) => *spans += 1,
        None => sites.push((site, 1)),
    }
}

impl LostPieces {
    /// Makes an empty record that counts the losses of at most `max_parts` parts separately.
    pub(super) fn with_max_parts(max_parts: usize) -> Self {
        Self {
            half_spans: HashSet::default(),
            parts: PartLosses::bounded(max_parts),
        }
    }

    /// Takes everything out, and leaves an empty record with the same bound.
    pub(super) fn take_all(&mut self) -> Self {
        let next = Self::with_max_parts(self.parts.most());
        std::mem::replace(self, next)
    }

    /// Adds a dropped piece.
    pub(super) fn add_piece(&mut self, piece: LostPiece, reason: LossReason) {
        // As far as this piece shows, the whole part was in it. Nothing more comes of such a
        // part, so it may be forgotten if there is little room.
        let is_whole = piece.ends && piece.half_spans.is_empty();
        // After a shutdown nothing more is read, so no half of a span is waited for.
        let is_read_on = reason == LossReason::Queue;
        for span in piece.half_spans.into_iter().filter(|_| is_read_on) {
            // If the other half was lost before, both are gone: nothing more comes.
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
