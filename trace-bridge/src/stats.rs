//! What a bridge has left out.

use crate::state::State;

/// Counts of what a bridge has left out, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BridgeStats {
    /// Spans where no trace ran, or that asked for no parent, and are no roots by a rule.
    pub ignored_spans: u64,
    /// Spans that were not recorded because 16,777,216 were open.
    pub refused_spans: u64,
}

impl BridgeStats {
    pub(crate) fn of(state: &State) -> Self {
        let (ignored_spans, refused_spans) = state.ignored_and_refused();
        Self {
            ignored_spans,
            refused_spans,
        }
    }
}
