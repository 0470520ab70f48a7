//! Time: the only place that reads it.
//!
//! Recording stores *raw* readings, which cost one instruction; whoever delivers
//! spans turns them into [`Timestamp`]s. A reading is a count of ticks of the
//! processor's time-stamp counter (or of nanoseconds where there is none that
//! can be trusted), so only its own clock can say what it means.

mod anchors;
mod counter;
mod rate;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use anchors::{Converter, Times};
pub(crate) use counter::Counter;
pub(crate) use rate::raw_counter;

use self::anchors::{Anchor, Anchors};
use self::rate::Rate;
use crate::process::fork::Generation;
use crate::value::Timestamp;

/// Where a tracer's times come from.
///
/// A clone reads the same clock.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(1_000));
/// let tracer_clock = Clock::from(&clock);
/// clock.advance(Duration::from_nanos(5));
/// assert_eq!(tracer_clock.now(), Timestamp::from_unix_nanos(1_005));
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Arc<SystemClock>),
    Manual(Arc<ManualTime>),
    #[cfg(feature = "tokio")]
    Tokio {
        origin: tokio::time::Instant,
        origin_unix_nanos: u64,
    },
}

/// A clock that stands still until it is told to go on, for tests.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<ManualTime>);

/// See [`ManualClock`].
#[derive(Debug)]
struct ManualTime {
    /// Nanoseconds that only go forward.
    nanos: AtomicU64,
    /// What is to be added for the time that the clock shows, as it was set; wraps.
    offset: AtomicU64,
    anchors: Anchors,
}

/// See [`Clock::system`].
#[derive(Debug)]
struct SystemClock {
    anchors: Anchors,
    /// The reading at which the rate was last measured anew.
    refined: AtomicU64,
    /// The process in which it was made.
    generation: Generation,
}

/// A moment to be done by. Read from the operating system's clock whatever the
/// tracer's is: a wait must end even where a test's time stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

/// Counts the time that passes by a clock, whatever that is set to meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    /// A raw reading, and what had passed then. Mostly not the last one: less than a
    /// nanosecond is lost with each.
    since: Option<u64>,
    passed: Duration,
}

/// Time after which the rate is measured anew, and small differences from the wall clock
/// count.
///
/// Calibrating the counter leaves an error of some millionths, which adds up to
/// about a second a day.
const REFINE: Duration = Duration::from_secs(30);

/// Largest difference between the wall clock and what it should show, when the rate is
/// measured anew.
const MAX_DRIFT: Duration = Duration::from_micros(100);

/// The same at any time. More, and it was set, or the machine slept.
const MAX_JUMP: Duration = Duration::from_secs(1);

/// Returns the wall clock's nanoseconds and a raw reading, to tell processes apart.
pub(crate) fn moment() -> [u64; 2] {
    let (raw, unix_nanos) = wall_clock();
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
    /// about 10 ns.
    ///
    /// All times of a trace, as far as it runs in this process, are by one look at the
    /// wall clock, at its beginning: they go neither back nor in steps, also if the wall
    /// clock is set meanwhile. Traces that begin later follow it: at once if it was set by
    /// more than a second, and within half a minute else.
    ///
    /// Falls back to the operating system's monotonic clock where the counter does
    /// not run at one rate on all processors, or is not known how to be read, and with
    /// the feature `portable-clock`.
    #[must_use]
    pub fn system() -> Self {
        Rate::begin();
        Self(Source::System(Arc::new(SystemClock {
            anchors: Anchors::default(),
            refined: AtomicU64::new(raw_counter()),
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
        self.look_for(false).latest().timestamp(self.raw())
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
            Source::Manual(clock) => clock.nanos.load(Ordering::Relaxed),
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

    /// What a trace that begins takes along, for its times to be read by; no look at the
    /// wall clock.
    #[inline]
    pub(crate) fn looks(&self) -> u32 {
        match &self.0 {
            Source::System(clock) => clock.anchors.looks(),
            Source::Manual(clock) => clock.anchors.looks(),
            #[cfg(feature = "tokio")]
            Source::Tokio { .. } => 0,
        }
    }

    /// Looks at the wall clock, and returns what turns the readings of traces into
    /// timestamps that have begun up to now.
    pub(crate) fn look(&self) -> Converter {
        self.look_for(true)
    }

    fn look_for(&self, delivered: bool) -> Converter {
        match &self.0 {
            Source::System(clock) => clock.look(delivered),
            Source::Manual(clock) => clock.look(delivered),
            #[cfg(feature = "tokio")]
            Source::Tokio { .. } => Converter::default(),
        }
    }
}

impl SystemClock {
    fn look(&self, delivered: bool) -> Converter {
        let (raw, unix_nanos) = wall_clock();
        let now = Anchor {
            raw,
            unix_nanos,
            rate: Rate::get(),
        };
        if !self.generation.is_current() {
            // In the child of a `fork` the lock may be held for ever.
            return Converter::from_anchor(now);
        }
        let refined = self.refined.load(Ordering::Relaxed);
        let age = now.rate.nanos(raw.saturating_sub(refined));
        let is_due = Duration::from_nanos(age) > REFINE;
        if is_due {
            self.refined.store(raw, Ordering::Relaxed);
            Rate::refine();
        }
        let max = if is_due { MAX_DRIFT } else { MAX_JUMP };
        let is_right = |last: &Anchor| {
            let is_right = last.drift(&now).is_some_and(|drift| drift <= max);
            if !is_right && !is_due {
                Rate::refine();
            }
            is_right
        };
        self.anchors.look(now, is_right, delivered)
    }
}

impl ManualTime {
    fn look(&self, delivered: bool) -> Converter {
        let raw = self.nanos.load(Ordering::Relaxed);
        let now = Anchor {
            raw,
            unix_nanos: raw.wrapping_add(self.offset.load(Ordering::Relaxed)),
            rate: Rate::NANOSECOND,
        };
        let is_right = |last: &Anchor| last.drift(&now) == Some(Duration::ZERO);
        self.anchors.look(now, is_right, delivered)
    }
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

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl From<&ManualClock> for Clock {
    fn from(clock: &ManualClock) -> Self {
        Self(Source::Manual(Arc::clone(&clock.0)))
    }
}

impl ManualClock {
    /// Makes a clock that shows `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(ManualTime {
            nanos: AtomicU64::new(start.as_unix_nanos()),
            offset: AtomicU64::new(0),
            anchors: Anchors::default(),
        }))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Sets the clock, as an administrator sets a wall clock, forward or back: no time
    /// passes by that. The times of traces that run stay in order; those that begin later
    /// follow.
    ///
    /// ```
    /// use trace_core::{Clock, ManualClock, Timestamp};
    ///
    /// let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(1_000));
    /// clock.set(Timestamp::from_unix_nanos(10));
    /// assert_eq!(Clock::from(&clock).now(), Timestamp::from_unix_nanos(10));
    /// ```
    pub fn set(&self, time: Timestamp) {
        let nanos = self.0.nanos.load(Ordering::Relaxed);
        let offset = time.as_unix_nanos().wrapping_sub(nanos);
        self.0.offset.store(offset, Ordering::Relaxed);
    }
}

/// A raw reading, and the nanoseconds of the wall clock at the same time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
fn wall_clock() -> (u64, u64) {
    // The reading is taken on both sides of the wall clock's, so that being
    // interrupted in between shifts the anchor by half of it at most.
    let before = raw_counter();
    let unix_nanos = Timestamp::from(SystemTime::now()).as_unix_nanos();
    let after = raw_counter();
    (before + (after.saturating_sub(before)) / 2, unix_nanos)
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
