//! The parts of traces that run in this process.

use super::trace_losses::TraceLosses;
use crate::value::{Timestamp, TraceId};

/// A part of a trace that runs in this process: what one root, or one entry from another
/// process, began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub(crate) trace: TraceId,
    /// The number of its first scope, which nothing else in the process has.
    pub(crate) number: u32,
}

/// Numbers of scopes that a thread takes at once.
pub(crate) const SCOPE_NUMBER_BLOCK: u32 = 1_024;

/// What a tracer says of a part beside its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartReport {
    pub(crate) part: Part,
    pub(crate) state: PartState,
    /// When it began, where that it is open is said and the beginning was read.
    pub(crate) began: Option<Timestamp>,
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

impl PartReport {
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, PartState::Open)
    }

    pub(crate) fn opened(part: Part) -> Self {
        Self {
            part,
            state: PartState::Open,
            began: None,
            losses: None,
        }
    }

    pub(crate) fn ended(part: Part, losses: Option<TraceLosses>) -> Self {
        Self {
            part,
            state: PartState::Ended,
            began: None,
            losses: losses.map(Box::new),
        }
    }
}
