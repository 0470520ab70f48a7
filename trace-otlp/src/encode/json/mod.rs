//! Writes JSON, directly from the views of a batch.
//!
//! Source: OTLP specification, *JSON Protobuf Encoding*: ids as hex, 64-bit integers as text,
//! enums as numbers. Fields that hold their default are left out.

mod forms;

mod value;

mod span;

mod log_record;

#[cfg(any(feature = "grpc", feature = "http"))]
mod metric;

pub(super) mod head;

pub(super) mod body;

mod request;

use trace_core::SpanBatch;

use super::group::Request;

pub(super) use log_record::log_record;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(super) use metric::metric;
pub(super) use span::span;

/// Writes a batch as one `ExportTraceServiceRequest`, in one line: the body of a
/// request to an OpenTelemetry Collector, of type `application/json`.
///
/// ```
/// use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};
///
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let json = trace_otlp::to_json(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// assert!(json.starts_with(r#"{"resourceSpans":[{"resource":{"#));
/// ```
#[must_use]
pub fn to_json(batch: &SpanBatch<'_>) -> String {
    // Writing to memory fails only if a key is not a text, and all keys are texts.
    serde_json::to_string(&Request::new(batch)).unwrap_or_default()
}
