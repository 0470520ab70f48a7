//! The clock of a tracer: one of the sources, and its readings.
//!
//! Owns the choice of a source. How each source follows the wall clock is in its own file.

use std::sync::Arc;

use super::anchors::Converter;
use super::counter::Counter;
use super::manual_clock::{ManualClock, ManualTime};
use super::rate::{nanos_without_wait, raw_counter};
use super::system_clock::SystemClock;
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
        Self(Source::System(Arc::new(SystemClock::new())))
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
            Source::Manual(time) => time.raw(),
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
            Source::System(clock) => clock.looks(),
            Source::Manual(clock) => clock.looks(),
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

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl From<&ManualClock> for Clock {
    fn from(clock: &ManualClock) -> Self {
        Self(Source::Manual(clock.time()))
    }
}
