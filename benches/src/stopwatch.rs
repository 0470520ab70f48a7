//! The clock for measurements. It is independent of the measured libraries.

use std::time::{Duration, Instant};

/// Reads the clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark times with a clock that is none of the measured libraries'"
)]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// Returns a duration in nanoseconds, as a float.
#[must_use]
pub fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// Returns the median, or zero if there are no values.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
