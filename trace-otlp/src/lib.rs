//! Writes and reads OTLP/JSON for `trace-core`.
//!
//! [`JsonCollector`] writes finished spans to a file or any other writer, one
//! `ExportTraceServiceRequest` a line. [`decode`] reads what the collector and other
//! OpenTelemetry programs write, and traces of Tempo, Jaeger and Zipkin. [`to_json`]
//! is for your own sender. This crate does not compress, and does not use the network.
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
//! | tags `otel.scope.name`, `otel.scope.version` | name and version of the scope; spans without them are in scope `trace-core` |
//!
//! When they are read, the attributes `cancelled` and `error.type` stay tags; the others do
//! not. Attributes that only the scope, the schema or a profile has are not read.

#![forbid(unsafe_code)]

mod conventions;

mod encode;

mod output;

mod json_collector;

pub mod decode;

mod redact;

pub use encode::to_json;
pub use json_collector::{CreateFileError, JsonCollector, JsonOptions};
pub use output::JsonStats;
pub use redact::{InvalidPrefix, Redaction};
