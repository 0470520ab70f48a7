//! Reads OTLP in the form of Protocol Buffers: the body of a request over HTTP, or the
//! message of a call over gRPC.
//!
//! First `check.rs` walks over the bytes, checks the limits, and names a field that is at
//! fault. Then prost reads the messages, and `convert.rs` turns them into the same records as
//! from JSON. This module does not decompress, and does not handle frames.

mod schema;

mod check;

mod messages;

mod convert;

use prost::Message;

use super::decoded::DecodedRequest;
use super::error::{DecodeError, Position};

/// How to read a protobuf body, and its limits. The limits are checked before memory is
/// allocated for the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtobufOptions {
    /// Whether spans whose ids cannot be read are left out, with the reason in
    /// [`DecodedRequest::problems`], instead of being an error. A body that is not a protobuf
    /// message, or is above a limit, is always an error. Default: false.
    pub lenient: bool,
    /// Most bytes. Default: 64 MiB, the limit of OpenTelemetry's exporters.
    pub max_request_bytes: usize,
    /// Most spans. Default: 1,000,000.
    pub max_spans: usize,
    /// Most attributes, values in arrays, events, links, scopes and resources in total. Each
    /// may be as small as two bytes, but takes about a hundred in memory. Default: 4,000,000.
    pub max_items: usize,
    /// Most nested messages, up to 90. A plain attribute of a span is at depth 5; each array
    /// or list around a value adds 2 or 3. Default: 32.
    pub max_depth: usize,
}

impl Default for ProtobufOptions {
    fn default() -> Self {
        Self {
            lenient: false,
            max_request_bytes: 64 << 20,
            max_spans: 1_000_000,
            max_items: 4_000_000,
            max_depth: 32,
        }
    }
}

/// Reads an `ExportTraceServiceRequest`, or a `TracesData`, which has the same form.
///
/// Unknown fields, which a later version may have, are skipped. Unknown enum values are read
/// as unspecified, and counted. Other values change as described for [JSON](super); a
/// `bytesValue` becomes base64. An empty body is a request without spans.
///
/// # Errors
///
/// If the body is not such a message, has ids of a wrong length, or is above a limit. The
/// message names the field:
///
/// ```
/// use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};
/// use trace_otlp::decode::{self, ProtobufOptions};
///
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let body = trace_otlp::to_protobuf(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// let request = decode::protobuf(&body, &ProtobufOptions::default())?;
/// assert_eq!(request.groups[0].spans[0].operation_name, "charge");
///
/// let id_bytes = [0x0a, 2, 0x12, 0, 0x0a, 9, 0x12, 7, 0x12, 5, 0x0a, 3, 1, 2, 3];
/// let error = decode::protobuf(&id_bytes, &ProtobufOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`resource_spans[1].scope_spans[0].spans[0].trace_id` has 3 bytes; expected 16, not all zero"
/// );
/// # Ok::<(), decode::DecodeError>(())
/// ```
pub fn protobuf(body: &[u8], options: &ProtobufOptions) -> Result<DecodedRequest, DecodeError> {
    check::check(body, options)?;
    let request = messages::Request::decode(body).map_err(|error| {
        // Not reached if `check` refuses everything that prost refuses.
        let message = format!("the request is malformed: {error}");
        DecodeError::new(Position::default(), message)
    })?;
    convert::convert(request, options.lenient)
}
