//! What other tracing systems along the way want to remember.

use std::sync::Arc;

/// The `tracestate` of a trace: an ordered list of vendors' entries.
///
/// A clone is a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TraceState(Option<Arc<str>>);

impl TraceState {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }
}
