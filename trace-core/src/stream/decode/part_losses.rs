//! What was lost of parts of traces and is not reported yet.
//!
//! The queue, the decoder and each collector have one of these. A part's losses are taken
//! out when its end is reported, so each loss is reported once. Memory is bounded. If there
//! is no room for a part, its losses are not counted by part, and the report of its end says
//! "at least".

use super::part::{Part, SCOPE_NUMBER_BLOCK};
use super::trace_losses::TraceLosses;
use crate::process::maps::HashMap;

/// What was lost of parts and is not reported yet. Bounded.
#[derive(Debug)]
pub(crate) struct PartLosses {
    /// Only parts that have lost something.
    parts: HashMap<Part, TraceLosses>,
    /// The most parts that are counted one by one.
    most: usize,
    /// The parts that may have lost something that found no room in `parts`.
    uncounted: Uncounted,
}

/// Parts that may have lost something that was not counted.
///
/// It may name too many parts, and never too few. A thread numbers its scopes upwards, in
/// blocks of [`SCOPE_NUMBER_BLOCK`]. So for each block the greatest number of a part with
/// such a loss is enough. Parts of the block with a greater number began later, and all
/// their losses were counted. Parts with a lower number may have others.
#[derive(Debug, Default)]
struct Uncounted {
    /// The greatest number of each block, by the number of the block.
    greatest: HashMap<u32, u32>,
    /// Whether there were too many blocks: every part may then have lost something.
    are_all: bool,
}

/// The most blocks that are told apart: 64 KiB of memory.
const MAX_BLOCKS: usize = 4_096;

impl PartLosses {
    /// Counts the losses of up to `most` parts one by one, in 64 bytes each. If more parts
    /// lose spans at once, the others are only noted.
    pub(crate) fn bounded(most: usize) -> Self {
        Self {
            parts: HashMap::default(),
            most,
            uncounted: Uncounted::default(),
        }
    }

    /// Returns the most parts that are counted one by one.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Counts what was lost of a part that was lost as a whole: it has ended, and no
    /// collector knows anything else of it.
    ///
    /// The last quarter of the room is for parts that continue. Beyond it nothing is noted,
    /// and the loss is only in the tracer's totals.
    pub(crate) fn add_whole(&mut self, part: Part, losses: &TraceLosses) {
        if self.parts.len() < self.most / 4 * 3 || self.parts.contains_key(&part) {
            self.add(part, losses);
        }
    }

    /// Counts what was lost of a part. If there is no room for another part, only the
    /// number of the part is noted.
    pub(crate) fn add(&mut self, part: Part, losses: &TraceLosses) {
        if let Some(sum) = self.parts.get_mut(&part) {
            sum.add(losses);
        } else if self.parts.len() < self.most {
            self.parts.insert(part, *losses);
        } else {
            self.uncounted.add(part.number);
        }
    }

    /// Takes over what another place has counted, and leaves that empty.
    pub(crate) fn append(&mut self, other: &mut Self) {
        // What was not counted there cannot be counted here. Parts that were may find no
        // room here, and are then noted by `add`.
        self.uncounted.append(std::mem::take(&mut other.uncounted));
        for (part, losses) in other.parts.drain() {
            self.add(part, &losses);
        }
    }

    /// Forgets which parts may have lost something that was not counted. To be called only
    /// when no part is open, so that none of them can end later. Without this, one overflow
    /// would make every later report say "at least".
    pub(crate) fn settle(&mut self) {
        self.uncounted = Uncounted::default();
    }

    /// Returns whether nothing was lost that is not reported yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.uncounted.is_empty()
    }

    /// Takes out what was lost of a part that has ended. `None` if it has lost nothing.
    ///
    /// If the part may have lost something that was not counted, the losses say "at least".
    pub(crate) fn take(&mut self, part: Part) -> Option<TraceLosses> {
        // This runs for each part that ends. If nothing was lost, no hash is computed.
        let known = if self.parts.is_empty() {
            None
        } else {
            self.parts.remove(&part)
        };
        // The room may have become full after losses of this part were counted, or before.
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
    /// Notes that this part has lost something.
    fn add(&mut self, number: u32) {
        let block = number / SCOPE_NUMBER_BLOCK;
        if let Some(greatest) = self.greatest.get_mut(&block) {
            *greatest = number.max(*greatest);
        } else if self.greatest.len() < MAX_BLOCKS {
            self.greatest.insert(block, number);
        } else {
            // Until `settle`: no memory is left to tell them apart.
            self.are_all = true;
        }
    }

    /// Notes what another one has noted.
    fn append(&mut self, other: Self) {
        self.are_all |= other.are_all;
        other
            .greatest
            .into_values()
            .for_each(|number| self.add(number));
    }

    /// Returns whether this part may have lost something.
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
        // The first is counted, and may have lost more.
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
