//! Writes the logs of spans as log records.

use trace_core::TagRef;

use super::field::{bytes, count, fixed64, message, text};
use super::value::{attribute, string, tag};
use crate::conventions;
use crate::encode::log_record::LogRecord;

/// The `log_records` of a `ScopeLogs`.
const LOG_RECORDS: u8 = 0x12;

/// Fields of a `LogRecord`.
mod key {
    pub(super) const TIME: u8 = 0x09;
    pub(super) const SEVERITY: u8 = 0x10;
    pub(super) const BODY: u8 = 0x2a;
    pub(super) const ATTRIBUTES: u8 = 0x32;
    pub(super) const DROPPED_ATTRIBUTES: u8 = 0x38;
    pub(super) const FLAGS: u8 = 0x45;
    pub(super) const TRACE_ID: u8 = 0x4a;
    pub(super) const SPAN_ID: u8 = 0x52;
    pub(super) const OBSERVED_TIME: u8 = 0x59;
    pub(super) const EVENT_NAME: u8 = 0x62;
}

/// Writes a record as an item of a `ScopeLogs`.
pub(in crate::encode) fn log_record(out: &mut Vec<u8>, record: &LogRecord<'_>) {
    message(out, LOG_RECORDS, |out| fields(out, record));
}

fn fields(out: &mut Vec<u8>, record: &LogRecord<'_>) {
    fixed64(out, key::TIME, record.time);
    count(out, key::SEVERITY, record.severity.into());
    if !record.body.is_empty() {
        message(out, key::BODY, |out| string(out, record.body));
    }
    for field in record.fields {
        tag(out, key::ATTRIBUTES, field);
    }
    if record.is_trimmed {
        let name = conventions::key::TRIMMED;
        attribute(out, key::ATTRIBUTES, name, TagRef::Bool(true));
    }
    count(out, key::DROPPED_ATTRIBUTES, record.dropped_fields);
    let flags = u32::from(record.flags);
    if flags != 0 {
        out.push(key::FLAGS);
        out.extend_from_slice(&flags.to_le_bytes());
    }
    bytes(out, key::TRACE_ID, &record.trace_id.to_bytes());
    bytes(out, key::SPAN_ID, &record.span_id.to_bytes());
    fixed64(out, key::OBSERVED_TIME, record.time);
    text(out, key::EVENT_NAME, record.event_name);
}
