//! A clock for tests, which stands still until a test moves it.
//!
//! Owns the time of the clock. Like the system clock it has anchors, so a test can set it
//! back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::anchors::{Anchor, Anchors, Converter};
use super::rate::Rate;
use crate::value::Timestamp;

/// A clock for tests that stands still until it is [advanced](Self::advance) or
/// [set](Self::set). A clone is the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<ManualTime>);

/// See [`ManualClock`].
#[derive(Debug)]
pub(super) struct ManualTime {
    /// The raw reading: nanoseconds that never go back.
    nanos: AtomicU64,
    /// The clock shows the wrapping sum of `nanos` and this offset.
    offset: AtomicU64,
    anchors: Anchors,
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

    pub(super) fn time(&self) -> Arc<ManualTime> {
        Arc::clone(&self.0)
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // Relaxed, like all orderings in this file: the two numbers guard no other memory. A
        // test that moves the clock on one thread and reads it on another synchronizes the two
        // itself.
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Sets the clock forward or back, as an administrator sets a wall clock. No time passes:
    /// durations do not change. The times of running traces stay in order. Traces that begin
    /// later use the new time.
    ///
    /// ```
    /// use trace_core::{Clock, ManualClock, Timestamp};
    ///
    /// let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(1_000));
    /// clock.set(Timestamp::from_unix_nanos(10));
    /// assert_eq!(Clock::from(&clock).now(), Timestamp::from_unix_nanos(10));
    /// ```
    pub fn set(&self, time: Timestamp) {
        // Relaxed: see `advance`. A concurrent `advance` takes effect before or after this
        // call.
        let nanos = self.0.nanos.load(Ordering::Relaxed);
        let offset = time.as_unix_nanos().wrapping_sub(nanos);
        self.0.offset.store(offset, Ordering::Relaxed);
    }
}

impl ManualTime {
    pub(super) fn raw(&self) -> u64 {
        // Relaxed: see `ManualClock::advance`.
        self.nanos.load(Ordering::Relaxed)
    }

    pub(super) fn looks(&self) -> u32 {
        self.anchors.looks()
    }

    pub(super) fn look(&self, delivered: bool) -> Converter {
        let raw = self.raw();
        // The offset is read with `Relaxed`: see `ManualClock::advance`.
        let now = Anchor {
            raw,
            unix_nanos: raw.wrapping_add(self.offset.load(Ordering::Relaxed)),
            rate: Rate::NANOSECOND,
        };
        let is_right = |last: &Anchor| last.drift(&now) == Some(Duration::ZERO);
        self.anchors.look(now, is_right, delivered)
    }
}
