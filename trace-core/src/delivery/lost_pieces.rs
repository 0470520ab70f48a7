//! Remembers the content of pieces for which the queue had no room.
//!
//! A dropped piece may open a span whose end comes later, or end a span that the worker knows.
//! The worker has to know both cases, or it would keep waiting for the other half. It also
//! reports to collectors how many spans each part has lost. This file reads a dropped piece
//! and keeps these facts until the worker takes them. It changes no public counter.

use crate::process::maps::HashSet;
use crate::stream::decode::{LossReason, Part, PartLosses, TraceLosses};
use crate::stream::{Chunk, Cursor, Entry, PlainEntry};
use crate::value::TraceId;

/// Facts about dropped pieces that the worker has not taken yet. Under the queue's lock.
#[derive(Debug)]
pub(crate) struct LostPieces {
    /// Spans whose opening or end was lost, but not both. There are never more than the spans
    /// that are open or in the queue.
    pub(crate) half_spans: HashSet<u64>,
    /// The number of lost spans, by part. Bounded by the number of parts.
    pub(crate) parts: PartLosses,
}

/// Facts about one dropped piece.
pub(super) struct LostPiece {
    /// Spans that it opens or ends, but not both.
    half_spans: Vec<u64>,
    /// The part to which it belongs; `None` if the piece names no valid trace.
    part: Option<Part>,
    /// The number of spans that it opens. Losses are counted by openings, so that a span that
    /// is spread over several pieces is counted once.
    opened: u64,
    /// Whether it says that the part has ended.
    ends: bool,
    /// The sites of the spans that it opens, by number, with the count of each.
    pub(super) sites: Vec<(u32, u64)>,
}

impl LostPiece {
    /// Reads a piece. The caller must not hold the queue's lock. The queue is full, so other
    /// threads may already wait for that lock.
    pub(super) fn read(chunk: &Chunk) -> Self {
        let mut half_spans = Vec::new();
        let mut sites = Vec::new();
        // A span that appears once stays in the list, because its other half is in another
        // piece. The list is searched from the back, because spans nest.
        let mut toggle = |span| match half_spans.iter().rposition(|other| *other == span) {
            Some(at) => drop(half_spans.remove(at)),
            None => half_spans.push(span),
        };
        // A dropped chunk has one piece. A chunk that the queue gives up may have pieces of
        // several parts. Then the last part counts for all.
        let mut part = None;
        let mut ends = false;
        let mut cursor = Cursor::default();
        loop {
            // Common entries come first, because they can be read without decoding them
            // completely.
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

/// How many of the newest counts are searched for a site. This limit makes reading a piece
/// linear, even if it has thousands of sites. A site may then have several counts, which are
/// added up.
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
    /// Makes an empty record, which counts the losses of at most `max_parts` parts separately.
    pub(super) fn with_max_parts(max_parts: usize) -> Self {
        Self {
            half_spans: HashSet::default(),
            parts: PartLosses::bounded(max_parts),
        }
    }

    /// Takes the whole record, and leaves an empty one with the same limit.
    pub(super) fn take_all(&mut self) -> Self {
        let next = Self::with_max_parts(self.parts.most());
        std::mem::replace(self, next)
    }

    /// Adds a dropped piece.
    pub(super) fn add_piece(&mut self, piece: LostPiece, reason: LossReason) {
        // This piece seems to contain the whole part. No more pieces of such a part come, so
        // it may be forgotten if there is little room.
        let is_whole = piece.ends && piece.half_spans.is_empty();
        // After a shutdown nothing more is read, so the worker does not wait for halves of
        // spans.
        let is_read_on = reason == LossReason::Queue;
        for span in piece.half_spans.into_iter().filter(|_| is_read_on) {
            // If the other half was lost before, both are gone, and nothing more comes.
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
