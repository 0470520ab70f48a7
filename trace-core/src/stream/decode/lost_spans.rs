//! Lost spans for which more entries may still be read.
//!
//! A lost span is counted once, with its opening. Its other entries have to be ignored,
//! and must not be kept like those of other spans. So its id is stored here until no more
//! entries can be read.

use super::trace_losses::LossReason;
use crate::process::maps::HashMap;

/// Lost spans, by id. Their entries are ignored.
#[derive(Debug, Default)]
pub(super) struct LostSpans {
    spans: HashMap<u64, LossExtent>,
    /// Spans for which no more entries will be handed over. Chunks that wait may still
    /// contain some, so these spans are only removed before the next batch.
    settled: Vec<u64>,
}

/// Which entries of a span are lost, and which may still be read.
///
/// A span goes through these states until it is forgotten:
///
/// ```text
/// Half ── opening ──> forgotten     Half ── end ──> forgotten
/// Statements ── opening ──> StatementsAndOpening ── end ──> forgotten
/// Statements ── end ──────> StatementsAndEnd ── opening ──> forgotten
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossExtent {
    /// A chunk with its opening or its end was lost. The other one is still to be read.
    Half,
    /// Its tags, logs and so on were dropped to make room. Its opening and its end are
    /// still to be read.
    Statements,
    /// Like `Statements`, and its end was dropped or ignored. Its opening is still to be
    /// read.
    StatementsAndEnd,
    /// Like `Statements`, and its opening was dropped or ignored. Its end is still to be
    /// read.
    StatementsAndOpening,
}

impl LossExtent {
    /// Returns whether the opening was read. If it was, the span is counted now. Otherwise
    /// it is counted when its opening is read.
    pub(super) fn was_opened(self) -> bool {
        self == Self::StatementsAndOpening
    }
}

impl LostSpans {
    /// Returns whether a span is lost.
    pub(super) fn has(&self, span: u64) -> bool {
        self.spans.contains_key(&span)
    }

    /// Adds a span that was dropped to make room.
    pub(super) fn add(&mut self, span: u64, lost: LossExtent) {
        self.spans.insert(span, lost);
    }

    /// Adds a span that lost its opening or its end with a chunk.
    ///
    /// If the other one was read, all further entries are in chunks that already wait.
    /// This is also true if the span is here already, unless its state is `Statements`:
    /// its other half was read or lost before.
    pub(super) fn add_half(&mut self, span: u64, other_was_read: bool) {
        let was = self.spans.insert(span, LossExtent::Half);
        let is_settled = match was {
            Some(
                LossExtent::Half | LossExtent::StatementsAndEnd | LossExtent::StatementsAndOpening,
            ) => true,
            Some(LossExtent::Statements) | None => other_was_read,
        };
        if is_settled {
            self.settled.push(span);
        }
    }

    /// Notes that an opening was read. Returns the reason why the span is dropped, or
    /// `None` if it is not lost.
    pub(super) fn note_opening(&mut self, span: u64) -> Option<LossReason> {
        let lost = self.spans.get_mut(&span)?;
        match lost {
            LossExtent::Half => {
                self.settled.push(span);
                Some(LossReason::Queue)
            }
            LossExtent::Statements => {
                *lost = LossExtent::StatementsAndOpening;
                Some(LossReason::Limit)
            }
            // After `StatementsAndEnd`, this is the last entry. After
            // `StatementsAndOpening`, this is a second opening: two spans have the same
            // id, and both are dropped.
            LossExtent::StatementsAndEnd | LossExtent::StatementsAndOpening => {
                self.settled.push(span);
                Some(LossReason::Limit)
            }
        }
    }

    /// Notes that an end was read. Returns whether the span is lost. After
    /// `StatementsAndEnd`, a second end changes nothing.
    pub(super) fn note_end(&mut self, span: u64) -> bool {
        match self.spans.get_mut(&span) {
            None => return false,
            Some(lost @ (LossExtent::Statements | LossExtent::StatementsAndEnd)) => {
                *lost = LossExtent::StatementsAndEnd;
            }
            Some(LossExtent::Half | LossExtent::StatementsAndOpening) => {
                self.spans.remove(&span);
            }
        }
        true
    }

    /// Forgets the settled spans. It is called before each batch.
    ///
    /// If `most` or more spans are left, it also forgets those in the state `Statements`.
    /// They may have been delivered earlier, and then their opening is never read again.
    /// If `most` or more are still left, it forgets all of them. If a span is forgotten
    /// too early, its entries are kept until its part ends.
    pub(super) fn settle(&mut self, most: usize) {
        for span in self.settled.drain(..) {
            self.spans.remove(&span);
        }
        if self.spans.len() >= most {
            self.spans.retain(|_, lost| *lost != LossExtent::Statements);
        }
        if self.spans.len() >= most {
            self.spans.clear();
        }
    }
}
