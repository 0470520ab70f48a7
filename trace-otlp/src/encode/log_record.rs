//! The content of a log record, for both formats.
//!
//! Source: OpenTelemetry specification, *Logs Data Model*; semantic conventions 1.44,
//! *Exceptions in logs*.

use trace_core::conventions::{EXCEPTION, EXCEPTION_MESSAGE};
use trace_core::{Log, SpanId, SpanView, Tag, TagValue, TraceId};

/// The severity *ERROR*.
const ERROR: u8 = 17;

/// A log of a span, as it is written.
pub(super) struct LogRecord<'a> {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    /// The flags of the trace.
    pub(super) flags: u8,
    /// In nanoseconds since 1970. It is also the observed time.
    pub(super) time: u64,
    /// Zero if unknown. Only errors have a severity.
    pub(super) severity: u8,
    /// Names the kind of an event; empty if the log is not an event.
    pub(super) event_name: &'a str,
    /// Left out if it is empty.
    pub(super) body: &'a str,
    pub(super) fields: &'a [Tag],
    /// How many fields were left out because the record is too large.
    pub(super) dropped_fields: u32,
    /// Whether parts of it were left out.
    pub(super) is_trimmed: bool,
}

impl<'a> LogRecord<'a> {
    pub(super) fn new(span: &SpanView<'_>, log: &'a Log) -> Self {
        let is_exception = log.message == EXCEPTION;
        Self {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            flags: span.flags().as_byte(),
            time: log.time.as_unix_nanos(),
            severity: if is_exception { ERROR } else { 0 },
            event_name: if is_exception { EXCEPTION } else { "" },
            // The event name identifies the exception, so the body is its message, for people
            // to read.
            body: match is_exception {
                true => text_of(&log.fields, EXCEPTION_MESSAGE),
                false => &log.message,
            },
            fields: &log.fields,
            dropped_fields: 0,
            is_trimmed: false,
        }
    }
}

fn text_of<'a>(fields: &'a [Tag], key: &str) -> &'a str {
    let field = fields.iter().find(|field| field.key == key);
    match field.map(|field| &field.value) {
        Some(TagValue::String(text)) => text,
        _ => "",
    }
}
