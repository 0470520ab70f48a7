//! Time: the only place that reads it.
//!
//! Recording stores *raw* readings, which cost one instruction; whoever delivers
//! spans turns them into [`Timestamp`]s. A reading is a count of ticks of the
//! processor's time-stamp counter (or of nanoseconds where there is none that
//! can be trusted), so only its own clock can say what it means.

mod counter;
mod rate;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use counter::Counter;
pub(crate) use rate::raw_counter;

use self::rate::Rate;
use crate::fork::Generation;
use crate::timestamp::Timestamp;

/// Where a tracer's times come from.
///
/// A clone reads the same clock.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{Clock, ManualClock, Timestamp};
///
/// let hands = ManualClock::starting_at(Timestamp::from_unix_nanos(1_000));
/// let clock = Clock::from(&hands);
/// hands.advance(Duration::from_nanos(5));
/// assert_eq!(clock.now(), Timestamp::from_unix_nanos(1_005));
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<SystemClock>),
    Manual(Arc<AtomicU64>),
    #[cfg(feature = "tokio")]
    Tokio {
        origin: tokio::time::Instant,
        origin_unix_nanos: u64,
    },
}

/// A clock that stands still until it is told to go on, for tests.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

/// See [`Clock::system`].
#[derive(Debug)]
struct SystemClock {
    anchor: Mutex<Anchor>,
    /// The process in which it was made.
    generation: Generation,
}

/// A raw reading and the wall-clock time at which it was taken.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    raw: u64,
    unix_nanos: u64,
}

/// Turns raw readings of one clock into timestamps; one anchor for all of them,
/// so that differences are those of the monotonic counter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Converter(Option<(Anchor, Rate)>);

/// A moment to be done by. Read from the operating system's clock whatever the
/// tracer's is: a wait must end even where a test's time stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

/// Longest time without a new look at the wall clock.
///
/// Calibrating the counter leaves an error of some millionths, which adds up to
/// about a second a day.
const ANCHOR_LIFE: Duration = Duration::from_secs(30);

/// Largest difference between the wall clock and what it should show. More, and it
/// was set, or the machine slept.
const MAX_DRIFT: Duration = Duration::from_secs(1);

/// Returns the wall clock's nanoseconds and a raw reading, to tell processes apart.
pub(crate) fn moment() -> [u64; 2] {
    let Anchor { raw, unix_nanos } = Anchor::take();
    [unix_nanos, raw]
}

/// Returns the time between two raw readings of the system clock, or zero while that
/// cannot be known: within 10 ms after the first look at a clock in the process.
pub(crate) fn between(earlier: u64, later: u64) -> Duration {
    Duration::from_nanos(nanos_without_wait(later.saturating_sub(earlier)))
}

fn nanos_without_wait(ticks: u64) -> u64 {
    Rate::now().map_or(0, |rate| rate.nanos(ticks))
}

impl Clock {
    /// The processor's counter, with the wall clock as its anchor: a reading costs
    /// about 10 ns, and within half a minute time goes neither back nor in steps,
    /// unless the wall clock does by more than a second.
    ///
    /// Falls back to the operating system's monotonic clock where the counter does
    /// not run at one rate on all processors, or is not known how to be read, and with
    /// the feature `portable-clock`.
    #[must_use]
    pub fn system() -> Self {
        Rate::begin();
        Self(Source::System(Arc::new(SystemClock {
            anchor: Mutex::new(Anchor::take()),
            generation: Generation::current(),
        })))
    }

    /// Follows tokio's clock, which a test can pause and advance.
    ///
    /// The moment of the call is taken as `start`; readings outside a runtime
    /// follow the real time.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn tokio(start: Timestamp) -> Self {
        Self(Source::Tokio {
            origin: tokio::time::Instant::now(),
            origin_unix_nanos: start.as_unix_nanos(),
        })
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.converter().timestamp(self.raw())
    }

    /// Returns the counter, if its readings are this clock's.
    pub(crate) fn counter(&self) -> Option<Counter> {
        match self.0 {
            Source::System(_) => Counter::find(),
            _ => None,
        }
    }

    /// Returns a raw reading, of use only together with this clock.
    pub(crate) fn raw(&self) -> u64 {
        match &self.0 {
            Source::System(_) => raw_counter(),
            Source::Manual(nanos) => nanos.load(Ordering::Relaxed),
            #[cfg(feature = "tokio")]
            Source::Tokio {
                origin,
                origin_unix_nanos,
            } => {
                (Timestamp::from_unix_nanos(*origin_unix_nanos) + origin.elapsed()).as_unix_nanos()
            }
        }
    }

    /// Returns the nanoseconds from one raw reading to a later one, and zero if it
    /// is not later. The wall clock has no part in it.
    pub(crate) fn nanos_between(&self, earlier: u64, later: u64) -> u64 {
        let ticks = later.saturating_sub(earlier);
        match self.0 {
            Source::System(_) => nanos_without_wait(ticks),
            _ => ticks,
        }
    }

    /// Returns what turns readings into timestamps for the next moment.
    pub(crate) fn converter(&self) -> Converter {
        let Source::System(clock) = &self.0 else {
            return Converter(None);
        };
        if !clock.generation.is_current() {
            // In the child of a `fork` the lock may be held for ever.
            return Converter(Some((Anchor::take(), Rate::get())));
        }
        let mut anchor = clock.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Anchor::take();
        let rate = Rate::get();
        let age = rate.nanos(now.raw.saturating_sub(anchor.raw));
        let drift = now
            .unix_nanos
            .abs_diff(anchor.unix_nanos.saturating_add(age));
        let is_old = Duration::from_nanos(age) > ANCHOR_LIFE;
        if is_old || now.raw < anchor.raw || Duration::from_nanos(drift) > MAX_DRIFT {
            *anchor = now;
            Rate::refine();
        }
        Converter(Some((*anchor, Rate::get())))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl From<&ManualClock> for Clock {
    fn from(hands: &ManualClock) -> Self {
        Self(Source::Manual(Arc::clone(&hands.0)))
    }
}

impl ManualClock {
    /// Makes a clock that shows `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(start.as_unix_nanos())))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl Converter {
    /// Takes a raw reading for a wall-clock time.
    #[cfg(test)]
    pub(crate) fn of(raw: u64, unix_nanos: u64) -> Self {
        Self(Some((Anchor { raw, unix_nanos }, Rate::get())))
    }

    /// Turns a raw reading into a timestamp.
    pub(crate) fn timestamp(self, raw: u64) -> Timestamp {
        let Some((anchor, rate)) = self.0 else {
            return Timestamp::from_unix_nanos(raw);
        };
        let nanos = if raw >= anchor.raw {
            let ahead = rate.nanos(raw - anchor.raw);
            anchor.unix_nanos.saturating_add(ahead)
        } else {
            let behind = rate.nanos(anchor.raw - raw);
            anchor.unix_nanos.saturating_sub(behind)
        };
        Timestamp::from_unix_nanos(nanos)
    }
}

impl Anchor {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    fn take() -> Self {
        // The reading is taken on both sides of the wall clock's, so that being
        // interrupted in between shifts the anchor by half of it at most.
        let before = raw_counter();
        let unix_nanos = Timestamp::from(SystemTime::now()).as_unix_nanos();
        let after = raw_counter();
        Self {
            raw: before + (after.saturating_sub(before)) / 2,
            unix_nanos,
        }
    }
}

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
