//! Reads OTLP as this crate and other OpenTelemetry programs write it, and the traces of
//! Tempo, Jaeger and Zipkin.
//!
//! [`requests`] reads JSON (feature `json`), and [`protobuf()`] reads Protocol Buffers
//! (feature `protobuf-decode`). The rest of this page is about JSON.
//!
//! The input is one request, several requests (one per line, one after another, or
//! pretty-printed), or an array of requests. A request may be within a `result`, as in answers
//! of Jaeger's third API, or within a `trace`. It may have Tempo's `batches`, or be a single
//! `ResourceSpans`, as the Java SDK logs it. Any other document is refused, including one with
//! only logs or metrics, and the error says what the document is.
//!
//! The decoder accepts what real clients send:
//!
//! - 64-bit integers are numbers or texts, and may have an exponent.
//! - Enums are numbers or names. An unknown value is read as unspecified, and counted.
//! - Ids are in hex of either case, or in base64.
//! - Half a surrogate pair becomes U+FFFD.
//! - Field names are in camel or snake case. `null` means absent, and missing fields have
//!   their default. Only a span's ids are required.
//!
//! Some values change:
//!
//! - A value for which a [`SpanRecord`](trace_core::SpanRecord) has no type becomes text: a
//!   `kvlistValue`, or an array of values of several types, becomes JSON, a `bytesValue` stays
//!   base64, and an empty value becomes an empty text.
//! - If a `traceState` is invalid, only the trace state is dropped. A link without ids is
//!   dropped, and counted in the span's `dropped`.
//! - A service without a name is `unknown_service`.
//! - A missing start or end becomes zero. This zero, and an end before the start, are kept,
//!   and the assembler of the trace reports them.
//! - The number of dropped attributes of an event or a link is not read.
//!
//! Unknown fields are ignored, as protobuf requires. But spans must not be lost silently. So
//! the decoder refuses a group or a scope with a misspelled field, such as `scopespans`, and
//! one with unknown fields and no spans. It also refuses an attribute whose value has no known
//! form.
//!
//! # Requests without spans
//!
//! In protobuf's JSON, `{}` and `{"resourceSpans": [{}]}` are requests without spans, and a
//! server has to answer them. A group or scope without any field is empty. `{}` is a request
//! only if it is the whole input, like the body of a call. Among other documents, or in an
//! array, its meaning is unknown, so it is refused, like any object with other fields.
//!
//! # Input that cannot be read
//!
//! Reading ends with the first mistake. With [`DecodeOptions::lenient`], only the part at
//! fault is left out: a span, the group around it, or a request. The spans that can be found
//! in this part are counted ([`DecodedRequest::left_out`]). A request that is cut off ends
//! before the next line that begins a request. Within an array, one element is left out.
//!
//! Source: OTLP specification, *JSON Protobuf Encoding*, and Protocol Buffers,
//! *ProtoJSON Format*.
//!
//! # Zipkin and Jaeger
//!
//! The decoder reads spans of Zipkin's version 2, each as a request, and traces as Jaeger's UI
//! saves them and `/api/traces` returns them. Both write times in microseconds, and ids
//! without leading zeros.
//!
//! | Zipkin | here |
//! |---|---|
//! | `parentId` | parent, unless it is the span itself |
//! | `kind` | kind; a missing kind is read as internal, and so is an unknown name, which is counted |
//! | `timestamp`, `duration` | start and end; a missing one is unknown |
//! | `localEndpoint` | service; address and port as `network.local.*` |
//! | `remoteEndpoint` | `peer.service`, unless it is a tag, and `network.peer.*` |
//! | tags `error`, `otel.status_code`, `otel.status_description` | status: `error` sets an error unless it is `false` or the number 0; if there is no description, `error` is the message, unless it is `true` or the number 1. Tags that the status cannot express stay tags, such as an unknown code, which is counted |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags, as texts |
//! | `annotations` | logs |
//! | `shared` | the server's end of a call whose two ends have the same id |
//! | `debug` | ignored |
//!
//! If a Zipkin span arrives in several pieces, they are not joined. A span of version 1 is
//! refused. An object with `traceId` and `id` is also refused if it has fields of a log line
//! or a dump, or if it has no other field of Zipkin.
//!
//! | Jaeger | here |
//! |---|---|
//! | the first of `references` in the same trace that is `CHILD_OF` or without type, else `parentSpanID`, else the first that is `FOLLOWS_FROM` | parent |
//! | other `references` | links with the tag `opentracing.ref_type`; those without ids are dropped, and counted |
//! | `startTime`, `duration` | start and end; a missing one is unknown |
//! | `serviceName` and `tags` of the `process`, or of the one with `processID` | resource; a missing process is counted in [`DecodedRequest::unknown_services`] |
//! | tag `span.kind` | kind; an unknown name is read as internal, counted, and stays a tag |
//! | tags `error` and `otel.status_*` | status, as above |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags with their `type`; a `binary` stays base64 |
//! | `logs` | logs; the field `event`, else `message`, is the message |
//! | `flags`, `warnings` | ignored |
//!
//! Source: zipkin-api, *zipkin2-api.yaml*; jaegertracing/jaeger, *model/json*;
//! OpenTelemetry specification, *OpenTelemetry to Zipkin Transformation* and *to Jaeger*.
//!
//! ```
//! use trace_otlp::decode;
//!
//! let input = r#"{"resourceSpans": [{
//!   "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
//!   "scopeSpans": [{"spans": [
//!     {"traceId": "4BF92F3577B34DA6A3CE929D0E0E4736", "spanId": "00f067aa0ba902b7",
//!      "name": "charge", "startTimeUnixNano": 1000, "endTimeUnixNano": "3000"}
//!   ]}]
//! }]}"#;
//! let request = decode::requests(input.as_bytes()).next().unwrap()?;
//! let span = &request.groups[0].spans[0];
//! assert_eq!((&*span.service_name, &*span.operation_name), ("shop", "charge"));
//! assert_eq!(span.duration().as_nanos(), 2000);
//!
//! let error = decode::requests(input.replace("00f067aa0ba902b7", "abc").as_bytes())
//!     .next()
//!     .unwrap()
//!     .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "line 4, column 67: `resourceSpans[0].scopeSpans[0].spans[0].spanId` \
//!      is `abc`; expected 16 hex digits, not all zero"
//! );
//! # Ok::<(), decode::DecodeError>(())
//! ```

// Shared by all formats: errors, the result, and the records that spans become.
mod error;

mod decoded;

mod any_value;

mod record;

// The text of JSON input: where a request begins and ends, and its mistakes.
#[cfg(feature = "json")]
mod base64;

#[cfg(feature = "json")]
mod pieces;

#[cfg(feature = "json")]
mod explain;

#[cfg(feature = "json")]
mod surrogates;

#[cfg(feature = "json")]
mod magic;

#[cfg(feature = "json")]
mod scan;

#[cfg(feature = "json")]
mod buffer;

#[cfg(feature = "json")]
mod frames;

// Values and messages of OTLP/JSON.
#[cfg(feature = "json")]
mod number;

#[cfg(feature = "json")]
mod scalar;

#[cfg(feature = "json")]
mod enums;

#[cfg(feature = "json")]
mod names;

#[cfg(feature = "json")]
mod value;

#[cfg(feature = "json")]
mod wire;

#[cfg(feature = "json")]
mod span;

// Shared by all JSON formats: recognizing the format, reading damaged input, and the result so
// far.
#[cfg(feature = "json")]
mod foreign;

#[cfg(feature = "json")]
mod older;

#[cfg(feature = "json")]
mod lines;

#[cfg(feature = "json")]
mod salvage;

#[cfg(feature = "json")]
mod reader;

// Documents of each format.
#[cfg(feature = "json")]
mod jaeger_span;

#[cfg(feature = "json")]
mod jaeger;

#[cfg(feature = "json")]
mod zipkin;

#[cfg(feature = "json")]
mod request;

#[cfg(feature = "json")]
mod requests;

// OTLP in the form of Protocol Buffers.
#[cfg(feature = "protobuf-decode")]
mod protobuf;

pub use decoded::{DecodedRequest, ResourceSpans, Totals};
pub use error::DecodeError;
#[cfg(feature = "protobuf-decode")]
pub use protobuf::{ProtobufOptions, protobuf};
#[cfg(feature = "json")]
pub use requests::{DecodeOptions, Requests, requests};

pub use crate::facts::TraceReports;
