//! Deadlines of waits, by the operating system's clock.

use std::time::{Duration, Instant};

/// A moment to be done by. Read from the operating system's clock whatever the
/// tracer's is: a wait must end even where a test's time stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads time"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    /// The moment after `timeout`; never, if that is beyond what can be counted.
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Self::now().checked_add(timeout))
    }

    /// The later of two moments.
    pub(crate) fn later(self, other: Self) -> Self {
        // `None` is never, so later than any.
        Self(self.0.zip(other.0).map(|(one, two)| one.max(two)))
    }

    /// Time that is left; zero when the moment has passed.
    pub(crate) fn remaining(self) -> Duration {
        self.0.map_or(Duration::MAX, |moment| {
            moment.saturating_duration_since(Self::now())
        })
    }
}
