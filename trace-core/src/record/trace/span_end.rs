//! The end of a span, where it is not written at once.

use crate::value::{Outcome, Timestamp};

/// How and when a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct SpanEnd {
    pub(in crate::record) span: u64,
    pub(in crate::record) outcome: Outcome,
    /// A reading of the tracer's clock.
    pub(in crate::record) time: u64,
    /// Another time, if somebody said one.
    pub(in crate::record) ended_at: Option<Timestamp>,
}
