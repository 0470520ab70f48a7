//! The names on the wire of our facts that OTLP has no field for.

pub(crate) use trace_core::conventions::{PANIC, UNKNOWN_SERVICE};
use trace_core::{Outcome, StatusRef, TagRef};

/// Name of the scope of spans that do not name one.
pub(crate) const SCOPE_NAME: &str = "trace-core";
pub(crate) const SCOPE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Keys of the resource: what describes the service, its process and its machine.
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
}

/// Bits of a span's `flags` above the eight of the `traceparent`.
///
/// Source: opentelemetry-proto, *SpanFlags*.
pub(crate) const HAS_IS_REMOTE: u32 = 0x100;
pub(crate) const IS_REMOTE: u32 = 0x200;

/// Returns the outcome that status and tags show.
pub(crate) fn visible_outcome<'a>(
    status: StatusRef<'_>,
    tags: impl IntoIterator<Item = (&'a str, TagRef<'a>)>,
) -> Outcome {
    let failed = matches!(status, StatusRef::Error(_));
    let mut outcome = if failed { Outcome::Error } else { Outcome::Ok };
    for (key, value) in tags {
        match (key, value) {
            (key::CANCELLED, TagRef::Bool(true)) => return Outcome::Cancelled,
            (key::ERROR_TYPE, TagRef::Str(PANIC)) if failed => outcome = Outcome::Panicked,
            _ => {}
        }
    }
    outcome
}

/// Returns the value of `trace_core.outcome`.
pub(crate) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Error => "error",
        Outcome::Panicked => "panicked",
        Outcome::Cancelled => "cancelled",
    }
}

/// Reads the value of `trace_core.outcome`.
pub(crate) fn outcome_from_name(name: &str) -> Option<Outcome> {
    [
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ]
    .into_iter()
    .find(|outcome| outcome_name(*outcome) == name)
}
