//! Moments of the monotonic clock. Only this file of `export` reads it.

use std::time::{Duration, Instant};

/// A moment of the monotonic clock, so that waits and ages do not depend on the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Instant);

impl Moment {
    pub(super) fn now() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads time")]
        Self(Instant::now())
    }

    /// Returns the moment after `wait`, or after a year if that is shorter.
    pub(super) fn after(self, wait: Duration) -> Self {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
        let later = self.0.checked_add(wait.min(YEAR));
        Self(later.unwrap_or(self.0))
    }

    /// Returns the time from `earlier` to this moment; zero if `earlier` is not before it.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}
