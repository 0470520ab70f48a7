//! The parts of traces that run in this process, and what a tracer reports of them.
//!
//! A trace is complete in a process when all its parts have ended. The decoder and the queue
//! find out when a part begins and ends. [`part_losses`](super::part_losses) counts what was
//! lost of it.

use super::trace_losses::TraceLosses;
use crate::value::{Timestamp, TraceId};

/// A part of a trace that runs in this process: what one root, or one entry from another
/// process, began. If a service calls itself, its process has several parts of one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) trace: TraceId,
    /// The number of its first scope. It is unique in the process until four billion scopes
    /// have begun.
    pub(crate) number: u32,
}

/// How many numbers of scopes a thread takes at once, so that it rarely touches the shared
/// counter. One thread gives out all numbers of a block, in ascending order.
pub(crate) const SCOPE_NUMBER_BLOCK: u32 = 1_024;

/// What a tracer reports of a part, in addition to its spans.
///
/// Batches carry reports together with spans. The report of an end comes in the batch with
/// the part's last piece, or later. So a collector that has it has all spans of the part
/// that it will get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartReport {
    pub(crate) part: Part,
    pub(crate) state: PartState,
    /// When the part began. Only a report of an open part has it, and only if its beginning
    /// was read.
    pub(crate) began: Option<Timestamp>,
    /// What was lost of the part and was not reported before. Boxed, as it is rare.
    pub(crate) losses: Option<Box<TraceLosses>>,
}

/// What has become of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartState {
    /// More of it may come. Reported once, with the first of its pieces that does not end
    /// it.
    Open,
    /// All of it has come, except what was lost.
    Ended,
    /// Its tracer was shut down while the part ran. No more of it comes, and it is unknown
    /// how much is missing.
    GivenUp,
}

impl PartReport {
    /// Returns whether more of the part may come.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, PartState::Open)
    }

    /// Reports that more of a part may come.
    pub(crate) fn opened(part: Part) -> Self {
        Self {
            part,
            state: PartState::Open,
            began: None,
            losses: None,
        }
    }

    /// Reports that a part has ended, and what was lost of it.
    pub(crate) fn ended(part: Part, losses: Option<TraceLosses>) -> Self {
        Self {
            part,
            state: PartState::Ended,
            began: None,
            losses: losses.map(Box::new),
        }
    }
}
