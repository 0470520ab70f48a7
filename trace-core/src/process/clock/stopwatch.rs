//! The time that passes by a clock.

use std::time::Duration;

use super::clock::Clock;

/// Counts the time that passes by a clock, whatever that is set to meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    /// A raw reading, and what had passed then. Mostly not the last one: less than a
    /// nanosecond is lost with each.
    since: Option<u64>,
    passed: Duration,
}

impl Stopwatch {
    /// Returns the time since the first call, always by the same clock.
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
