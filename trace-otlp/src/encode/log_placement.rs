//! Where the logs of a span are written: in the span, as log records, or both.

use trace_core::Log;
use trace_core::conventions::EXCEPTION;

/// How the logs of spans are sent.
///
/// OTLP has two places for them. Viewers of traces read span events. The specification is
/// moving to log records.
///
/// Source: OpenTelemetry, OTEP 4430, *Span Event API deprecation plan*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Logs {
    /// As events in their span.
    #[default]
    SpanEvents,
    /// As log records with the ids of their trace and span, in separate requests.
    LogRecords,
    /// Both.
    Both,
}

/// How each kind of log is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogPlacement {
    /// Logs that record an error.
    pub(crate) exceptions: Logs,
    /// All other logs.
    pub(crate) others: Logs,
}

impl LogPlacement {
    /// Returns whether a log is an event of its span.
    pub(super) fn is_event(self, log: &Log) -> bool {
        self.of(log) != Logs::LogRecords
    }

    /// Returns whether a log is a record.
    pub(super) fn is_record(self, log: &Log) -> bool {
        self.of(log) != Logs::SpanEvents
    }

    /// Returns whether any log may be a record.
    pub(crate) fn has_records(self) -> bool {
        [self.exceptions, self.others] != [Logs::SpanEvents; 2]
    }

    fn of(self, log: &Log) -> Logs {
        match &*log.message {
            EXCEPTION => self.exceptions,
            _ => self.others,
        }
    }
}
