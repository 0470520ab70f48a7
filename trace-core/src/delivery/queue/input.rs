//! Chunks and ends of traces from the application's threads. None of these calls waits for
//! the worker.

use super::{Queue, Short, Sleep};
use crate::delivery::lost_pieces::LostPiece;
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::stream::Chunk;
use crate::stream::decode::{LossReason, Part};

impl Queue {
    /// Whether a chunk is small enough to be handed over.
    pub(crate) fn takes(&self, chunk: &Chunk) -> bool {
        chunk.allocated() <= self.max_chunk_bytes
    }

    /// Whether a chunk of so many words is small enough.
    pub(crate) fn takes_words(&self, words: usize) -> bool {
        words * size_of::<u64>() <= self.max_chunk_bytes
    }

    /// Hands the piece of a scope over, or drops it and counts its spans; leaves an
    /// empty chunk. Returns whether the piece was taken. Never waits for the worker.
    ///
    /// So many of the spans are counted as started here.
    pub(crate) fn push(&self, piece: &mut Chunk, started: u64) -> bool {
        let spans = piece.opened.max(1);
        let bytes = piece.bytes();
        let mut state = self.state();
        state.ledger.start(started);
        // A piece that is larger than the whole queue is taken when that is empty.
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
        if wakes {
            self.work.notify_one();
        }
        true
    }

    /// The same for a short piece, which `write` adds to the chunk that it is given. Returns
    /// whether it was taken; what is not taken is not counted.
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
        state.spans += spans;
        state.ledger.start(short.started);
        state.ledger.arrive(short.spans);
        if state.sleep != Sleep::Awake {
            let is_half_full = self.is_half_full(&state);
            if state.wakes(is_half_full) {
                drop(state);
                self.work.notify_one();
            }
        }
        true
    }

    /// Records the content of a chunk that found no room or came too late.
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
        // After the worker's end nobody takes this record.
        if !state.has_worker_ended {
            state.lost.add(lost, reason);
        }
    }

    /// Reports a part as open when it may hand nothing over for long; returns whether the
    /// report was taken.
    pub(crate) fn open_part(&self, part: Part) -> bool {
        let mut state = self.state();
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

    /// Says that the last scope of a part of a trace ended, and that its last chunk is in
    /// the queue or lost. Never forgotten if the worker may know that the part is open.
    pub(crate) fn end_part(&self, part: Part, may_be_known: bool) {
        let mut state = self.state();
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
