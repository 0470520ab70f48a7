//! Baggage: what the application wants every service of a trace to know.

use std::sync::Arc;

/// Key-value pairs that travel with the trace.
///
/// A clone is a pointer; a change copies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Baggage(Option<Arc<Vec<(String, String)>>>);

impl Baggage {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }
}
