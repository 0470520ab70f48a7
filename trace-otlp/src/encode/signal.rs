//! The signals of OpenTelemetry that this crate sends.

/// The kind of items in a part. All parts of a request have the same signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points, in metrics.
    #[cfg(any(feature = "grpc", feature = "http"))]
    Metrics,
}

#[cfg(any(feature = "grpc", feature = "http"))]
impl Signal {
    /// Returns what its items are called in messages.
    pub(crate) const fn items(self) -> &'static str {
        match self {
            Self::Traces => "spans",
            Self::Logs => "log records",
            Self::Metrics => "data points",
        }
    }

    /// Returns what one of its items is called.
    pub(crate) const fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Logs => "log record",
            Self::Metrics => "data point",
        }
    }
}
