//! The clock of a tracer: a choice of source, and its raw readings.
//!
//! The file of each source defines how that source follows the wall clock.

use std::sync::Arc;

use super::anchors::Converter;
use super::counter::Counter;
use super::manual_clock::{ManualClock, ManualTime};
use super::rate::{nanos_without_wait, raw_counter};
use super::system_clock::SystemClock;
use crate::value::Timestamp;

/// The source of a tracer's times. A clone reads the same clock.
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
    /// Makes a clock that reads the processor's counter and converts it to wall-clock time. A
    /// reading costs about 10 ns.
    ///
    /// Each trace uses one reading of the wall clock, from about the time when it began, for
    /// all its times in this process. So these times never jump or go backward, even if the
    /// wall clock is set in between. Traces that begin later follow the wall clock: at once if
    /// it was set by more than a second, otherwise within half a minute.
    ///
    /// The clock reads the operating system's monotonic clock instead in three cases: the
    /// counter does not run at one rate on all processors, this crate cannot read the
    /// processor's counter, or the feature `portable-clock` is on.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Arc::new(SystemClock::new())))
    }

    /// Makes a clock that follows tokio's clock, which a test can pause and advance.
    ///
    /// The clock shows `start` at the moment of this call. Readings outside a runtime follow
    /// the real time.
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

    /// Returns the processor's counter if this clock reads it.
    pub(crate) fn counter(&self) -> Option<Counter> {
        match self.0 {
            Source::System(_) => Counter::find(),
            _ => None,
        }
    }

    /// Returns a raw reading. Only this clock can interpret it.
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

    /// Returns the nanoseconds between two raw readings, or zero if `later` is not later. Does
    /// not depend on the wall clock.
    pub(crate) fn nanos_between(&self, earlier: u64, later: u64) -> u64 {
        let ticks = later.saturating_sub(earlier);
        match self.0 {
            Source::System(_) => nanos_without_wait(ticks),
            _ => ticks,
        }
    }

    /// Returns the number of *looks* at the wall clock; see `anchors.rs`.
    ///
    /// A trace stores this number when it begins. The number later selects the trace's anchor.
    /// This call does not read the wall clock.
    #[inline]
    pub(crate) fn looks(&self) -> u32 {
        match &self.0 {
            Source::System(clock) => clock.looks(),
            Source::Manual(clock) => clock.looks(),
            #[cfg(feature = "tokio")]
            Source::Tokio { .. } => 0,
        }
    }

    /// Reads the wall clock and returns a converter for the raw readings of all traces that
    /// have begun.
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
