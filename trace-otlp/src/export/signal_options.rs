//! The options of signals other than traces.

use crate::encode::LogPlacement;

/// What leaves beside spans, and where it goes.
#[derive(Clone, Default)]
pub(super) struct SignalOptions {
    pub(super) placement: LogPlacement,
    pub(super) logs: SignalTarget,
}

/// Where the requests of a signal go.
#[derive(Clone, Default)]
pub(super) struct SignalTarget {
    /// The whole URL, in place of the base URL.
    pub(super) endpoint: Option<String>,
    /// In place of the headers of all signals. The values are secret.
    pub(super) headers: Option<Vec<(String, String)>>,
}
