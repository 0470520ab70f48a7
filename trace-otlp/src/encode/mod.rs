//! Writes batches as OTLP, directly from their views: as protobuf and as JSON.
//!
//! `group.rs` sorts the spans of a batch; `protobuf/` and `json/` write them; an [`Encoder`]
//! turns them into [`Part`]s of bounded size, and a [`Frame`] turns parts into requests.
//! Nothing here sends or waits.
//!
//! Source: opentelemetry-proto, *trace.proto* and *common.proto*.

mod group;

mod format;

mod protobuf;

#[cfg(feature = "json")]
mod json;

mod signal;

mod log_placement;

mod log_record;

#[cfg(any(feature = "grpc", feature = "http"))]
mod metric;

mod head;

mod part;

mod body;

mod trim;

mod encoder;

use trace_core::SpanBatch;

pub(crate) use body::Frame;
pub(crate) use encoder::{Encoder, PartLimits};
pub(crate) use format::Format;
pub(crate) use log_placement::LogPlacement;
pub use log_placement::Logs;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use metric::{Metric, Point, Snapshot};
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use part::Part;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) use signal::Signal;

#[cfg(feature = "json")]
pub(crate) use group::Request;
#[cfg(feature = "json")]
pub use json::to_json;

/// Writes a batch as one `ExportTraceServiceRequest`, in the form of Protocol Buffers: the
/// body of a request to an OpenTelemetry Collector, of type `application/x-protobuf`.
///
/// ```
/// use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};
///
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let body = trace_otlp::to_protobuf(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// // A message `resource_spans`, and all of the rest is in it.
/// assert_eq!((body[0], usize::from(body[1] & 0x7f) + 128), (0x0a, body.len() - 3));
/// ```
#[must_use]
pub fn to_protobuf(batch: &SpanBatch<'_>) -> Vec<u8> {
    let parts =
        Encoder::new(Format::Protobuf, PartLimits::NONE, LogPlacement::default()).parts(batch);
    let mut frame = Frame::default();
    frame.write(Format::Protobuf, &parts);
    frame.pieces(&parts).concat()
}

#[cfg(test)]
mod tests;
