//! The parts of traces that run in this process, and the reports of their state.
//!
//! A trace is complete in a process when all its parts have ended. The decoder and the
//! queue detect when a part begins and ends. [`part_losses`](super::part_losses) counts
//! its losses.

use super::trace_losses::TraceLosses;
use crate::value::{Timestamp, TraceId};

/// A part of a trace that runs in this process. Each root begins a part, and so does each
/// trace that is continued from another process. If a service calls itself, its process
/// has several parts of one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) trace: TraceId,
    /// The number of its first scope. It is unique in the process until four billion scopes
    /// have begun.
    pub(crate) number: u32,
}

/// How many scope numbers a thread reserves at once, so that it rarely accesses the shared
/// counter. One thread assigns all numbers of a block, in ascending order.
pub(crate) const SCOPE_NUMBER_BLOCK: u32 = 1_024;

/// A tracer's report on the state of a part.
///
/// Batches contain reports together with spans. The report of an end is in the batch with
/// the part's last piece, or in a later one. A collector that has received it gets no more
/// spans of the part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartReport {
    pub(crate) part: Part,
    pub(crate) state: PartState,
    /// When the part began. Only the report of an open part has this time, and only if its
    /// beginning was read.
    pub(crate) began: Option<Timestamp>,
    /// The losses of the part that were not reported before. Boxed, because losses are
    /// rare.
    pub(crate) losses: Option<Box<TraceLosses>>,
}

/// The state of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartState {
    /// More entries may follow. This is reported once, with the first piece, unless that
    /// piece ends the part.
    Open,
    /// All entries were read, except those that were lost.
    Ended,
    /// Its tracer was shut down while the part ran. No more entries follow, and it is
    /// unknown how much is missing.
    GivenUp,
}

impl PartReport {
    /// Returns whether more entries of the part may follow.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, PartState::Open)
    }

    /// Makes the report that more entries of a part may follow.
    pub(crate) fn opened(part: Part) -> Self {
        Self {
            part,
            state: PartState::Open,
            began: None,
            losses: None,
        }
    }

    /// Makes the report that a part has ended, with its losses.
    pub(crate) fn ended(part: Part, losses: Option<TraceLosses>) -> Self {
        Self {
            part,
            state: PartState::Ended,
            began: None,
            losses: losses.map(Box::new),
        }
    }
}
