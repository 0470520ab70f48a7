//! The properties that all spans of a piece share.
//!
//! They are stored once per piece, and not in each span. A batch has thousands of spans,
//! and usually far fewer pieces.

use super::part::Part;
use crate::process::clock::Times;
use crate::value::{TraceFlags, TraceId, TraceState};

/// The content of the first entry of a piece, and the conversion of the piece's times.
///
/// The index of a batch has one `Piece` for each piece in its chunks, and one for each
/// spread span that it delivers. Until then, the spread span has a copy.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The number of the chunk in the batch.
    pub(crate) chunk: u32,
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    /// The number of the part of the trace, which is the number of the part's first scope.
    pub(crate) part: u32,
    /// The parent span in another process, or zero if there is none.
    pub(crate) remote_parent: u64,
    /// Whether the piece contains one span that was joined from several pieces. The logs
    /// of such a span may not be in the order of their times.
    pub(crate) is_joined: bool,
    /// The conversion of times. All pieces of a part use the same one, even if the wall
    /// clock was set in between. Otherwise setting the clock would change durations.
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

/// A placeholder for a missing piece. It is never used, because every chunk begins with a
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
