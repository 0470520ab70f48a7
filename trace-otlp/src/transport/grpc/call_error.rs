//! The error of a call over gRPC.

/// Why a call has no answer.
#[derive(Debug)]
pub(super) enum CallError {
    TimedOut,
    /// Before the server has answered anything about the call.
    Failed(h2::Error),
    /// During the answer.
    Interrupted(h2::Error),
}
