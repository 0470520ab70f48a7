//! The options of signals other than traces.

use std::time::Duration;

use crate::encode::LogPlacement;

/// What is sent in addition to spans, and where it goes.
#[derive(Clone, Default)]
pub(super) struct SignalOptions {
    pub(super) placement: LogPlacement,
    pub(super) logs: SignalTarget,
    /// How often metrics are sent; `None` for never.
    pub(super) metrics_every: Option<Duration>,
    pub(super) metrics: SignalTarget,
}

/// Where the requests of a signal go.
#[derive(Clone, Default)]
pub(super) struct SignalTarget {
    /// The whole URL, in place of the base URL.
    pub(super) endpoint: Option<String>,
    /// In place of the headers of all signals. The values are secret.
    pub(super) headers: Option<Vec<(String, String)>>,
}
