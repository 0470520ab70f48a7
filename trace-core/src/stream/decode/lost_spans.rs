//! Lost spans, of which more entries may come.
//!
//! A lost span is counted once, with its opening. Its other entries must not be kept, as
//! those of other spans are. So its id is remembered here until no more entries can come.

use super::trace_losses::LossReason;
use crate::process::maps::HashMap;

/// Lost spans, by id. Their entries are ignored.
#[derive(Debug, Default)]
pub(super) struct LostSpans {
    spans: HashMap<u64, LossExtent>,
    /// Spans of which no entry will be handed over any more. Chunks that wait may still have
    /// some, so the span is forgotten with the next batch.
    settled: Vec<u64>,
}

/// What is lost of a span, and what is still to come.
///
/// A span goes through these states and is then forgotten:
///
/// ```text
/// Half ── opening ──> forgotten     Half ── end ──> forgotten
/// Statements ── opening ──> StatementsAndOpening ── end ──> forgotten
/// Statements ── end ──────> StatementsAndEnd ── opening ──> forgotten
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossExtent {
    /// A chunk with its opening or its end was lost. The other one comes.
    Half,
    /// Its tags, logs and so on were dropped to make room. Its opening and its end come.
    Statements,
    /// The same, and its end was dropped or ignored. Its opening comes.
    StatementsAndEnd,
    /// The same, and its opening was dropped or ignored. Its end comes.
    StatementsAndOpening,
}

impl LossExtent {
    /// Returns whether the opening was read. If so, the span is counted now, and otherwise
    /// when its opening is read.
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
    /// If the other one was read, no more entries come after the chunks that wait. The same
    /// is true if the span is here already: its other half was read or lost before.
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

    /// Notes that an opening was read. Returns why the span is dropped; `None` if it is not
    /// lost.
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
            // After `StatementsAndEnd`, no more entries come. After `StatementsAndOpening`,
            // this is a second opening: two spans have the same id, and both are dropped.
            LossExtent::StatementsAndEnd | LossExtent::StatementsAndOpening => {
                self.settled.push(span);
                Some(LossReason::Limit)
            }
        }
    }

    /// Notes that an end was read; returns whether the span is lost. After
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
    /// If `most` or more are left, it forgets those in the state `Statements`: they may have
    /// been delivered earlier, and then no opening comes. If `most` or more are still left,
    /// it forgets all. Entries of a span that was forgotten too early are kept until its
    /// part ends.
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
