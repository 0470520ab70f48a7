//! Turns the messages into records, and checks the ids.

use std::sync::Arc;

use trace_core::{DroppedItems, Log, SpanId, SpanKind, Status, Tag, Timestamp, TraceId};

use super::messages::{self, Value};
use crate::decode::any_value::{AnyValue, unique};
use crate::decode::decoded::{DecodedRequest, MAX_PROBLEMS, ResourceSpans};
use crate::decode::error::{DecodeError, Position};
use crate::decode::record::{LinkParts, Scope, SpanParts, record, resource};

/// Turns a request into groups of records.
pub(super) fn convert(
    request: messages::Request,
    lenient: bool,
) -> Result<DecodedRequest, DecodeError> {
    let mut decoded = DecodedRequest::default();
    for (group_index, message) in request.resource_spans.into_iter().enumerate() {
        let attributes = message.resource.unwrap_or_default().attributes;
        let mut group = ResourceSpans::new(resource(tags(attributes)), Vec::new());
        for (scope_index, message) in message.scope_spans.into_iter().enumerate() {
            let scope = message.scope.unwrap_or_default();
            let ResourceSpans {
                resource,
                spans,
                reports,
            } = &mut group;
            let has_spans = !message.spans.is_empty();
            reports.read_scope(&tags(scope.attributes), has_spans);
            let scope = Scope {
                name: &scope.name,
                version: &scope.version,
            };
            spans.reserve(message.spans.len());
            for (index, span) in message.spans.into_iter().enumerate() {
                let parts = match parts(span, &mut decoded.unknown_enums) {
                    Ok(parts) => parts,
                    Err(fault) => {
                        let place = [group_index, scope_index, index];
                        let problem = fault.into_error(place);
                        if !lenient {
                            return Err(problem);
                        }
                        decoded.left_out += 1;
                        if decoded.problems.len() < MAX_PROBLEMS {
                            decoded.problems.push(problem);
                        }
                        continue;
                    }
                };
                let service = Arc::clone(&resource.service_name);
                let count = spans.len();
                spans.push(record(parts, service, &scope, reports, count));
            }
        }
        decoded.groups.push(group);
    }
    Ok(decoded)
}

/// A field of a span that cannot be read.
struct Fault {
    field: String,
    /// What was found.
    found: usize,
    expected: &'static str,
}

impl Fault {
    fn into_error(self, [group, scope, span]: [usize; 3]) -> DecodeError {
        let Self {
            field,
            found,
            expected,
        } = self;
        DecodeError {
            path: format!("resource_spans[{group}].scope_spans[{scope}].spans[{span}].{field}"),
            ..DecodeError::new(
                Position::default(),
                format!("has {found} bytes; expected {expected}"),
            )
        }
    }
}

fn parts(span: messages::Span, unknown_enums: &mut u64) -> Result<SpanParts, Fault> {
    let needed = |field: &str, found: &[u8], expected| Fault {
        field: field.to_owned(),
        found: found.len(),
        expected,
    };
    let trace_id = trace_id(&span.trace_id).ok().flatten();
    let trace_id =
        trace_id.ok_or_else(|| needed("trace_id", &span.trace_id, "16, not all zero"))?;
    let id = span_id(&span.span_id).ok().flatten();
    let id = id.ok_or_else(|| needed("span_id", &span.span_id, "8, not all zero"))?;
    let parent_span_id = span_id(&span.parent_span_id)
        .map_err(|()| needed("parent_span_id", &span.parent_span_id, "8 or none"))?;
    let links = span.links.into_iter().enumerate();
    let links: Result<_, _> = links.map(|(index, one)| link(index, one)).collect();
    let kind = kind(span.kind);
    let status = status(span.status.unwrap_or_default());
    *unknown_enums += u64::from(kind.is_none()) + u64::from(status.is_none());
    Ok(SpanParts {
        trace_id,
        span_id: id,
        parent_span_id,
        trace_state: span.trace_state,
        flags: span.flags,
        name: span.name,
        kind: kind.unwrap_or_default(),
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        tags: tags(span.attributes),
        logs: span.events.into_iter().map(log).collect(),
        links: links?,
        status: status.unwrap_or_default(),
        dropped: DroppedItems {
            tags: span.dropped_attributes_count,
            logs: span.dropped_events_count,
            links: span.dropped_links_count,
        },
    })
}

fn log(event: messages::Event) -> Log {
    Log {
        time: Timestamp::from_unix_nanos(event.time_unix_nano),
        message: event.name.into(),
        fields: tags(event.attributes),
    }
}

fn link(index: usize, link: messages::Link) -> Result<LinkParts, Fault> {
    let fault = |field: &str, found: &[u8], expected| Fault {
        field: format!("links[{index}].{field}"),
        found: found.len(),
        expected,
    };
    Ok(LinkParts {
        trace_id: trace_id(&link.trace_id)
            .map_err(|()| fault("trace_id", &link.trace_id, "16 or none"))?,
        span_id: span_id(&link.span_id)
            .map_err(|()| fault("span_id", &link.span_id, "8 or none"))?,
        trace_state: link.trace_state,
        flags: link.flags,
        tags: tags(link.attributes),
    })
}

/// Reads an id; `None` if it is empty or all zero.
fn trace_id(bytes: &[u8]) -> Result<Option<TraceId>, ()> {
    match bytes {
        [] => Ok(None),
        bytes => Ok(TraceId::from_bytes(bytes.try_into().map_err(drop)?)),
    }
}

fn span_id(bytes: &[u8]) -> Result<Option<SpanId>, ()> {
    match bytes {
        [] => Ok(None),
        bytes => Ok(SpanId::from_bytes(bytes.try_into().map_err(drop)?)),
    }
}

fn kind(number: i32) -> Option<SpanKind> {
    match u8::try_from(number).ok()? {
        0 => Some(SpanKind::default()),
        number => SpanKind::from_number(number),
    }
}

fn status(status: messages::Status) -> Option<Status> {
    match status.code {
        0 => Some(Status::Unset),
        1 => Some(Status::Ok),
        2 => Some(Status::Error(status.message.into())),
        _ => None,
    }
}

fn tags(attributes: Vec<messages::KeyValue>) -> Vec<Tag> {
    let pairs = attributes.into_iter();
    unique(pairs.map(|pair| (pair.key, any(pair.value).into_tag_value())))
}

fn any(value: Option<messages::AnyValue>) -> AnyValue {
    match value.and_then(|value| value.value) {
        None => AnyValue::Empty,
        Some(Value::Bool(value)) => AnyValue::Bool(value),
        Some(Value::Int(value)) => AnyValue::Integer(value),
        Some(Value::Double(value)) => AnyValue::Double(value),
        Some(Value::String(value)) => AnyValue::String(value),
        Some(Value::Bytes(value)) => AnyValue::String(base64(&value)),
        Some(Value::Array(array)) => {
            let values = array.values.into_iter();
            AnyValue::Array(values.map(|value| any(Some(value))).collect())
        }
        Some(Value::List(list)) => {
            let pairs = list.values.into_iter();
            AnyValue::List(pairs.map(|pair| (pair.key, any(pair.value))).collect())
        }
    }
}

/// Returns bytes as base64, as in JSON.
///
/// Source: RFC 4648, *Base 64 Encoding*.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let place = usize::try_from(bits >> (18 - 6 * index) & 63);
            let digit = place.ok().and_then(|place| DIGITS.get(place));
            let is_padding = index > chunk.len();
            text.push(if is_padding {
                '='
            } else {
                char::from(digit.copied().unwrap_or(b'A'))
            });
        }
    }
    text
}
