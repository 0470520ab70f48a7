//! OTLP for `trace-core`: sends spans to any OpenTelemetry backend, writes them to files, and
//! reads them. It can be set up with environment variables.
//!
//! # From the environment
//!
//! One line sets a service up. [`environment`] lists all `OTEL_*` variables. If none is set,
//! spans go to `http://localhost:4318` as protobuf.
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! # async fn serve() {}
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let tracing = trace_otlp::from_env("orders")?.install()?;
//! serve().await;
//! tracing.shutdown_when_idle(std::time::Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```
//!
//! For users of `opentelemetry-otlp`, the module `from_opentelemetry` lists the options and
//! variables of that crate, and what corresponds to them here.
//!
//! # In code
//!
//! `OtlpCollector` is a collector of `trace-core`. It sends on the thread of its own lane, so
//! it needs no runtime, and a server that is down does not slow the application. Spans wait
//! within bounds and are sent again. Each span is counted as exported, rejected, waiting or
//! lost, with the reason.
//!
//! Its options `logs` and `metrics_every` send two more signals: the logs of spans as log
//! records, and the tracer's own counts as metrics.
//!
#![cfg_attr(feature = "http", doc = "```")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use std::time::Duration;
//! use trace_core::Tracer;
//! use trace_otlp::{OtlpCollector, OtlpState};
//!
//! let otlp = OtlpCollector::builder("http://localhost:4318")
//!     .header("x-team", "shop")
//!     .timeout(Duration::from_secs(5))
//!     .max_waiting_bytes(64 << 20)
//!     .build()?; // an error only for what can never work
//! let tracing = Tracer::builder("orders").collector(otlp.clone()).install()?;
//!
//! // At any time, without waiting:
//! let (health, stats) = (otlp.health(), otlp.stats());
//! assert_eq!(health.state, OtlpState::Idle); // or Connected, Fallback, Retrying, Refused
//! assert_eq!((health.last_error, stats.spans_lost.total()), (None, 0));
//! # drop(tracing);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! When sending begins to fail, and when it works again,
//! [`diagnostics`](trace_core::diagnostics) writes one line.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http` | yes | `OtlpCollector`, over HTTP as protobuf; [`environment`] with `from_env` |
//! | `grpc` | no | the same over gRPC |
//! | `tls` | no | `https`, with rustls and ring |
//! | `gzip`, `zstd` | no | compressed requests |
//! | `json` | no | HTTP/JSON; `JsonCollector`, `ChromeTraceCollector` and `to_json`; [`decode`] of JSON |
//! | `protobuf-decode` | no | [`decode`] of protobuf |
//!
//! Without features, the crate has [`to_protobuf`], which writes a batch as the body of a
//! request, and [`resource`].
//!
//! # Files
//!
//! `JsonCollector` writes finished spans to a file, one `ExportTraceServiceRequest` a line;
//! `RotatingFile` renames it when it is large or old; `ChromeTraceCollector` writes traces for
//! Perfetto. [`decode`] reads what these and other OpenTelemetry programs write, and traces of
//! Tempo, Jaeger and Zipkin:
//!
#![cfg_attr(feature = "json", doc = "```")]
#![cfg_attr(not(feature = "json"), doc = "```ignore")]
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
//! [`Redaction`] replaces secrets before any collector gets the spans. Its page lists what it
//! finds.
//!
//! # Facts that OTLP has no field for
//!
//! OTLP has no field for some facts of a [`SpanRecord`](trace_core::SpanRecord). They are
//! written as attributes, and read back from these attributes.
//!
//! | fact | on the wire |
//! |---|---|
//! | service name | `service.name` of the resource; if a span's service differs from that of its batch, the span is in another resource group, whose other attributes are the same |
//! | source | `code.file.path` and `code.line.number`, unless the span has tags with these keys |
//! | outcome cancelled | `cancelled = true` |
//! | outcome panicked | status error and `error.type = "panic"` |
//! | outcome that status and tags do not show | `trace_core.outcome` |
//! | the span's context was put into headers | `trace_core.context_sent = true` |
//! | tags `otel.scope.name`, `otel.scope.version` | name and version of the scope; spans without them are in scope `trace-core` |
//! | the span was larger than an exporter's limit | `trace_core.trimmed = true`; texts are cut, and the dropped counts include the items that are left out |
//!
//! A batch also contains [reports](trace_core::SpanBatch::completed_traces) about traces. A
//! report is on the last span of its trace in the batch. If the trace has no span there,
//! because its spans were sent before, the report is on the scope of a `ScopeSpans` without
//! spans.
//!
//! | report | on the last span | on a scope |
//! |---|---|---|
//! | parts of the trace have ended | `trace_core.ended_parts`, their number | `trace_core.ended_traces`, a list of trace ids |
//! | [spans were lost](trace_core::TraceLosses) | `trace_core.lost_spans`, such as `queue=3, at_least` | `trace_core.lost_spans`, a list of such texts, each with its trace id before it |
//! | the source reports ends | | `trace_core.reports_ends = true`, on every scope |
//!
//! When spans are read, the attributes `cancelled`, `error.type` and `trace_core.trimmed` stay
//! tags; the others are removed from the tags. Reports become
//! [`TraceReports`](decode::TraceReports), and
//! [`DecodedRequest::feed`](decode::DecodedRequest::feed) passes them on. So a
//! [`TraceCollector`](trace_core::TraceCollector) behind the decoder knows what is complete
//! and what was lost, without waiting. Other attributes of scopes, and schema URLs, are not
//! read.
//!
//! Programs between the tracer and the reader keep these reports if they keep attributes and
//! scopes. A program that splits requests copies the scopes of spans, so reports about traces
//! are read only from scopes without spans. A program that sorts spans by trace, such as the
//! OpenTelemetry Collector's tail sampling and load balancing, drops scopes without spans. A
//! trace whose last report was on such a scope is then complete only after the quiet time, or
//! is given up. If the answer to a request does not arrive, the request is sent again, and its
//! reports arrive twice. A reader cannot distinguish the second report from the end of another
//! part. It may then complete the trace too early, and spans of the last part are late.
//!
//! A span is never written with an end before its start. An end of zero is unknown, and stays
//! zero. Names follow the semantic conventions 1.44, the version in `schema_url`.

#![forbid(unsafe_code)]

mod base64_digit;
mod conventions;

mod facts;

mod encode;

#[cfg(feature = "json")]
mod file;

// One request over one connection.
#[cfg(any(feature = "grpc", feature = "http"))]
mod transport;

// The collector that sends.
#[cfg(any(feature = "grpc", feature = "http"))]
mod export;

#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub mod decode;

pub mod resource;

// Finds and replaces secrets.
mod redact;

// Sets the exporter up.
#[cfg(any(feature = "grpc", feature = "http"))]
pub mod environment;

// A page of the docs.
#[cfg(feature = "http")]
pub mod from_opentelemetry;

pub use encode::{Logs, to_protobuf};

#[cfg(feature = "json")]
pub use encode::to_json;
#[cfg(any(feature = "grpc", feature = "http"))]
pub use environment::from_env;
#[cfg(any(feature = "grpc", feature = "http"))]
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
#[cfg(any(feature = "grpc", feature = "http"))]
pub use transport::Compression;
