//! What is known of the spans of a piece.

use super::part::Part;
use crate::process::clock::Times;
use crate::value::{TraceFlags, TraceId, TraceState};

/// What all spans of a piece have in common.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) chunk: u32,
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    /// Which part of the trace it is of, in this process.
    pub(crate) part: u32,
    /// The parent in another process, or zero.
    pub(crate) remote_parent: u64,
    /// What is said here of a span comes from several pieces.
    pub(crate) is_joined: bool,
    /// How times are read: the same for all pieces of a part, even if the wall clock was set
    /// between them.
    pub(crate) times: Times,
}

impl Piece {
    /// Which part of which trace it is of.
    pub(crate) const fn part(&self) -> Part {
        Part {
            trace: self.trace_id,
            number: self.part,
        }
    }
}

/// Placeholder for a missing piece; unreachable, as every stream begins with a piece.
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
