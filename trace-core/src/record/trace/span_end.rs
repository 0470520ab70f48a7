//! The end of a span that is not written at once.
//!
//! It is left with the span's home, or waits for the last visitor. The parts of an end that is
//! written at once are passed as arguments instead. The holders of this value share and lock
//! it.

use crate::value::{Outcome, Timestamp};

/// How and when a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct SpanEnd {
    pub(in crate::record) span: u64,
    pub(in crate::record) outcome: Outcome,
    /// A reading of the tracer's clock.
    pub(in crate::record) time: u64,
    /// The time that the application has set instead, if any.
    pub(in crate::record) ended_at: Option<Timestamp>,
}
