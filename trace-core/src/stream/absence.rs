//! Why a span is not recorded.

/// Why a span is not recorded, as far as a site notes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Absence {
    /// No trace runs.
    Outside,
    /// A trace runs that is not sampled.
    Unsampled,
    /// It is a root, and there is no tracer.
    NoTracer,
}
