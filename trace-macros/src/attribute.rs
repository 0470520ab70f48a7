//! The attributes of this crate, and which one is being expanded.

/// One of the attributes of this crate, and what it stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// `#[traced]` on a function: a span below the current one.
    Traced,
    /// `#[traced]` on a block: a span for each function in it.
    TracedBlock,
    /// `#[trace_root]`: the first span of a trace.
    TraceRoot,
    /// `#[traced_test]`: a test with a tracer of its own.
    TracedTest,
}

impl Attribute {
    /// Returns the name in the source.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traced | Self::TracedBlock => "traced",
            Self::TraceRoot => "trace_root",
            Self::TracedTest => "traced_test",
        }
    }

    /// Returns the attribute as messages name it.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Traced => "`#[traced]`",
            Self::TracedBlock => "`#[traced]` on a block",
            Self::TraceRoot => "`#[trace_root]`",
            Self::TracedTest => "`#[traced_test]`",
        }
    }

    /// Returns whether an operation name may be given.
    pub(crate) fn takes_name(self) -> bool {
        matches!(self, Self::Traced | Self::TraceRoot)
    }
}
