//! Writes the logs of spans as log records.

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::TagRef;

use super::forms::{List, Text, object};
use super::value::{Attribute, Value};
use crate::conventions::key;
use crate::encode::log_record::LogRecord;

/// Writes a record as an item of a list that may have others before it.
pub(in crate::encode) fn log_record(out: &mut Vec<u8>, record: &LogRecord<'_>) {
    out.push(b',');
    // Writing to memory does not fail.
    drop(serde_json::to_writer(out, record));
}

impl Serialize for LogRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| {
            map.serialize_entry("timeUnixNano", &Text(self.time))?;
            map.serialize_entry("observedTimeUnixNano", &Text(self.time))?;
            if self.severity != 0 {
                map.serialize_entry("severityNumber", &self.severity)?;
            }
            if !self.event_name.is_empty() {
                map.serialize_entry("eventName", self.event_name)?;
            }
            if !self.body.is_empty() {
                map.serialize_entry("body", &Value(TagRef::Str(self.body)))?;
            }
            if self.is_trimmed || !self.fields.is_empty() {
                let attributes = List(|| {
                    let fields = self.fields.iter().map(Attribute::from_tag);
                    fields.chain(
                        self.is_trimmed
                            .then_some(Attribute(key::TRIMMED, TagRef::Bool(true))),
                    )
                });
                map.serialize_entry("attributes", &attributes)?;
            }
            if self.dropped_fields != 0 {
                map.serialize_entry("droppedAttributesCount", &self.dropped_fields)?;
            }
            if self.flags != 0 {
                map.serialize_entry("flags", &self.flags)?;
            }
            map.serialize_entry("traceId", &Text(self.trace_id))?;
            map.serialize_entry("spanId", &Text(self.span_id))
        })
    }
}
