//! Reads OTLP/JSON: what [`JsonCollector`](crate::JsonCollector) and other
//! OpenTelemetry programs write; and the traces of Tempo, Jaeger and Zipkin.
//!
//! The input is one request, several on lines of their own, one after another or
//! pretty-printed, or an array of requests. A request may be within a `result`, as
//! Jaeger's third API answers, or a `trace`; it may have Tempo's `batches`, or be one
//! `ResourceSpans`, as the Java SDK logs it. Any other document is refused by what it
//! is, also one that has logs or metrics alone.
//!
//! Taken as real clients send it: 64-bit integers as numbers or texts, in which an
//! exponent may be; enums as numbers or names, an unknown one as not specified, which is
//! counted; ids in hex of either case, or in base64; half a surrogate pair as U+FFFD;
//! field names in camel or snake case, `null` as absent, missing fields at their default;
//! only a span's ids must be there. What a [`SpanRecord`](trace_core::SpanRecord) has no
//! type for becomes text: a `kvlistValue` and an array of values of several types as JSON,
//! a `bytesValue` as the base64 that it is, an empty value as an empty text. A bad
//! `traceState` is dropped alone. A link without ids is dropped, and counted in the span's
//! `dropped`. A service without a name is `unknown_service`. A missing start or end is
//! zero; that, and an end before the start, stays as it is: the assembler of the
//! trace reports it. How many attributes an event or a link has lost is not read.
//!
//! Unknown fields are ignored, as protobuf asks for. But no spans may be
//! lost silently. Refused are a group or a scope with a field that is misspelled, such as
//! `scopespans`, or with unknown fields in the place of spans, and an attribute whose value
//! is of no known form.
//!
//! # Requests without spans
//!
//! For protobuf, `{}` and `{"resourceSpans": [{}]}` are requests without spans, and a
//! server has to answer them. A group or scope without any field is empty. `{}` is a
//! request if it is all of the input, as the body of a call is; among other documents, or
//! in an array, it may be anything, and is refused, as is any object with other fields.
//!
//! # What cannot be read
//!
//! The first mistake ends the input. With [`DecodeOptions::lenient`] it is left out alone:
//! a span, the group around it if that is at fault, or a request. The spans in it are
//! counted as far as they can be found ([`DecodedRequest::left_out`]). A request that is cut
//! off ends before the next one that begins a line; within an array, one element is left
//! out.
//!
//! Source: OTLP specification, *JSON Protobuf Encoding*, and Protocol Buffers,
//! *ProtoJSON Format*.
//!
//! # Zipkin and Jaeger
//!
//! Read are spans of Zipkin's version 2, each as a request, and traces as Jaeger's UI
//! saves them and `/api/traces` answers. Both write times in microseconds, and ids without
//! their leading zeros.
//!
//! | Zipkin | here |
//! |---|---|
//! | `parentId` | parent, unless it is the span itself |
//! | `kind` | kind; none is internal, and so is another name, which is counted |
//! | `timestamp`, `duration` | start and end; what is missing is not known |
//! | `localEndpoint` | service; address and port as `network.local.*` |
//! | `remoteEndpoint` | `peer.service`, unless it is a tag, and `network.peer.*` |
//! | tags `error`, `otel.status_code`, `otel.status_description` | status: `error` is one unless it is `false` or the number 0; without a description it is the message, unless it is `true` or the number 1. Those that the status does not show stay tags, such as an unknown code, which is counted |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags, as texts |
//! | `annotations` | logs |
//! | `shared` | the server's end of a call whose two ends have one id |
//! | `debug` | left out |
//!
//! What came of one of Zipkin's spans in several pieces stays in pieces. A span of version 1
//! is refused, and so is an object with `traceId` and `id` that has what only a log or a dump
//! has, or nothing else of Zipkin's.
//!
//! | Jaeger | here |
//! |---|---|
//! | the first of `references` that is `CHILD_OF`, or without type, in the same trace, else `parentSpanID`, else the first that is `FOLLOWS_FROM` | parent |
//! | other `references` | links with the tag `opentracing.ref_type`; those without ids are dropped, and counted |
//! | `startTime`, `duration` | start and end; what is missing is not known |
//! | `serviceName` and `tags` of the `process`, or of that with `processID` | resource; if there is none, [`DecodedRequest::unknown_services`] |
//! | tag `span.kind` | kind; another name is internal, counted, and stays a tag |
//! | tags `error` and `otel.status_*` | status, as above |
//! | tag `w3c.tracestate` | `tracestate` |
//! | other `tags` | tags of their `type`; `binary` is the base64 that it is |
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

mod base64;

mod pieces;

mod error;

mod decoded;

mod surrogates;

mod found;

mod scan;

mod buffer;

mod frames;

mod number;

mod scalar;

mod enums;

mod names;

mod value;

mod wire;

mod record;

mod foreign;

mod older;

mod lines;

mod salvage;

mod reader;

mod jaeger_span;

mod jaeger;

mod zipkin;

mod request;

mod requests;

pub use decoded::{DecodedRequest, ResourceSpans, Totals};
pub use error::DecodeError;
pub use requests::{DecodeOptions, Requests, requests};
