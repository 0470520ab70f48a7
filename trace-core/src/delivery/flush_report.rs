//! What a flush or a shutdown reports to its caller.
//!
//! Only the form is here. The queue fills it in, at one moment and under its lock, so that its
//! numbers fit together.

use crate::collector::CollectorError;

/// What a flush or a shutdown did.
///
/// It is a plain value that describes one moment: dropping it changes nothing, and what is
/// `left` may still be delivered later. The calls that return it do not undo anything when
/// their time is over.
///
/// # Cancel safety
///
/// [`Tracer::flush`](crate::Tracer::flush) and [`Tracer::shutdown`](crate::Tracer::shutdown)
/// block and are not futures, so they cannot be canceled; their timeout ends the wait.
/// [`Tracer::shutdown_when_idle`](crate::Tracer::shutdown_when_idle) is a future: if it is
/// dropped after the shutdown has begun, the shutdown continues and only this report is lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FlushReport {
    /// Whether the collectors were given all spans that had ended and been handed over before
    /// the deadline, and reported no error.
    pub is_complete: bool,
    /// Spans that are not delivered: they still run, their scope still runs, or the time was
    /// over.
    pub left: u64,
    /// Spans that were lost for any reason since the tracer was built;
    /// [`Tracer::stats`](crate::Tracer::stats) counts them by reason. Does not include
    /// `left`.
    pub lost: u64,
    /// Errors of the collectors, and the spans that each collector lost since the last report.
    pub errors: Vec<CollectorError>,
    /// Collectors that were not done when the deadline passed.
    pub late: Vec<LateCollector>,
}

/// A collector that had not finished at the deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateCollector {
    /// Its [name](crate::Collector::name).
    pub name: String,
    /// Spans that it had not taken at that moment.
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
