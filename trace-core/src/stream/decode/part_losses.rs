//! The losses of parts of traces that are not reported yet.
//!
//! The queue, the decoder and each collector have one of these. A part's losses are
//! removed when its end is reported, so each loss is reported once. Memory is bounded. If
//! there is no room for a part, its losses are not counted for the part, and the report of
//! its end says "at least".

use super::part::{Part, SCOPE_NUMBER_BLOCK};
use super::trace_losses::TraceLosses;
use crate::process::maps::HashMap;

/// The losses of parts that are not reported yet. The memory is bounded.
#[derive(Debug)]
pub(crate) struct PartLosses {
    /// The parts that have lost something.
    parts: HashMap<Part, TraceLosses>,
    /// The most parts whose losses are counted separately.
    most: usize,
    /// The parts with losses for which there may have been no room in `parts`.
    uncounted: Uncounted,
}

/// The parts that may have losses that were not counted.
///
/// The set may include too many parts, but never too few. A thread numbers its scopes in
/// ascending order, in blocks of [`SCOPE_NUMBER_BLOCK`]. So for each block it is enough to
/// store the greatest number of a part with such losses. Parts with a greater number in
/// the block have no uncounted losses. Parts with a lower number may have some.
#[derive(Debug, Default)]
struct Uncounted {
    /// The greatest number of a part in each block, by the number of the block.
    greatest: HashMap<u32, u32>,
    /// Whether there were too many blocks. Every part may then have uncounted losses.
    are_all: bool,
}

/// The most blocks that are stored separately, which takes 64 KiB of memory.
const MAX_BLOCKS: usize = 4_096;

impl PartLosses {
    /// Makes an empty collection. It counts the losses of up to `most` parts separately,
    /// in 64 bytes each. If more parts lose spans at once, it only notes the others.
    pub(crate) fn bounded(most: usize) -> Self {
        Self {
            parts: HashMap::default(),
            most,
            uncounted: Uncounted::default(),
        }
    }

    /// Returns the most parts whose losses are counted separately.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Counts the losses of a part that was lost completely: it has ended, and no
    /// collector has received anything about it.
    ///
    /// The last quarter of the room is reserved for parts that continue. If only that
    /// quarter is left, nothing is noted, and the loss is only in the tracer's totals.
    pub(crate) fn add_whole(&mut self, part: Part, losses: &TraceLosses) {
        if self.parts.len() < self.most / 4 * 3 || self.parts.contains_key(&part) {
            self.add(part, losses);
        }
    }

    /// Counts losses of a part. If there is no room for another part, only the number of
    /// the part is noted.
    pub(crate) fn add(&mut self, part: Part, losses: &TraceLosses) {
        if let Some(sum) = self.parts.get_mut(&part) {
            sum.add(losses);
        } else if self.parts.len() < self.most {
            self.parts.insert(part, *losses);
        } else {
            self.uncounted.add(part.number);
        }
    }

    /// Moves all losses of `other` to this collection.
    pub(crate) fn append(&mut self, other: &mut Self) {
        // Losses that were not counted there cannot be counted here. For a counted part
        // there may be no room here, and `add` then only notes it.
        self.uncounted.append(std::mem::take(&mut other.uncounted));
        for (part, losses) in other.parts.drain() {
            self.add(part, &losses);
        }
    }

    /// Forgets which parts may have uncounted losses. Must only be called when no part is
    /// open, so that none of these parts can end later. Without this, every later report
    /// would say "at least" after one overflow.
    pub(crate) fn settle(&mut self) {
        self.uncounted = Uncounted::default();
    }

    /// Returns whether there are no unreported losses.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.uncounted.is_empty()
    }

    /// Removes and returns the losses of a part that has ended. Returns `None` if it has
    /// lost nothing.
    ///
    /// If the part may have uncounted losses, the losses say "at least".
    pub(crate) fn take(&mut self, part: Part) -> Option<TraceLosses> {
        // This runs for each part that ends. The check avoids the computation of a hash if
        // nothing was lost.
        let known = if self.parts.is_empty() {
            None
        } else {
            self.parts.remove(&part)
        };
        // A part in `parts` may also have uncounted losses, from a time when there was no
        // room.
        let has_more = self.uncounted.has(part.number);
        if known.is_none() && !has_more {
            return None;
        }
        let mut losses = known.unwrap_or_default();
        losses.is_at_least |= has_more;
        Some(losses)
    }
}

impl Uncounted {
    /// Notes that a part has uncounted losses.
    fn add(&mut self, number: u32) {
        let block = number / SCOPE_NUMBER_BLOCK;
        if let Some(greatest) = self.greatest.get_mut(&block) {
            *greatest = number.max(*greatest);
        } else if self.greatest.len() < MAX_BLOCKS {
            self.greatest.insert(block, number);
        } else {
            // This stays true until `settle`, because no room is left for another block.
            self.are_all = true;
        }
    }

    /// Adds all parts of `other`.
    fn append(&mut self, other: Self) {
        self.are_all |= other.are_all;
        other
            .greatest
            .into_values()
            .for_each(|number| self.add(number));
    }

    /// Returns whether a part may have uncounted losses.
    fn has(&self, number: u32) -> bool {
        let greatest = || self.greatest.get(&(number / SCOPE_NUMBER_BLOCK));
        self.are_all
            || (!self.greatest.is_empty() && greatest().is_some_and(|greatest| number <= *greatest))
    }

    /// Returns whether all losses were counted.
    fn is_empty(&self) -> bool {
        self.greatest.is_empty() && !self.are_all
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::stream::decode::{LaneLoss, LossReason};
    use crate::value::TraceId;

    fn part(number: u32) -> Part {
        let trace = TraceId::new(number.into()).unwrap_or(TraceId::PLACEHOLDER);
        Part { trace, number }
    }

    #[test]
    fn parts_that_began_later_have_lost_nothing() {
        let lost = TraceLosses::from_reason(LossReason::Lane(LaneLoss::Full), 1);
        let mut losses = PartLosses::bounded(1);
        for number in [3, 5, SCOPE_NUMBER_BLOCK + 1] {
            losses.add(part(number), &lost);
        }
        let mut other = PartLosses::bounded(0);
        other.add(part(4), &lost);
        losses.append(&mut other);
        // The first part is counted, and may have more losses.
        let at_least = |losses: Option<TraceLosses>| losses.map(|losses| losses.is_at_least);
        assert_eq!(losses.take(part(3)).map(|losses| losses.lane), Some(1));
        for number in [1, 5, SCOPE_NUMBER_BLOCK + 1] {
            assert_eq!(at_least(losses.take(part(number))), Some(true), "{number}");
        }
        for number in [
            6,
            SCOPE_NUMBER_BLOCK - 1,
            SCOPE_NUMBER_BLOCK + 2,
            2 * SCOPE_NUMBER_BLOCK + 1,
        ] {
            assert_eq!(losses.take(part(number)), None, "{number}");
        }
        losses.settle();
        assert_eq!(losses.take(part(5)), None);
        assert!(losses.is_empty());
    }

    #[test]
    fn blocks_that_are_told_apart_are_bounded() {
        let lost = TraceLosses::from_reason(LossReason::Queue, 1);
        let mut losses = PartLosses::bounded(0);
        for block in (0..=MAX_BLOCKS as u32).map(|block| block * SCOPE_NUMBER_BLOCK) {
            assert_eq!(losses.take(part(block + 2)), None);
            losses.add(part(block + 1), &lost);
        }
        let may_be_lost = losses.take(part(7)).map(|losses| losses.is_at_least);
        assert_eq!(may_be_lost, Some(true));
    }
}
