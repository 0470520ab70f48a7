//! Fields with a meaning of their own.
//!
//! The names are those that `tracing-opentelemetry` reads, so that programs which were written
//! for it need no change.

use trace_core::SpanKind;

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A tag of a span, or a field of a log.
    Value,
    /// The text of an event.
    Message,
    /// Another name of the span: `otel.name`.
    Name,
    /// Its kind: `otel.kind`.
    Kind,
    /// Its status: `otel.status_code`.
    StatusCode,
    /// The message of a status that is an error: `otel.status_description`.
    StatusDescription,
    /// An error, which makes the span fail.
    Error,
    /// The target of a record of `log`, which `tracing-log` adds.
    LogTarget,
    /// Where such a record came from.
    LogSource,
}

impl Role {
    /// Returns the role of a field of a span, or of an event.
    pub(crate) fn of(name: &str, is_event: bool) -> Self {
        match (name, is_event) {
            ("message", true) => Self::Message,
            ("otel.name", false) => Self::Name,
            ("otel.kind", false) => Self::Kind,
            ("otel.status_code", _) => Self::StatusCode,
            ("otel.status_description" | "otel.status_message", _) => Self::StatusDescription,
            ("error", _) => Self::Error,
            ("log.target", true) => Self::LogTarget,
            ("log.module_path" | "log.file" | "log.line", true) => Self::LogSource,
            _ => Self::Value,
        }
    }
}

/// Reads a kind, in any case of letters; `None` if it is no kind.
pub(crate) fn kind_of(text: &str) -> Option<SpanKind> {
    let kinds = [
        ("internal", SpanKind::Internal),
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
    ];
    let text = text.trim().trim_matches('"');
    let found = kinds
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, kind)| *kind)
}
