//! Why a span is not recorded.

/// A reason why a span is not recorded. Sites note these reasons.
///
/// The number is the position of the bit in [`Notes`](super::notes::Notes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Absence {
    /// No trace runs.
    Outside,
    /// The current trace is not sampled.
    Unsampled,
    /// The span is a root, and there is no tracer.
    NoTracer,
}
