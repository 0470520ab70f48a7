//! The end of a span that is not written at once.
//!
//! It is left with the span's home or waits for the last visitor. Where the end is
//! written at once, its parts are passed as they are.

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
