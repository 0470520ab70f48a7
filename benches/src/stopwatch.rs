//! The clock of the measurements, which is none of the measured libraries'.

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

/// Nanoseconds as a number to calculate with.
#[must_use]
pub fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// The middle one; zero of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
