//! Takes chunks and ends of traces from the application's threads.
//!
//! These calls never wait for the worker or a collector. If there is no room, a piece is
//! dropped and counted. The lock is held for a copy of at most half a chunk.

use super::{Queue, Short, Sleep};
use crate::delivery::lost_pieces::LostPiece;
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::stream::Chunk;
use crate::stream::decode::{LossReason, Part};

impl Queue {
    /// Returns whether a scope may record into this empty chunk. A scope of another tracer may
    /// have left a larger chunk. If it were handed over here, its unused capacity would use up
    /// too much of the limit of bytes.
    pub(crate) fn takes(&self, chunk: &Chunk) -> bool {
        chunk.allocated() <= self.max_chunk_bytes
    }

    /// Returns whether a new chunk with room for this many words is small enough.
    pub(crate) fn takes_words(&self, words: usize) -> bool {
        words * size_of::<u64>() <= self.max_chunk_bytes
    }

    /// Takes a scope's piece, or drops it and counts its spans. Leaves an empty chunk. Returns
    /// whether the piece was taken. Never waits for the worker.
    ///
    /// `started` of its spans were not counted as started before, and are counted here.
    pub(crate) fn push(&self, piece: &mut Chunk, started: u64) -> bool {
        let spans = piece.opened.max(1);
        let bytes = piece.bytes();
        let mut state = self.state();
        // This count comes first, because no span may be counted elsewhere before it has
        // started.
        state.ledger.start(started);
        // An empty queue takes any piece. Otherwise a piece that is larger than the whole
        // queue could never be delivered. The same applies to bytes, below.
        let has_room = state.spans == 0 || state.spans + spans <= self.max_spans;
        let added = state.chunks.added_by(piece, bytes);
        let is_full = !has_room
            || !(state.chunks.make_room(self.max_bytes.saturating_sub(added))
                || state.chunks.bytes == 0);
        if state.is_closed || is_full {
            state.ledger.refuse(piece.opened);
            let counter = if state.is_closed {
                &self.counters.dropped_shutdown
            } else {
                &self.counters.dropped_queue
            };
            Counters::add(counter, piece.opened);
            let is_closed = state.is_closed;
            // Reading the dropped piece takes time, and other threads wait for the lock.
            drop(state);
            self.note_lost(piece, is_closed);
            piece.clear();
            return false;
        }
        state.ledger.arrive(piece.opened);
        state.spans += spans;
        state.chunks.add(piece, bytes);
        let is_half_full = self.is_half_full(&state);
        let wakes = state.wakes(is_half_full);
        drop(state);
        // Notified without the lock, which the worker needs as soon as it wakes.
        if wakes {
            self.work.notify_one();
        }
        true
    }

    /// Takes a short piece, which `write` appends to the given chunk. Returns whether it was
    /// taken. If not, nothing was written or counted, and the caller uses
    /// [`push`](Self::push).
    ///
    /// `write` runs under the lock. It must be short, must not panic, and must write no more
    /// than `short` declares.
    #[inline]
    pub(crate) fn push_short(&self, short: Short, write: impl FnOnce(&mut Chunk)) -> bool {
        let spans = short.spans.max(1);
        let mut state = self.state();
        if state.is_closed || state.spans + spans > self.max_spans {
            return false;
        }
        let Some(chunk) = state.chunks.chunk_for(short, self.max_bytes) else {
            return false;
        };
        write(chunk);
        // The order of these counts does not matter, because they change under the lock.
        state.spans += spans;
        state.ledger.start(short.started);
        state.ledger.arrive(short.spans);
        // The common case comes first: an awake worker needs no further check.
        if state.sleep != Sleep::Awake {
            let is_half_full = self.is_half_full(&state);
            if state.wakes(is_half_full) {
                drop(state);
                self.work.notify_one();
            }
        }
        true
    }

    /// Records the content of a chunk for which there was no room, or that came too late
    /// (`is_late`). Reads the chunk first, and then takes the lock. The caller counts the
    /// spans.
    #[cold]
    pub(super) fn note_lost(&self, chunk: &Chunk, is_late: bool) {
        let lost = LostPiece::read(chunk);
        let (dropped, reason) = if is_late {
            (SiteLoss::Late, LossReason::Shutdown)
        } else {
            (SiteLoss::Queue, LossReason::Queue)
        };
        self.chart.drop_numbers(lost.sites.iter().copied(), dropped);
        let mut state = self.state();
        // After the worker has ended, no thread takes this record, so it would only grow.
        if !state.has_worker_ended {
            state.lost.add_piece(lost, reason);
        }
    }

    /// Reports a part as open that may hand over nothing for a long time. Returns whether the
    /// report was taken. If not, collectors learn of the part with its first piece.
    pub(crate) fn open_part(&self, part: Part) -> bool {
        let mut state = self.state();
        // The number is bounded, because the memory of these reports is not counted.
        let is_told = !state.is_closed && state.opened.len() < self.max_parts;
        if is_told {
            state.opened.push(part);
        }
        let wakes = is_told && state.wakes(false);
        drop(state);
        if wakes {
            self.work.notify_one();
        }
        is_told
    }

    /// Reports that the last scope of a part has ended. Its last chunk is in the queue or lost
    /// before this call, so the worker reads the end last.
    ///
    /// If the worker may know that the part is open (`may_be_known`), the end is kept even
    /// above the limit. Otherwise collectors would wait for it forever. The number of such
    /// parts is limited, because the worker has read a piece of each.
    pub(crate) fn end_part(&self, part: Part, may_be_known: bool) {
        let mut state = self.state();
        // The worker drains this list with each delivery, so it is long only if the worker is
        // blocked.
        let is_told = may_be_known || state.ended.len() < self.max_parts;
        if !state.is_closed && is_told {
            state.ended.push(part);
        }
        let wakes = state.wakes(false);
        drop(state);
        if wakes {
            self.work.notify_one();
        }
    }
}
