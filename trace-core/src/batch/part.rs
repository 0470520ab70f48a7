//! The parts of traces that run in this process.

use super::losses::TraceLosses;
use crate::id::TraceId;
use crate::maps::HashMap;

/// A part of a trace that runs in this process: what one root, or one entry from another
/// process, began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) trace: TraceId,
    /// The number of its first scope, which nothing else in the process has.
    pub(crate) number: u32,
}

/// What a tracer says of a part beside its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartReport {
    pub(crate) part: Part,
    pub(crate) state: PartState,
    /// What was lost of it, as far as it was not said before.
    pub(crate) losses: Option<Box<TraceLosses>>,
}

/// What has become of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartState {
    /// More of it may come. Said once, with the first of its pieces that does not end it.
    Open,
    /// All of it has come, but for what was lost.
    Ended,
    /// Its tracer was shut down while it ran.
    GivenUp,
}

/// What was lost of parts, and was not reported yet. Bounded.
#[derive(Debug)]
pub(crate) struct PartLosses {
    parts: HashMap<Part, TraceLosses>,
    /// Most parts that are counted one by one.
    most: usize,
    /// Set if something was lost of a part that found no room here, and that may go on.
    has_overflowed: bool,
}

/// Parts whose losses are counted one by one: 4 MiB. Only what loses spans of more traces
/// at once counts them together.
pub(crate) const MAX_PARTS: usize = 65_536;

impl PartReport {
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, PartState::Open)
    }

    pub(crate) fn opened(part: Part) -> Self {
        Self {
            part,
            state: PartState::Open,
            losses: None,
        }
    }

    pub(crate) fn ended(part: Part, losses: Option<TraceLosses>) -> Self {
        Self {
            part,
            state: PartState::Ended,
            losses: losses.map(Box::new),
        }
    }
}

impl Default for PartLosses {
    fn default() -> Self {
        Self::bounded(MAX_PARTS)
    }
}

impl PartLosses {
    pub(crate) fn bounded(most: usize) -> Self {
        Self {
            parts: HashMap::default(),
            most,
            has_overflowed: false,
        }
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
            self.has_overflowed = true;
        }
    }

    /// Adds what others have counted.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.has_overflowed |= std::mem::take(&mut other.has_overflowed);
        for (part, losses) in other.parts.drain() {
            self.add(part, &losses);
        }
    }

    /// Says that no part goes on of which something was lost before.
    pub(crate) fn settle(&mut self) {
        self.has_overflowed = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && !self.has_overflowed
    }

    /// Takes what was lost of a part, which has ended. If something was lost of a part
    /// that is not known, it may be this one.
    pub(crate) fn take(&mut self, part: Part) -> Option<TraceLosses> {
        let known = if self.parts.is_empty() {
            None
        } else {
            self.parts.remove(&part)
        };
        if known.is_none() && !self.has_overflowed {
            return None;
        }
        let mut losses = known.unwrap_or_default();
        losses.is_at_least |= self.has_overflowed;
        Some(losses)
    }
}
