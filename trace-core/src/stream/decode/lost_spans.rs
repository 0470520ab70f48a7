//! Spans that cannot be delivered any more.

use super::trace_losses::LossReason;
use crate::process::maps::HashMap;

/// Spans of which a part was lost: what is still said of them is to be ignored.
#[derive(Debug, Default)]
pub(super) struct LostSpans {
    spans: HashMap<u64, LossExtent>,
    /// Those of which nothing more comes after the chunks that were handed over up to
    /// now.
    settled: Vec<u64>,
}

/// What is lost of a span, and so what of it is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LossExtent {
    /// A chunk with its opening or its end: the other one comes.
    Half,
    /// What was said of it, as too much was kept: its opening and its end come.
    Said,
    /// The same, and its end: its opening comes.
    SaidAndEnd,
    /// All up to now, its opening included, as too much was kept: its end comes.
    SaidAndOpening,
}

impl LossExtent {
    /// Whether the opening was read.
    pub(super) fn was_opened(self) -> bool {
        self == Self::SaidAndOpening
    }
}

impl LostSpans {
    pub(super) fn has(&self, span: u64) -> bool {
        self.spans.contains_key(&span)
    }

    /// Adds a span of which too much was kept.
    pub(super) fn add(&mut self, span: u64, lost: LossExtent) {
        self.spans.insert(span, lost);
    }

    /// Adds a span of which the opening or the end was in a chunk that is lost. Nothing
    /// more comes if the other one was read.
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

    /// Reads an opening; returns why the span is dropped, if it is.
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
            // A second opening: two spans were given the same id.
            LossExtent::SaidAndEnd | LossExtent::SaidAndOpening => {
                self.settled.push(span);
                Some(LossReason::Limit)
            }
        }
    }

    /// Reads an end; returns whether the span is lost.
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

    /// Forgets those that are settled; all, if they are more than `most`, but first those
    /// that may have been delivered before.
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
