//! Spans that cannot be delivered any more, though something of them is still to come.
//!
//! A lost span is counted at its opening, wherever that is read or lost. What comes of it
//! later must not look like a new span, and must not be kept. So its id is remembered here
//! until nothing more can come.

use super::trace_losses::LossReason;
use crate::process::maps::HashMap;

/// Spans of which something was lost: what is still said of them is ignored.
#[derive(Debug, Default)]
pub(super) struct LostSpans {
    spans: HashMap<u64, LossExtent>,
    /// Those of which nothing comes in chunks that are handed over from now on. Chunks that
    /// wait may still speak of them, so they are forgotten with the next batch.
    settled: Vec<u64>,
}

/// What is lost of a span, and so what of it is still to come.
///
/// States of one span; `forgotten` is no state, but its absence:
///
/// ```text
/// Half ── opening ──> forgotten     Half ── end ──> forgotten
/// Said ── opening ──> SaidAndOpening ── end ──> forgotten
/// Said ── end ──────> SaidAndEnd ── opening ──> forgotten
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossExtent {
    /// A chunk with its opening or its end was lost. The other one comes.
    Half,
    /// What was said of it was dropped to make room. Its opening and its end come.
    Said,
    /// What was said of it was dropped, and so was its end. Its opening comes.
    SaidAndEnd,
    /// What was said of it was dropped, and so was its opening. Its end comes.
    SaidAndOpening,
}

impl LossExtent {
    /// Returns whether the opening was read, so that the span is to be counted now. If it
    /// was not, it is counted when its opening is read.
    pub(super) fn was_opened(self) -> bool {
        self == Self::SaidAndOpening
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

    /// Adds a span of which the opening or the end was in a chunk that is lost.
    ///
    /// If the other one was read, nothing more comes after the chunks that wait. The same
    /// holds if the span is here already: its other half was read or lost before.
    pub(super) fn add_half(&mut self, span: u64, other_was_read: bool) {
        let was = self.spans.insert(span, LossExtent::Half);
        let is_settled = match was {
            Some(LossExtent::Half | LossExtent::SaidAndEnd | LossExtent::SaidAndOpening) => true,
            Some(LossExtent::Said) | None => other_was_read,
        };
        if is_settled {
            self.settled.push(span);
        }
    }

    /// Notes that an opening was read. Returns why the span is dropped; `None` if it is not
    /// lost.
    pub(super) fn open(&mut self, span: u64) -> Option<LossReason> {
        let lost = self.spans.get_mut(&span)?;
        match lost {
            LossExtent::Half => {
                self.settled.push(span);
                Some(LossReason::Queue)
            }
            LossExtent::Said => {
                *lost = LossExtent::SaidAndOpening;
                Some(LossReason::Limit)
            }
            // After `SaidAndEnd`, this was the last that comes. After `SaidAndOpening` it is
            // a second opening: two spans have the same id, and both are dropped.
            LossExtent::SaidAndEnd | LossExtent::SaidAndOpening => {
                self.settled.push(span);
                Some(LossReason::Limit)
            }
        }
    }

    /// Notes that an end was read; returns whether the span is lost.
    ///
    /// A second end after `SaidAndEnd` changes nothing: the opening is still to come.
    pub(super) fn close(&mut self, span: u64) -> bool {
        match self.spans.get_mut(&span) {
            None => return false,
            Some(lost @ (LossExtent::Said | LossExtent::SaidAndEnd)) => {
                *lost = LossExtent::SaidAndEnd
            }
            Some(LossExtent::Half | LossExtent::SaidAndOpening) => drop(self.spans.remove(&span)),
        }
        true
    }

    /// Forgets the spans of which nothing more comes. To be called before each batch.
    ///
    /// If `most` or more are left, those go that may have been delivered before: of them
    /// perhaps nothing comes. If that is not enough, all go, so the memory is bounded. What
    /// is then read of a lost span is kept until its part ends.
    pub(super) fn settle(&mut self, most: usize) {
        for span in self.settled.drain(..) {
            self.spans.remove(&span);
        }
        if self.spans.len() >= most {
            self.spans.retain(|_, lost| *lost != LossExtent::Said);
        }
        if self.spans.len() >= most {
            self.spans.clear();
        }
    }
}
