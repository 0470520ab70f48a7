//! Sets a tracer up from OpenTelemetry's environment variables.
//!
//! ```no_run
//! let tracing = trace_otlp::from_env("orders")?.install()?;
//! # drop(tracing);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The result is the tracer's builder, so code can add to it: `.tag(..)`, `.collector(..)`,
//! `.sampler(..)`. Settings in code win. Use [`Settings`] to see what was read.
//!
//! # Variables
//!
//! | variable | here | if not set |
//! |---|---|---|
//! | `OTEL_SDK_DISABLED` | `true`: [nothing is recorded](trace_core::TracerBuilder::disabled), but contexts of callers are passed on | `false` |
//! | `OTEL_SERVICE_NAME` | the name of the service; wins over `service.name` in the next variable, which wins over the argument | the argument; if that is empty, `unknown_service:PROGRAM` |
//! | `OTEL_RESOURCE_ATTRIBUTES` | tags of the resource, `key=value` with percent-encoding, separated by commas; they win over [detected](crate::resource) tags | none |
//! | `OTEL_TRACES_EXPORTER` | a list of `otlp`, `console` (trees on standard output), `otlp/stdout` (lines of JSON), or `none` | `otlp` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | base URL: HTTP adds `v1/traces`. With `grpc`, also `host:port` | `http://localhost:4318`, with `grpc` 4317 |
//! | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | URL as it is | as above |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf`, `http/json`, `grpc` | `http/protobuf`; without the feature `http`, `grpc` |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value` with percent-encoding, separated by commas; an invalid header is skipped, the others are kept | none |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `none`, `gzip`, `zstd` | `none` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | milliseconds for one request; 0 is no limit | 10,000 |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE` | file with trusted certificates, PEM; only for `https` | those of the system |
//! | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `.._CLIENT_KEY` | files of this client, PEM; both or none | none |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | `true`: `grpc` without TLS, for an endpoint without scheme | `false` |
//! | `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` | `logs`: logged errors are sent as [log records](crate::OtlpCollectorBuilder::exceptions); `logs/dup`: also as span events | span events |
//! | `OTEL_LOGS_EXPORTER` | other than `otlp`, e.g. `none`: the variable above counts as not set | `otlp` |
//! | `OTEL_METRICS_EXPORTER` | `otlp`: the tracer's own counts are sent as [metrics](crate::OtlpCollectorBuilder::metrics_every) | no metrics |
//! | `OTEL_METRIC_EXPORT_INTERVAL` | milliseconds between two exports of metrics | 60,000 |
//! | `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, `.._LOGS_HEADERS`, and with `METRICS` | for log records and metrics; other variables with `LOGS` or `METRICS` are not read, with a warning | as for spans, but without the variables with `TRACES` |
//! | `OTEL_BSP_SCHEDULE_DELAY` | milliseconds, [`scheduled_delay`](trace_core::TracerBuilder::scheduled_delay) | 100 (specification: 5,000) |
//! | `OTEL_BSP_MAX_QUEUE_SIZE` | spans, [`max_queue_spans`](trace_core::TracerBuilder::max_queue_spans) | 262,144 (2,048) |
//! | `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | spans of a request, [`max_request_spans`](crate::OtlpCollectorBuilder::max_request_spans) | 8,192 (512) |
//! | `OTEL_BSP_EXPORT_TIMEOUT` | milliseconds for a span, including retries, [`max_retry_age`](crate::OtlpCollectorBuilder::max_retry_age); 0 is no limit | 300,000 (30,000) |
//! | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` | [`Limits::max_tags`](trace_core::Limits::max_tags) | `OTEL_ATTRIBUTE_COUNT_LIMIT`, 128 |
//! | `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` | `max_logs`, `max_links` | 128 |
//! | `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT` | `max_fields`, the larger of both | `OTEL_ATTRIBUTE_COUNT_LIMIT`, 128 |
//! | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` | `max_value_bytes`; bytes, not characters | `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, 4,096 (no limit) |
//! | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off`, `traceidratio`, and each with `parentbased_` | `parentbased_always_on` |
//! | `OTEL_TRACES_SAMPLER_ARG` | the share of `traceidratio`, 0 to 1 | 1 |
//! | `OTEL_PROPAGATORS` | the headers that carry contexts; after `install`, [`span::inject`](trace_core::span::inject), [`propagation::extract`](trace_core::propagation::extract) and the layers of `trace-http` use them, unless another [propagator](trace_core::TracerBuilder::propagator) is set | `tracecontext,baggage` |
//! | `OTEL_LOG_LEVEL` | which lines of [`diagnostics`](trace_core::diagnostics) are printed; `debug`: also the settings that were read here | `error`, in debug builds `warn` |
//! | `OTEL_CONFIG_FILE`, `OTEL_ENTITIES` | not read, with a warning | |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | the [proxy](crate::OtlpCollectorBuilder::proxy) over HTTP, as other clients use it; also in lower case, which wins; not for this machine, and not with `grpc` | no proxy |
//!
//! Each variable `OTEL_EXPORTER_OTLP_X` has a variant `OTEL_EXPORTER_OTLP_TRACES_X`, which
//! wins. An empty value counts as not set. Upper and lower case do not matter in values such
//! as `gzip` and `true`.
//!
//! # Mistakes
//!
//! Only two mistakes are errors: a file that cannot be read, and an endpoint that is not a
//! URL, or that is `https` without the feature `tls`. A value that is invalid or unknown, or
//! needs a feature that is not built in, counts as not set.
//! [`diagnostics`](trace_core::diagnostics) reports it once, in release builds too. No message
//! contains the value of a header, or the user, password or query of a URL.
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
/// The [module](self) has the table of all variables. [`diagnostics`](trace_core::diagnostics)
/// reports settings that are not followed.
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
/// If a file that a variable names cannot be read, or the endpoint is not a URL.
pub fn from_env(service_name: impl AsRef<str>) -> Result<TracerBuilder, EnvironmentError> {
    let settings = Settings::from_env(service_name);
    for warning in settings.warnings() {
        trace_core::__private::setting_ignored(&warning.to_string());
    }
    trace_core::__private::set_up(&settings.to_string());
    settings.into_builder()
}
