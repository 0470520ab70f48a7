//! Reads OTLP as this crate and other OpenTelemetry programs write it, and the traces of
//! Tempo, Jaeger and Zipkin.
//!
//! [`requests`] reads JSON, with the feature `json`, and [`protobuf()`] Protocol Buffers, with
//! the feature `protobuf-decode`. The rest of this page is about JSON.
//!
//! The input is one request, several requests (one a line, one after another, or
//! pretty-printed), or an array of requests. A request may be within a `result`, as
//! Jaeger's third API answers, or a `trace`; it may have Tempo's `batches`, or be one
//! `ResourceSpans`, as the Java SDK logs it. Any other document is refused, also one with
//! only logs or metrics, and the error says what the document is.
//!
//! The decoder accepts what real clients send:
//!
//! - 64-bit integers are numbers or texts, and may have an exponent.
//! - Enums are numbers or names. An unknown value is read as not specified, and counted.
//! - Ids are in hex of either case, or in base64.
//! - Half a surrogate pair is U+FFFD.
//! - Field names are in camel or snake case. `null` is absent, and missing fields have their
//!   default; only a span's ids are required.
//!
//! Some things change:
//!
//! - A value that a [`SpanRecord`](trace_core::SpanRecord) has no type for becomes text: a
//!   `kvlistValue` and an array of values of several types become JSON, a `bytesValue` keeps
//!   its base64, an empty value becomes an empty text.
//! - If a `traceState` is bad, only that is dropped. A link without ids is dropped, and
//!   counted in the span's `dropped`.
//! - A service without a name is `unknown_service`.
//! - A missing start or end is zero. That, and an end before the start, is kept: the
//!   assembler of the trace reports it.
//! - How many attributes an event or a link has lost is not read.
//!
//! Unknown fields are ignored, as protobuf requires. But no spans may be lost silently. So
//! the decoder refuses a group or a scope with a misspelled field, such as `scopespans`, or
//! with unknown fields and no spans, and an attribute whose value has no known form.
//!
//! # Requests without spans
//!
//! For protobuf, `{}` and `{"resourceSpans": [{}]}` are requests without spans, and a
//! server has to answer them. A group or scope without any field is empty. `{}` is a
//! request if it is all of the input, like the body of a call. Among other documents, or
//! in an array, it may be anything, and is refused, like any object with other fields.
//!
//! # What cannot be read
//!
//! Reading ends with the first mistake. With [`DecodeOptions::lenient`], only the part at
//! fault is left out: a span, the group around it, or a request. The spans in that part are
//! counted as far as they can be found ([`DecodedRequest::left_out`]). A request that is cut
//! off ends before the next request that begins a line; within an array, one element is left
//! out.
//!
//! Source: OTLP specification, *JSON Protobuf Encoding*, and Protocol Buffers,
//! *ProtoJSON Format*.
//!
//! # Zipkin and Jaeger
//!
//! The decoder reads spans of Zipkin's version 2, each as a request, and traces as Jaeger's
//! UI saves them and `/api/traces` returns them. Both write times in microseconds, and ids
//! without their leading zeros.
//!
//! | Zipkin | here |
//! |---|---|
//! | `parentId` | parent, unless it is the span itself |
//! | `kind` | kind; without one the span is internal; an unknown name is internal too, and counted |
//! | `timestamp`, `duration` | start and end; a missing one is unknown |
//! | `localEndpoint` | service; address and port as `network.local.*` |
//! | `remoteEndpoint` | `peer.service`, unless it is a tag, and `network.peer.*` |
//! | tags `error`, `otel.status_code`, `otel.status_description` | status: `error` sets an error unless it is `false` or the number 0; if there is no description, `error` is the message, unless it is `true` or the number 1. Tags that the status does not show stay tags, such as an unknown code, which is counted |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags, as texts |
//! | `annotations` | logs |
//! | `shared` | the server's end of a call whose two ends have one id |
//! | `debug` | left out |
//!
//! If a span of Zipkin came in several pieces, they are not joined. A span of version 1
//! is refused. So is an object with `traceId` and `id` that has fields which only a log or a
//! dump has, or has no other field of Zipkin's.
//!
//! | Jaeger | here |
//! |---|---|
//! | the first of `references` that is `CHILD_OF`, or without type, in the same trace, else `parentSpanID`, else the first that is `FOLLOWS_FROM` | parent |
//! | other `references` | links with the tag `opentracing.ref_type`; those without ids are dropped, and counted |
//! | `startTime`, `duration` | start and end; a missing one is unknown |
//! | `serviceName` and `tags` of the `process`, or of the one with `processID` | resource; a missing process is counted in [`DecodedRequest::unknown_services`] |
//! | tag `span.kind` | kind; an unknown name is internal, is counted, and stays a tag |
//! | tags `error` and `otel.status_*` | status, as above |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags of their `type`; a `binary` stays base64 |
//! | `logs` | logs; the field `event`, else `message`, is the message |
//! | `flags`, `warnings` | left out |
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

// What all formats share: mistakes, the result, and the records that spans become.
mod error;

mod decoded;

mod any_value;

mod record;

// The text of an input of JSON: where a request begins and ends, and its mistakes.
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

// What all formats in JSON share: recognizing one, reading what is damaged, the result so far.
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
