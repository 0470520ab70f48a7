//! What was lost of parts of traces.

use super::part::{Part, SCOPE_NUMBER_BLOCK};
use super::trace_losses::TraceLosses;
use crate::process::maps::HashMap;

/// What was lost of parts, and was not reported yet. Bounded.
#[derive(Debug)]
pub(crate) struct PartLosses {
    parts: HashMap<Part, TraceLosses>,
    /// Most parts that are counted one by one.
    most: usize,
    /// Of which parts something was lost that found no room here, and that may go on.
    uncounted: Uncounted,
}

/// Parts of which something was lost that was not counted: perhaps all that began before.
///
/// A thread numbers its scopes in blocks of [`SCOPE_NUMBER_BLOCK`], upwards. So of a block the greatest
/// number tells those that began later, of which nothing was lost.
#[derive(Debug, Default)]
struct Uncounted {
    /// By the number of the block.
    greatest: HashMap<u32, u32>,
    /// Whether there were too many blocks to tell.
    are_all: bool,
}

/// Blocks of numbers that are told apart: 64 KiB.
const MAX_BLOCKS: usize = 4_096;

impl PartLosses {
    /// Of so many parts losses are counted one by one, in 64 bytes each. Only where more lose
    /// spans at once are they counted together.
    pub(crate) fn bounded(most: usize) -> Self {
        Self {
            parts: HashMap::default(),
            most,
            uncounted: Uncounted::default(),
        }
    }

    /// How many parts are counted one by one.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// Counts what was lost of a part of which nothing else is known, and which has ended.
    /// Where there is little room, that is for those that go on.
    pub(crate) fn add_whole(&mut self, part: Part, losses: &TraceLosses) {
        if self.parts.len() < self.most / 4 * 3 || self.parts.contains_key(&part) {
            self.add(part, losses);
        }
    }

    /// Counts what was lost of a part.
    pub(crate) fn add(&mut self, part: Part, losses: &TraceLosses) {
        if let Some(sum) = self.parts.get_mut(&part) {
            sum.add(losses);
        } else if self.parts.len() < self.most {
            self.parts.insert(part, *losses);
        } else {
            self.uncounted.add(part.number);
        }
    }

    /// Adds what others have counted.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.uncounted.append(std::mem::take(&mut other.uncounted));
        for (part, losses) in other.parts.drain() {
            self.add(part, &losses);
        }
    }

    /// Says that no part goes on of which something was lost before.
    pub(crate) fn settle(&mut self) {
        self.uncounted = Uncounted::default();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.uncounted.is_empty()
    }

    /// Takes what was lost of a part, which has ended. If something was lost of a part
    /// that is not known, it may be this one.
    pub(crate) fn take(&mut self, part: Part) -> Option<TraceLosses> {
        let known = if self.parts.is_empty() {
            None
        } else {
            self.parts.remove(&part)
        };
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
    fn add(&mut self, number: u32) {
        let block = number / SCOPE_NUMBER_BLOCK;
        if let Some(greatest) = self.greatest.get_mut(&block) {
            *greatest = number.max(*greatest);
        } else if self.greatest.len() < MAX_BLOCKS {
            self.greatest.insert(block, number);
        } else {
            self.are_all = true;
        }
    }

    fn append(&mut self, other: Self) {
        self.are_all |= other.are_all;
        other
            .greatest
            .into_values()
            .for_each(|number| self.add(number));
    }

    /// Whether it may be a part of which something was lost.
    fn has(&self, number: u32) -> bool {
        let greatest = || self.greatest.get(&(number / SCOPE_NUMBER_BLOCK));
        self.are_all
            || (!self.greatest.is_empty() && greatest().is_some_and(|greatest| number <= *greatest))
    }

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
