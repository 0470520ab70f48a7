//! The names on the wire of our facts that OTLP has no field for.

pub(crate) use trace_core::conventions::{PANIC, UNKNOWN_SERVICE};
use trace_core::{Outcome, StatusRef, TagRef};

/// Name of the scope of spans that do not name one.
pub(crate) const SCOPE_NAME: &str = "trace-core";
pub(crate) const SCOPE_VERSION: &str = env!("CARGO_PKG_VERSION");

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
