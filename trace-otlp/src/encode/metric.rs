//! The content of a metric, for both formats.
//!
//! Supports only cumulative sums, because all our metrics are counts.
//!
//! Source: OpenTelemetry specification, *Metrics Data Model*.

use std::borrow::Cow;

/// Metrics of one moment.
pub(crate) struct Snapshot {
    /// In nanoseconds since 1970.
    pub(crate) time: u64,
    pub(crate) metrics: Vec<Metric>,
}

/// A sum with its data points.
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) unit: &'static str,
    /// Whether it only grows.
    pub(crate) is_monotonic: bool,
    pub(crate) points: Vec<Point>,
}

/// A sum since a time.
pub(crate) struct Point {
    /// When it was zero, in nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) value: u64,
    pub(crate) attributes: Vec<(&'static str, Cow<'static, str>)>,
}

impl Point {
    /// Returns the value in the type of the wire.
    pub(super) fn as_int(&self) -> i64 {
        i64::try_from(self.value).unwrap_or(i64::MAX)
    }
}

/// The temporality of sums since their start.
pub(super) const CUMULATIVE: u8 = 2;
