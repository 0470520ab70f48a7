//! The names on the wire, in one table.
//!
//! Names of OpenTelemetry come from its semantic conventions, version 1.44, through
//! [`trace_core::conventions`]. Those that begin with `trace_core.` are ours: `facts.rs`
//! explains them.

pub(crate) use trace_core::conventions::PANIC;
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub(crate) use trace_core::conventions::UNKNOWN_SERVICE;

/// URL of the schema that describes the version of the conventions.
///
/// Source: OpenTelemetry specification, *Telemetry Schemas*.
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// Name of the scope of spans that do not name one.
pub(crate) const SCOPE_NAME: &str = "trace-core";
pub(crate) const SCOPE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Keys of resource attributes, which describe the service, its process and its machine.
///
/// Source: OpenTelemetry's semantic conventions 1.44, *Resource*.
pub(crate) mod resource_key {
    pub(crate) const CONTAINER_ID: &str = "container.id";
    pub(crate) const HOST_ARCH: &str = "host.arch";
    pub(crate) const HOST_ID: &str = "host.id";
    pub(crate) const HOST_NAME: &str = "host.name";
    pub(crate) const K8S_CONTAINER_NAME: &str = "k8s.container.name";
    pub(crate) const K8S_NAMESPACE_NAME: &str = "k8s.namespace.name";
    pub(crate) const K8S_NODE_NAME: &str = "k8s.node.name";
    pub(crate) const K8S_POD_NAME: &str = "k8s.pod.name";
    pub(crate) const K8S_POD_UID: &str = "k8s.pod.uid";
    pub(crate) const OS_TYPE: &str = "os.type";
    pub(crate) const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";
    pub(crate) const PROCESS_EXECUTABLE_PATH: &str = "process.executable.path";
    pub(crate) const PROCESS_OWNER: &str = "process.owner";
    pub(crate) const PROCESS_PID: &str = "process.pid";
    pub(crate) const PROCESS_RUNTIME_NAME: &str = "process.runtime.name";
    pub(crate) const PROCESS_RUNTIME_VERSION: &str = "process.runtime.version";
    pub(crate) const SERVICE_INSTANCE_ID: &str = "service.instance.id";
    pub(crate) const TELEMETRY_SDK_LANGUAGE: &str = "telemetry.sdk.language";
    pub(crate) const TELEMETRY_SDK_NAME: &str = "telemetry.sdk.name";
    pub(crate) const TELEMETRY_SDK_VERSION: &str = "telemetry.sdk.version";
}

/// Keys of attributes.
pub(crate) mod key {
    pub(crate) use trace_core::conventions::{
        CANCELLED, CODE_FILE_PATH as FILE, CODE_LINE_NUMBER as LINE, ERROR_TYPE,
        OTEL_SCOPE_NAME as SCOPE_NAME, OTEL_SCOPE_VERSION as SCOPE_VERSION, SERVICE_NAME,
    };

    /// How the body ended, if status and other tags do not show it.
    pub(crate) const OUTCOME: &str = "trace_core.outcome";
    /// On a span: true if its context was put into the headers of a request.
    pub(crate) const CONTEXT_SENT: &str = "trace_core.context_sent";
    /// On the last span of a trace in a batch: how many parts of the trace have ended.
    pub(crate) const ENDED_PARTS: &str = "trace_core.ended_parts";
    /// On a scope: traces of which a part has ended, and whose spans were sent in earlier
    /// batches.
    pub(crate) const ENDED_TRACES: &str = "trace_core.ended_traces";
    /// How many spans of a trace were lost, and why. On a span, this is about its trace; on a
    /// scope, about several traces.
    pub(crate) const LOST_SPANS: &str = "trace_core.lost_spans";
    /// On a scope: true if the source reports when parts of traces end.
    pub(crate) const REPORTS_ENDS: &str = "trace_core.reports_ends";
    /// On a span: true if it was too large and parts of it were left out.
    pub(crate) const TRIMMED: &str = "trace_core.trimmed";
}

/// Keys of the attributes of metrics.
///
/// Source: semantic conventions 1.44, *OpenTelemetry SDK metrics*.
#[cfg(any(feature = "grpc", feature = "http"))]
pub(crate) mod metric_key {
    pub(crate) const COMPONENT_NAME: &str = "otel.component.name";
    pub(crate) const COMPONENT_TYPE: &str = "otel.component.type";
    pub(crate) const SAMPLING_RESULT: &str = "otel.span.sampling_result";
}

/// Bits of a span's `flags` above the eight of the `traceparent`.
///
/// Source: opentelemetry-proto, *SpanFlags*.
pub(crate) const HAS_IS_REMOTE: u32 = 0x100;
pub(crate) const IS_REMOTE: u32 = 0x200;
