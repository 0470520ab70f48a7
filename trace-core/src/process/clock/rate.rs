//! How long a tick is: measured against the operating system's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use super::counter::Counter;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;

/// Nanoseconds of a tick, in units of 2⁻³².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(u64);

/// A raw reading and the operating system's time at the same moment.
#[derive(Clone, Copy, Debug)]
struct Moment {
    raw: u64,
    instant: Instant,
}

/// Shortest time in which a rate is measured. A moment is off by less than 100 ns, so
/// that the first rate is right to some millionths; later ones, over longer times,
/// to much less.
const SHORTEST: Duration = Duration::from_millis(10);

/// Two measurements differ by less than this part, unless the counter stood still or
/// jumped, as it may while the machine sleeps or moves to another host.
const PRECISION: f64 = 1e-4;

/// The moment from which the rate is measured.
static ORIGIN: PerProcess<Mutex<Moment>> = PerProcess::new();

/// The newest rate; zero before the first.
static RATE: AtomicU64 = AtomicU64::new(0);

fn origin() -> &'static Mutex<Moment> {
    ORIGIN.get(|_| Mutex::new(Moment::now()))
}

/// Returns a raw reading: of the counter, or else nanoseconds since the first one.
pub(crate) fn raw_counter() -> u64 {
    Counter::find().map_or_else(portable, Counter::raw)
}

/// Returns the time between two raw readings of the system clock, or zero while that
/// cannot be known: within 10 ms after the first look at a clock in the process.
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

    /// Begins to measure: the later the rate is asked for, the better it is.
    pub(super) fn begin() {
        origin();
    }

    /// Returns the rate; waits for up to 10 ms if it is asked for so early.
    pub(super) fn get() -> Self {
        Self::known().unwrap_or_else(|| {
            let mut origin = origin().lock().unpoisoned();
            origin.measure()
        })
    }

    /// Returns the rate if it can be had without waiting.
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
        // Relaxed: the rate is all there is to know.
        match RATE.load(Ordering::Relaxed) {
            0 => None,
            rate => Some(Self(rate)),
        }
    }

    /// Measures anew, over all the time since the origin.
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

    /// Returns how many nanoseconds so many ticks are.
    pub(super) fn nanos(self, ticks: u64) -> u64 {
        let nanos = (u128::from(ticks) * u128::from(self.0)) >> 32;
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }
}

impl Moment {
    /// Takes the best of some: an interrupt between two readings makes one worse.
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

    /// Measures from this moment on, for [`SHORTEST`] at least.
    fn measure(&mut self) -> Rate {
        std::thread::sleep(SHORTEST.saturating_sub(self.age()));
        let rate = self.rate();
        RATE.store(rate.0, Ordering::Relaxed);
        rate
    }

    /// The rate between this moment and the present one.
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
        // Zero is not known.
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
