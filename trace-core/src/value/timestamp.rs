//! A point in wall-clock time, as a plain number.
//!
//! Does not read clocks; [`Clock`](crate::Clock) does.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

#[cfg(feature = "serde")]
use super::serialized::transparent;

/// Nanoseconds since the Unix epoch, 1970-01-01T00:00:00Z.
///
/// The range ends in the year 2554. Arithmetic saturates, so a duration is never negative.
///
/// ```
/// use std::time::Duration;
/// use trace_core::Timestamp;
///
/// let start = Timestamp::from_unix_nanos(1_000);
/// let end = start + Duration::from_nanos(250);
/// assert_eq!(end - start, Duration::from_nanos(250));
/// assert_eq!(start - end, Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

#[cfg(feature = "serde")]
transparent!(Timestamp);

impl Timestamp {
    /// Makes a timestamp from nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn as_unix_nanos(self) -> u64 {
        self.0
    }

    /// Returns the time from `earlier` to this timestamp; zero if this one is earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl From<SystemTime> for Timestamp {
    /// Times before 1970 become the epoch.
    fn from(time: SystemTime) -> Self {
        Self::default()
            + time
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::UNIX_EPOCH + Duration::from_nanos(timestamp.0)
    }
}

impl fmt::Display for Timestamp {
    /// Writes seconds since the epoch with nine decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}
