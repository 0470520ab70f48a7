//! Sends, writes and reads OTLP for `trace-core`, as Protocol Buffers and as JSON.
//!
//! With the feature `http`, which is on by default, `OtlpCollector` sends finished spans to any
//! OpenTelemetry backend: `OtlpCollector::builder("http://localhost:4318").build()?`.
//! Its options `logs` and `metrics_every` send two more signals: the logs of spans as log
//! records, and the tracer's own counts as metrics.
//!
//! [`to_protobuf`] writes a batch as the body of a request; it needs no feature and no other
//! crate. With the feature `json`, [`JsonCollector`] writes finished spans to a file or any
//! other writer, one `ExportTraceServiceRequest` a line, and [`to_json`] is for your own
//! sender. [`decode`] reads what these and other OpenTelemetry programs write, and traces of
//! Tempo, Jaeger and Zipkin; with the feature `protobuf-decode`, also Protocol Buffers.
//!
//! ```
//! use std::time::Duration;
//! use trace_core::{Collector, Resource, SpanBatch, SpanId, SpanRecord, TraceId};
//! use trace_otlp::{JsonCollector, decode};
//!
//! # let directory = std::env::temp_dir().join(format!("trace-otlp-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! let path = directory.join("spans.otlp.json");
//! let collector = JsonCollector::to_file(&path)?;
//! let mut span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
//! span.service_name = "shop".into();
//! collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &[span.clone()]));
//! collector.flush(Duration::from_secs(1))?;
//!
//! for request in decode::requests(std::fs::File::open(&path)?) {
//!     assert_eq!(request?.groups[0].spans, [span.clone()]);
//! }
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Redaction`] replaces secrets before any collector gets the spans; its page has the table
//! of what it finds.
//!
//! # Facts that OTLP has no field for
//!
//! OTLP has no field for some facts of a [`SpanRecord`](trace_core::SpanRecord). They are
//! written as attributes and read back from them.
//!
//! | fact | on the wire |
//! |---|---|
//! | service name | `service.name` of the resource; if a span's service is not that of its batch, the span is in another resource group, with the same other attributes |
//! | source | `code.file.path` and `code.line.number`, unless the span has tags with these keys |
//! | outcome cancelled | `cancelled = true` |
//! | outcome panicked | status error and `error.type = "panic"` |
//! | outcome that status and tags do not show | `trace_core.outcome` |
//! | the span's context was put into headers | `trace_core.context_sent = true` |
//! | tags `otel.scope.name`, `otel.scope.version` | name and version of the scope; spans without them are in scope `trace-core` |
//! | the span was larger than an exporter's limit | `trace_core.trimmed = true`; texts are cut, and what is left out is in the dropped counts |
//!
//! A batch also [reports](trace_core::SpanBatch::completed_traces) of its traces. These
//! reports are on the last span of their trace in the request. If the spans have left
//! before, they are on the scope of a `ScopeSpans` without spans.
//!
//! | report | on the last span | on a scope |
//! |---|---|---|
//! | parts of the trace have ended | `trace_core.ended_parts`, their number | `trace_core.ended_traces`, a list of trace ids |
//! | [spans were lost](trace_core::TraceLosses) | `trace_core.lost_spans`, such as `queue=3, at_least` | `trace_core.lost_spans`, a list of such texts, each with its trace id before it |
//! | the source reports ends | | `trace_core.reports_ends = true`, on every scope |
//!
//! When they are read, the attributes `cancelled`, `error.type` and `trace_core.trimmed` stay
//! tags; the others do not. What is reported becomes
//! [`TraceReports`](decode::TraceReports), and
//! [`DecodedRequest::feed`](decode::DecodedRequest::feed) passes it on. So a
//! [`TraceCollector`](trace_core::TraceCollector) behind the decoder knows what is complete
//! and what was lost. Other attributes that only the scope, the schema or a profile has are
//! not read.
//!
//! The end of a span is never before its start when it is written; an end of zero stays,
//! because it is unknown. Names follow the semantic conventions 1.44, which `schema_url`
//! says.

#![forbid(unsafe_code)]

mod conventions;

mod facts;

mod encode;

#[cfg(feature = "json")]
mod file;

// One request over one connection.
#[cfg(feature = "http")]
mod transport;

// The collector that sends.
#[cfg(feature = "http")]
mod export;

#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub mod decode;

pub mod resource;

// Finds secrets.
mod redact;

// Sets the exporter up.
#[cfg(feature = "http")]
pub mod environment;

pub use encode::{Logs, to_protobuf};

#[cfg(feature = "json")]
pub use encode::to_json;
#[cfg(feature = "http")]
pub use environment::from_env;
#[cfg(feature = "http")]
pub use export::{
    LostItems, OtlpCollector, OtlpCollectorBuilder, OtlpError, OtlpHealth, OtlpSignalHealth,
    OtlpSignalStats, OtlpState, OtlpStats, Protocol,
};
#[cfg(feature = "json")]
pub use file::{
    ChromeTraceCollector, CreateFileError, JsonCollector, JsonOptions, JsonStats, RotatingFile,
    Rotation, to_chrome_trace,
};
pub use redact::{InvalidPrefix, Redaction};
#[cfg(feature = "http")]
pub use transport::Compression;
