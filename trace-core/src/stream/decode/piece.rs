//! What all spans of a piece have in common.
//!
//! It is kept once a piece, and not in each span. A batch has thousands of spans, and
//! usually far fewer pieces.

use super::part::Part;
use crate::process::clock::Times;
use crate::value::{TraceFlags, TraceId, TraceState};

/// What the first entry of a piece says, and how the piece's times are read.
///
/// The index of a batch has one for each piece in its chunks, and one for each spread span
/// that it delivers. A spread span keeps a copy until then.
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
    /// Whether it has one span that was joined from several pieces. The logs of such a span
    /// may not be in the order of their times.
    pub(crate) is_joined: bool,
    /// How times are read. All pieces of a part read them in the same way, even if the wall
    /// clock was set in between. Otherwise that would change durations.
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

/// Placeholder for a missing piece. It is unreachable, because every chunk begins with a
/// piece.
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
