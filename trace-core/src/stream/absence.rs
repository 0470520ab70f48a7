//! Why a span is not recorded.

/// Why a span is not recorded, as far as a site notes it.
///
/// The number is the bit in [`Notes`](super::notes::Notes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Absence {
    /// No trace runs.
    Outside,
    /// A trace runs that is not sampled.
    Unsampled,
    /// The span is a root, and there is no tracer.
    NoTracer,
}
