//! The error of a span that was added to the wrong trace.

use std::fmt;

use crate::value::{SpanRecord, TraceId};

/// A span was added to a trace to which it does not belong.
#[derive(Clone, Debug)]
pub struct ForeignSpanError {
    span: Box<SpanRecord>,
    expected: TraceId,
}

impl ForeignSpanError {
    pub(super) fn new(span: SpanRecord, expected: TraceId) -> Self {
        Self {
            span: Box::new(span),
            expected,
        }
    }

    /// Returns the span.
    #[must_use]
    pub fn into_span(self) -> SpanRecord {
        *self.span
    }
}

impl fmt::Display for ForeignSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { span, expected } = self;
        let (span_id, found) = (span.span_id, span.trace_id);
        write!(
            f,
            "span `{span_id}` belongs to trace `{found}`; expected `{expected}`"
        )
    }
}

impl std::error::Error for ForeignSpanError {}
