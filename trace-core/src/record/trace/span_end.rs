//! The end of a span that is not written at once.
//!
//! It is left with the span's home or waits for the last visitor. An end that is written at
//! once needs no such value: its parts are passed as arguments. Nothing here is shared or
//! locked; its holders do that.

use crate::value::{Outcome, Timestamp};

/// How and when a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct SpanEnd {
    pub(in crate::record) span: u64,
    pub(in crate::record) outcome: Outcome,
    /// A reading of the tracer's clock.
    pub(in crate::record) time: u64,
    /// The time that the application has given instead, if any.
    pub(in crate::record) ended_at: Option<Timestamp>,
}
