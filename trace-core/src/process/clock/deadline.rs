//! Deadlines for waits.
//!
//! They use the operating system's clock, not the tracer's. A wait must end even in a test
//! that stops the tracer's clock.

use std::time::{Duration, Instant};

/// The moment at which a wait ends; `None` means never.
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

    /// Returns the moment after `timeout`, or never if the system's clock cannot represent it.
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Self::now().checked_add(timeout))
    }

    /// Returns the later of two moments.
    pub(crate) fn later(self, other: Self) -> Self {
        // `None` means never, which is later than any moment. `zip` returns `None` if either
        // is `None`.
        Self(self.0.zip(other.0).map(|(one, two)| one.max(two)))
    }

    /// Returns a moment that is a little earlier: by a twentieth of the remaining time, at most
    /// a tenth of a second.
    pub(crate) fn earlier(self) -> Self {
        let margin = (self.remaining() / 20).min(Duration::from_millis(100));
        Self(
            self.0
                .map(|moment| moment.checked_sub(margin).unwrap_or(moment)),
        )
    }

    /// Returns the remaining time; zero when the moment has passed.
    pub(crate) fn remaining(self) -> Duration {
        self.0.map_or(Duration::MAX, |moment| {
            moment.saturating_duration_since(Self::now())
        })
    }
}
