//! What a flush or a shutdown did.

use crate::collector::CollectorError;

/// What a flush or a shutdown did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FlushReport {
    /// Whether all spans that had ended and been handed over were given to the
    /// collectors before the deadline, and the collectors passed them on.
    pub is_complete: bool,
    /// Spans that are left: they still run, or their scope does, or there was no
    /// time.
    pub left: u64,
    /// Spans that were lost until then, for whatever reason, since the tracer was built;
    /// [`Tracer::stats`](crate::Tracer::stats) says which. Those that are left are not
    /// among them.
    pub lost: u64,
    /// What collectors could not do.
    pub errors: Vec<CollectorError>,
    /// Collectors that were not done when the deadline passed.
    pub late: Vec<LateCollector>,
}

/// A collector that was not done in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateCollector {
    /// Its [name](crate::Collector::name).
    pub name: String,
    /// Spans that it had not taken.
    pub left: u64,
}

impl FlushReport {
    /// There was nothing to deliver.
    pub(crate) fn nothing() -> Self {
        Self {
            is_complete: true,
            left: 0,
            lost: 0,
            errors: Vec::new(),
            late: Vec::new(),
        }
    }
}
