//! Which attribute is being expanded.

/// One of the attributes of this crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// `#[traced]`: a span below the current one.
    Traced,
    /// `#[trace_root]`: the first span of a trace.
    TraceRoot,
    /// `#[traced_test]`: a test with a tracer of its own.
    TracedTest,
}

impl Attribute {
    /// Returns the name in the source.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traced => "traced",
            Self::TraceRoot => "trace_root",
            Self::TracedTest => "traced_test",
        }
    }
}
