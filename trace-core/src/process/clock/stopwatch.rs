//! Measures elapsed time with a tracer's clock, even if the wall clock is set.

use std::time::Duration;

use super::clock::Clock;

/// Measures elapsed time with a clock. Setting the clock has no effect on it.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    /// The raw reading from which the next call measures. It moves at most once a second,
    /// because each move rounds down and loses up to a nanosecond.
    since: Option<u64>,
    /// The elapsed time at `since`.
    passed: Duration,
}

impl Stopwatch {
    /// Returns the time since the first call. Each call must pass the same clock.
    pub(crate) fn read(&mut self, clock: &Clock) -> Duration {
        const SHORT: Duration = Duration::from_secs(1);
        let raw = clock.raw();
        let since = *self.since.get_or_insert(raw);
        let more = Duration::from_nanos(clock.nanos_between(since, raw));
        let passed = self.passed.saturating_add(more);
        if more > SHORT {
            *self = Self {
                since: Some(raw),
                passed,
            };
        }
        passed
    }
}
