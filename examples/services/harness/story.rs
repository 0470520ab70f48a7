//! Classifies traces.
//!
//! It only classifies complete traces. `trees.rs` decides which ones are printed.

use std::time::Duration;

use trace_core::{Outcome, TagValue, Trace};

/// What happened in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    Ordinary,
    /// Longer than the threshold.
    Slow,
    /// Something failed, but the answer was successful.
    Recovered,
    /// The answer was an error of the client.
    Refused,
    /// The answer was an error of a service.
    Failed,
    /// The client did not wait for the answer.
    GivenUp,
}

impl Story {
    /// The number of variants.
    pub const COUNT: usize = 6;

    pub fn of(trace: &Trace, slow_threshold: Duration) -> Self {
        let Some(root) = trace.root() else {
            return Self::Failed;
        };
        let status = root.tag("http.response.status_code");
        let status = status.and_then(TagValue::as_i64);
        if root.outcome == Outcome::Cancelled {
            Self::GivenUp
        } else if root.is_error() {
            Self::Failed
        } else if status >= Some(400) {
            Self::Refused
        } else if trace.duration() > Some(slow_threshold) {
            Self::Slow
        } else if trace.is_error() {
            Self::Recovered
        } else {
            Self::Ordinary
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Ordinary => "An ordinary request",
            Self::Slow => "A slow request",
            Self::Recovered => "A request that worked at the second attempt",
            Self::Refused => {
                "A request that was refused: a mistake of the client, and not of the Frontend"
            }
            Self::Failed => "A request that failed",
            Self::GivenUp => "A request that the client gave up: the work ended everywhere",
        }
    }
}
