//! The length of a tick of the counter, measured against the operating system's clock.
//!
//! Owns the process-wide rate. `system_clock.rs` decides when to measure it again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use super::counter::Counter;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;

/// Nanoseconds in a tick, in units of 2⁻³².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(u64);

/// A raw reading and the operating system's time at the same moment.
#[derive(Clone, Copy, Debug)]
struct Moment {
    raw: u64,
    instant: Instant,
}

/// Shortest time over which the rate is measured.
///
/// A [`Moment`] has an error of less than 100 ns, so the relative error of the first rate is a
/// few millionths. Later rates are measured over longer times and have much smaller errors.
const SHORTEST: Duration = Duration::from_millis(10);

/// Largest relative difference between two good measurements.
///
/// A larger difference means that the counter stopped or jumped. This may happen while the
/// machine sleeps or moves to another host.
const PRECISION: f64 = 1e-4;

/// The moment from which the rate is measured. Each process has its own, because a thread may
/// hold the lock during a `fork`.
static ORIGIN: PerProcess<Mutex<Moment>> = PerProcess::new();

/// The newest rate; zero until the first measurement.
static RATE: AtomicU64 = AtomicU64::new(0);

fn origin() -> &'static Mutex<Moment> {
    ORIGIN.get(|_| Mutex::new(Moment::now()))
}

/// Returns a raw reading of the counter. If no counter can be trusted, returns the nanoseconds
/// since the first reading.
pub(crate) fn raw_counter() -> u64 {
    Counter::find().map_or_else(portable, Counter::raw)
}

/// Returns the time between two raw readings of the system clock. Returns zero while the rate
/// is unknown, for up to 10 ms after the process first used a system clock.
pub(crate) fn between(earlier: u64, later: u64) -> Duration {
    Duration::from_nanos(nanos_without_wait(later.saturating_sub(earlier)))
}

pub(super) fn nanos_without_wait(ticks: u64) -> u64 {
    Rate::now().map_or(0, |rate| rate.nanos(ticks))
}

#[cold]
fn portable() -> u64 {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(instant);
    let nanos = instant().saturating_duration_since(*ORIGIN).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

impl Rate {
    pub(super) const NANOSECOND: Self = Self(1 << 32);

    /// Begins the first measurement. The longer the time until the rate is first used, the
    /// more exact it is.
    pub(super) fn begin() {
        origin();
    }

    /// Returns the rate. Sleeps for up to 10 ms if there is none yet.
    pub(super) fn get() -> Self {
        Self::known().unwrap_or_else(|| {
            let mut origin = origin().lock().unpoisoned();
            origin.measure()
        })
    }

    /// Returns the rate if it is available without waiting for a measurement or for the lock.
    pub(super) fn now() -> Option<Self> {
        Self::known().or_else(|| {
            let mut origin = origin().try_lock().ok()?;
            (origin.age() >= SHORTEST).then(|| origin.measure())
        })
    }

    fn known() -> Option<Self> {
        if Counter::find().is_none() {
            return Some(Self::NANOSECOND);
        }
        // Relaxed: the number guards no other memory, and an older rate is only less exact.
        // The store is in `Moment::measure`.
        match RATE.load(Ordering::Relaxed) {
            0 => None,
            rate => Some(Self(rate)),
        }
    }

    /// Measures again, over the whole time since the origin. If the result differs too much
    /// from the known rate, the counter stopped or jumped. Then the origin moves to the
    /// present, and the function sleeps for 10 ms to measure from there.
    pub(super) fn refine() {
        let Some(known) = Self::known() else { return };
        let mut origin = origin().lock().unpoisoned();
        if known != Self::NANOSECOND && !origin.rate().is_close_to(known) {
            *origin = Moment::now();
        }
        origin.measure();
    }

    fn is_close_to(self, other: Self) -> bool {
        let difference = self.0.abs_diff(other.0) as f64;
        difference <= other.0 as f64 * PRECISION
    }

    /// Converts ticks to nanoseconds.
    #[inline]
    pub(super) fn nanos(self, ticks: u64) -> u64 {
        let nanos = (u128::from(ticks) * u128::from(self.0)) >> 32;
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }
}

impl Moment {
    /// Reads both clocks five times and returns the best pair. An interrupt between the
    /// readings of a pair makes the pair less exact.
    fn now() -> Self {
        let take = |_| {
            let before = raw_counter();
            let instant = instant();
            let length = raw_counter().saturating_sub(before);
            let raw = before + length / 2;
            (length, Self { raw, instant })
        };
        let mut best = take(0);
        for next in (1..5).map(take) {
            if next.0 < best.0 {
                best = next;
            }
        }
        best.1
    }

    fn age(&self) -> Duration {
        instant().saturating_duration_since(self.instant)
    }

    /// Measures from this moment to the present; sleeps first if this is less than
    /// [`SHORTEST`]. The caller holds the lock of [`ORIGIN`], so no two threads store a rate
    /// at once.
    fn measure(&mut self) -> Rate {
        std::thread::sleep(SHORTEST.saturating_sub(self.age()));
        let rate = self.rate();
        // Relaxed: see `Rate::known`.
        RATE.store(rate.0, Ordering::Relaxed);
        rate
    }

    /// Returns the rate between this moment and the present.
    fn rate(&self) -> Rate {
        let now = Self::now();
        let nanos = now
            .instant
            .saturating_duration_since(self.instant)
            .as_nanos() as f64;
        let ticks = now.raw.saturating_sub(self.raw).max(1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and saturates"
        )]
        let rate = (nanos / ticks * Rate::NANOSECOND.0 as f64) as u64;
        // Zero would mean that no rate is known.
        Rate(rate.max(1))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "clocks are the one place that reads time"
)]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_the_time_that_the_operating_system_counts() {
        let start = Moment::now();
        std::thread::sleep(Duration::from_millis(30));
        let end = Moment::now();
        let nanos = Rate::get().nanos(end.raw - start.raw) as f64;
        let expected = (end.instant - start.instant).as_nanos() as f64;
        assert!(
            (nanos / expected - 1.0).abs() < 0.001,
            "{nanos} for {expected}"
        );
    }

    #[test]
    fn a_rate_is_refined_and_one_that_is_wrong_is_measured_anew() {
        let rate = Rate::get();
        Rate::refine();
        assert!(Rate::get().is_close_to(rate));
        if Counter::find().is_some() {
            RATE.store(rate.0 * 2, Ordering::Relaxed);
            Rate::refine();
            assert!(Rate::get().is_close_to(rate));
        }
    }
}
