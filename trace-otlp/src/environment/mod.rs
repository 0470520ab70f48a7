//! Sets a tracer up from the variables of OpenTelemetry.
//!
//! ```no_run
//! let tracing = trace_otlp::from_env("orders")?.install()?;
//! # drop(tracing);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The result is the builder of the tracer, so code can go on: `.tag(..)`, `.collector(..)`,
//! `.sampler(..)`. What code sets then, wins. [`Settings`] is what was read, to be looked at.
//!
//! # Variables
//!
//! | variable | here | if not set |
//! |---|---|---|
//! | `OTEL_SDK_DISABLED` | `true`: [nothing is recorded](trace_core::TracerBuilder::disabled), contexts of callers pass | `false` |
//! | `OTEL_SERVICE_NAME` | the name of the service; wins over `service.name` in the next one, which wins over the argument | the argument; if that is empty, `unknown_service:PROGRAM` |
//! | `OTEL_RESOURCE_ATTRIBUTES` | tags of the resource, `key=value` with percent-encoding, separated by commas; win over what is [detected](crate::resource) | none |
//! | `OTEL_TRACES_EXPORTER` | a list of `otlp`, `console` (trees on standard output), `otlp/stdout` (lines of JSON), or `none` | `otlp` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | base URL: HTTP adds `v1/traces`. With `grpc`, also `host:port` | `http://localhost:4318`, with `grpc` 4317 |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | URL as it is | as above |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf`, `http/json`, `grpc` | `http/protobuf`; without the feature `http`, `grpc` |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value` with percent-encoding, separated by commas; a bad one is left out alone | none |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `none`, `gzip`, `zstd` | `none` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one request; 0 is no limit | 10,000 |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE` | file of the certificates that are trusted, PEM; only for `https` | those of the system |
//! | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `.._CLIENT_KEY` | files of this client, PEM; both or none | none |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | `true`: `grpc` without TLS, for an endpoint without scheme | `false` |
//! | `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` | `logs`: logged errors leave as [log records](crate::OtlpCollectorBuilder::exceptions); `logs/dup`: also as span events | span events |
//! | `OTEL_LOGS_EXPORTER` | other than `otlp`, e.g. `none`: the above counts as not set | `otlp` |
//! | `OTEL_METRICS_EXPORTER` | `otlp`: the tracer's own counts leave as [metrics](crate::OtlpCollectorBuilder::metrics_every) | no metrics |
//! | `OTEL_METRIC_EXPORT_INTERVAL` | milliseconds between them | 60,000 |
//! | `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, `.._LOGS_HEADERS`, and with `METRICS` | for these records and metrics; other variables with `LOGS` or `METRICS` are not read, with a warning | as for spans, without what is set for `TRACES` alone |
//! | `OTEL_BSP_SCHEDULE_DELAY` | milliseconds, [`scheduled_delay`](trace_core::TracerBuilder::scheduled_delay) | 100 (specification: 5,000) |
//! | `OTEL_BSP_MAX_QUEUE_SIZE` | spans, [`max_queue_spans`](trace_core::TracerBuilder::max_queue_spans) | 262,144 (2,048) |
//! | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | spans of a request, [`max_request_spans`](crate::OtlpCollectorBuilder::max_request_spans) | 8,192 (512) |
//! | `OTEL_BSP_EXPORT_TIMEOUT` | milliseconds for a span, with all tries, [`max_retry_age`](crate::OtlpCollectorBuilder::max_retry_age); 0 is no limit | 300,000 (30,000) |
//! | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` | [`Limits::max_tags`](trace_core::Limits::max_tags) | `OTEL_ATTRIBUTE_COUNT_LIMIT`, 128 |
//! | `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` | `max_logs`, `max_links` | 128 |
//! | `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT` | `max_fields`, the larger of both | `OTEL_ATTRIBUTE_COUNT_LIMIT`, 128 |
//! | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` | `max_value_bytes`; bytes, not characters | `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, 4,096 (no limit) |
//! | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off`, `traceidratio`, and each with `parentbased_` | `parentbased_always_on` |
//! | `OTEL_TRACES_SAMPLER_ARG` | the share of `traceidratio`, 0 to 1 | 1 |
//! | `OTEL_PROPAGATORS` | the headers of contexts: what [`span::inject`](trace_core::span::inject), [`propagation::extract`](trace_core::propagation::extract) and the layers of `trace-http` use from `install` on, unless they are [told](trace_core::TracerBuilder::propagator) another propagator | `tracecontext,baggage` |
//! | `OTEL_LOG_LEVEL` | which lines of [`diagnostics`](trace_core::diagnostics) are printed; `debug`: also what was decided here | `error`, in debug builds `warn` |
//! | `OTEL_CONFIG_FILE`, `OTEL_ENTITIES` | not read, with a warning | |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | the [proxy](crate::OtlpCollectorBuilder::proxy) over HTTP, as other clients use it; also in lower case, which wins; not for this machine, and not with `grpc` | no proxy |
//!
//! Each variable `OTEL_EXPORTER_OTLP_X` has a variant `OTEL_EXPORTER_OTLP_TRACES_X`, which
//! wins. An empty value counts as not set. Names of values may be in any case.
//!
//! # Mistakes
//!
//! Only two are errors: a file that cannot be read, and an endpoint that is no URL, or is
//! `https` without the feature `tls`. A value that is wrong or not known here, or needs a
//! feature that is not built in, is reported once by [`diagnostics`](trace_core::diagnostics)
//! (in release builds too), and counts as not set. No message has the value of a header, or
//! user, password or query of a URL.
//!
//! Source: OpenTelemetry specification 1.60, *Environment Variable Specification* and
//! *OpenTelemetry Protocol Exporter*.

mod batching;
mod endpoint;
mod error;
mod exporter;
mod exporters;
mod features;
mod headers;
mod limits;
mod list;
mod logs;
mod metrics;
mod others;
mod resource;
mod sampler;
mod settings;
mod signal;
mod target;
#[cfg(test)]
mod tests;
mod tls_files;
mod url;
mod variables;

use trace_core::TracerBuilder;

pub use error::EnvironmentError;
pub use settings::Settings;
pub use variables::Warning;

/// Sets a tracer up from the environment: the name of the service, where its spans go, the
/// sampler, limits, and the [resource](crate::resource).
///
/// The [module](self) has the table of all variables. Settings that are not followed are
/// reported by [`diagnostics`](trace_core::diagnostics).
///
/// ```no_run
/// use trace_core::conventions::SERVICE_VERSION;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let _tracing = trace_otlp::from_env("orders")?
///     .tag(SERVICE_VERSION, env!("CARGO_PKG_VERSION"))
///     .install()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If a file that a variable names cannot be read, or the endpoint is no URL.
pub fn from_env(service_name: impl AsRef<str>) -> Result<TracerBuilder, EnvironmentError> {
    let settings = Settings::from_env(service_name);
    for warning in settings.warnings() {
        trace_core::__private::setting_ignored(&warning.to_string());
    }
    trace_core::__private::set_up(&settings.to_string());
    settings.into_builder()
}
