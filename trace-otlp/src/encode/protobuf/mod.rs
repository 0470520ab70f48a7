//! Writes protobuf by hand, field by field in the order of their numbers, directly from the
//! views of a batch: nothing is allocated for a span.
//!
//! Fields that hold their default are left out, as protobuf's own encoders do. So the result
//! is identical to theirs.
//!
//! Source: opentelemetry-proto, *trace.proto*, *logs.proto*, *common.proto*, *resource.proto*, and
//! Protocol Buffers, *Encoding*.

mod field;

mod value;

mod span_key;

mod room;

mod plain_site;

mod sites;

mod plain_span;

mod span;

mod span_writer;

mod log_record;

#[cfg(any(feature = "grpc", feature = "http"))]
mod metric;

pub(super) mod head;

pub(super) mod body;

pub(super) use log_record::log_record;
#[cfg(any(feature = "grpc", feature = "http"))]
pub(super) use metric::metric;
pub(super) use span_writer::SpanWriter;
