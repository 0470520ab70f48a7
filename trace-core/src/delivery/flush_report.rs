//! The report of a flush or a shutdown.
//!
//! The queue fills it in under its lock, so that its numbers are consistent.

use crate::collector::CollectorError;

/// The result of a flush or a shutdown.
///
/// It is a plain value that describes one moment. Dropping it changes nothing, and spans that
/// are `left` may still be delivered later. A call whose timeout has passed does not undo
/// anything.
///
/// # Cancel safety
///
/// [`Tracer::flush`](crate::Tracer::flush) and [`Tracer::shutdown`](crate::Tracer::shutdown)
/// block and are not futures, so they cannot be canceled. Their timeout ends the wait.
/// [`Tracer::shutdown_when_idle`](crate::Tracer::shutdown_when_idle) is a future. If it is
/// dropped after the shutdown has begun, the shutdown continues, and only this report is lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FlushReport {
    /// Whether the collectors received, before the deadline, all spans that had ended and been
    /// handed over, and reported no error.
    pub is_complete: bool,
    /// Spans that were not delivered, because they or their scope still run, because the
    /// deadline passed, or because a collector could not pass them on yet
    /// ([`CollectorError::waiting_spans`]).
    pub left: u64,
    /// Spans that were lost for any reason since the tracer was built;
    /// [`Tracer::stats`](crate::Tracer::stats) counts them by reason. Does not include
    /// `left`.
    pub lost: u64,
    /// Errors of the collectors, and the spans that each collector lost since the last report.
    pub errors: Vec<CollectorError>,
    /// Collectors that had not finished when the deadline passed.
    pub late: Vec<LateCollector>,
}

/// A collector that had not finished at the deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateCollector {
    /// Its [name](crate::Collector::name).
    pub name: String,
    /// The number of spans that it had not taken at that moment, or that it
    /// [still had](crate::Collector::waiting_spans).
    pub left: u64,
}

impl FlushReport {
    /// Returns the report for a tracer that has nothing to deliver, such as one that records
    /// nothing.
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
