//! The clock of tests, which stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::anchors::{Anchor, Anchors, Converter};
use super::rate::Rate;
use crate::value::Timestamp;

/// A clock that stands still until it is told to go on, for tests.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<ManualTime>);

/// See [`ManualClock`].
#[derive(Debug)]
pub(super) struct ManualTime {
    /// Nanoseconds that only go forward.
    nanos: AtomicU64,
    /// What is to be added for the time that the clock shows, as it was set; wraps.
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

impl ManualTime {
    pub(super) fn raw(&self) -> u64 {
        self.nanos.load(Ordering::Relaxed)
    }

    pub(super) fn looks(&self) -> u32 {
        self.anchors.looks()
    }

    pub(super) fn look(&self, delivered: bool) -> Converter {
        let raw = self.raw();
        let now = Anchor {
            raw,
            unix_nanos: raw.wrapping_add(self.offset.load(Ordering::Relaxed)),
            rate: Rate::NANOSECOND,
        };
        let is_right = |last: &Anchor| last.drift(&now) == Some(Duration::ZERO);
        self.anchors.look(now, is_right, delivered)
    }
}
