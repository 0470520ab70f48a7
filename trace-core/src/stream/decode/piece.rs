//! What all spans of a piece have in common.
//!
//! It is read once a piece and not kept in each span: a batch has thousands of spans and
//! far fewer pieces.

use super::part::Part;
use crate::process::clock::Times;
use crate::value::{TraceFlags, TraceId, TraceState};

/// What the entry says with which a piece begins, and how its times are read.
///
/// The index of a batch has one for each piece of its chunks, and one for each span that
/// was put together. A spread span keeps a copy until it is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The number of the chunk in the batch.
    pub(crate) chunk: u32,
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    /// The number of the part of the trace, which is that of the part's first scope.
    pub(crate) part: u32,
    /// The span of another process below which the trace continues here; zero if there is
    /// none.
    pub(crate) remote_parent: u64,
    /// Whether its one span was put together from several pieces. Its logs may then be out
    /// of order by their times.
    pub(crate) is_joined: bool,
    /// How times are read. It is the same for all pieces of a part, even if the wall clock
    /// was set between them: otherwise a duration could be wrong by as much.
    pub(crate) times: Times,
}

impl Piece {
    /// Returns the part of the trace to which the piece belongs.
    pub(crate) const fn part(&self) -> Part {
        Part {
            trace: self.trace_id,
            number: self.part,
        }
    }
}

/// Placeholder for a missing piece. It is not reachable, as every chunk begins with a piece;
/// with it the reader needs no case for a span without one.
pub(crate) static NO_PIECE: Piece = Piece {
    chunk: u32::MAX,
    trace_id: TraceId::PLACEHOLDER,
    flags: TraceFlags::NONE,
    tracestate: TraceState::new(),
    part: 0,
    remote_parent: 0,
    is_joined: false,
    times: Times::RAW,
};
