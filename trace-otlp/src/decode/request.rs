//! Turns the messages of one request into records.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use trace_core::{
    DroppedItems, Link, Log, Outcome, Resource, Source, SpanRecord, Status, Tag, TagValue,
    Timestamp, TraceFlags, TraceState,
};

use super::error::{DecodeError, Position};
use super::frames::Frame;
use super::scalar::StatusCode;
use super::value::tags;
use super::{DecodedRequest, MAX_PROBLEMS, ResourceSpans, wire};
use crate::facts::{self, key};

/// Reads the request that `frame` holds.
pub(super) fn decode(frame: &Frame<'_>, lenient: bool) -> Result<DecodedRequest, DecodeError> {
    let request: wire::Request<'_> = match serde_json::from_slice(frame.bytes) {
        Ok(request) => request,
        Err(error) => {
            return Err(explain::<wire::Request<'_>>(
                frame.bytes,
                &error,
                frame.start,
                "",
            ));
        }
    };
    let mut reader = Reader {
        frame,
        lenient,
        line_ends: None,
        left_out: 0,
        problems: Vec::new(),
    };
    let mut groups = Vec::with_capacity(request.resource_spans.len());
    for (index, message) in request.resource_spans.into_iter().enumerate() {
        groups.push(reader.group(index, message)?);
    }
    Ok(DecodedRequest {
        groups,
        left_out: reader.left_out,
        problems: reader.problems,
    })
}

/// Makes the error that parsing `text` as a `T` gave, with the path to the field:
/// following the path costs, so that it is only done when it is needed.
fn explain<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    error: &serde_json::Error,
    start: Position,
    outer: &str,
) -> DecodeError {
    let mut json = serde_json::Deserializer::from_slice(text);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(tracked) => DecodeError::of_json(tracked.inner(), start, outer, Some(tracked.path())),
        Ok(_) => DecodeError::of_json(error, start, outer, None),
    }
}

struct Reader<'a> {
    frame: &'a Frame<'a>,
    lenient: bool,
    /// Where the frame's lines end, once that was asked for.
    line_ends: Option<Vec<usize>>,
    left_out: u64,
    problems: Vec<DecodeError>,
}

impl Reader<'_> {
    fn group(
        &mut self,
        index: usize,
        message: wire::ResourceSpans<'_>,
    ) -> Result<ResourceSpans, DecodeError> {
        let mut group = ResourceSpans {
            resource: resource(message.resource),
            spans: Vec::new(),
        };
        for (scope_index, scope) in message.scope_spans.into_iter().enumerate() {
            let path = format!("resourceSpans[{index}].scopeSpans[{scope_index}]");
            self.scope(&path, &scope, &mut group)?;
        }
        let scopes = message.instrumentation_library_spans;
        for (scope_index, scope) in scopes.into_iter().enumerate() {
            let path = format!("resourceSpans[{index}].instrumentationLibrarySpans[{scope_index}]");
            self.scope(&path, &scope, &mut group)?;
        }
        Ok(group)
    }

    fn scope(
        &mut self,
        path: &str,
        message: &wire::ScopeSpans<'_>,
        group: &mut ResourceSpans,
    ) -> Result<(), DecodeError> {
        group.spans.reserve(message.spans.len());
        for (index, text) in message.spans.iter().enumerate() {
            match serde_json::from_str(text.get()) {
                Ok(span) => {
                    let service = Arc::clone(&group.resource.service_name);
                    group.spans.push(record(span, service, &message.scope));
                }
                Err(error) => {
                    self.left_out += 1;
                    if self.problems.len() < MAX_PROBLEMS {
                        let at = self.position_of(text);
                        let path = format!("{path}.spans[{index}]");
                        let text = text.get().as_bytes();
                        let problem = explain::<wire::Span>(text, &error, at, &path);
                        if !self.lenient {
                            return Err(problem);
                        }
                        self.problems.push(problem);
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns where in the input a text begins that lies in the frame.
    fn position_of(&mut self, text: &RawValue) -> Position {
        let bytes = self.frame.bytes;
        let offset = (text.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
        let line_ends = self.line_ends.get_or_insert_with(|| {
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(index, _)| index).collect()
        });
        let lines = line_ends.partition_point(|end| *end < offset);
        let last = lines.checked_sub(1).and_then(|last| line_ends.get(last));
        let column = last.map_or(offset + 1, |end| offset - end);
        self.frame.start.plus(lines + 1, column)
    }
}

fn resource(message: wire::Resource) -> Resource {
    let mut tags = tags(message.attributes);
    let is_name = |tag: &Tag| tag.key == key::SERVICE_NAME;
    let name = tags.iter().find(|tag| is_name(tag));
    let service_name = name.map_or_else(
        || Arc::from(facts::UNKNOWN_SERVICE),
        |tag| Arc::from(tag.value.to_string()),
    );
    tags.retain(|tag| !is_name(tag));
    Resource { service_name, tags }
}

fn record(span: wire::Span, service_name: Arc<str>, scope: &wire::Scope) -> SpanRecord {
    let status = match span.status.code {
        StatusCode::Unset => Status::Unset,
        StatusCode::Ok => Status::Ok,
        StatusCode::Error => Status::Error(span.status.message.into()),
    };
    let mut tags = tags(span.attributes);
    let outcome = take_outcome(&mut tags, &status);
    let source = take_source(&mut tags);
    add_scope(&mut tags, scope);
    SpanRecord {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        context_sent: false,
        parent_is_remote: span.flags & facts::IS_REMOTE != 0,
        flags: match span.flags {
            // Written by a client that does not know the field, or by none that
            // would have sent the span had it not been sampled.
            0 => TraceFlags::SAMPLED,
            flags => TraceFlags::from_byte(low_byte(flags)),
        },
        tracestate: tracestate(&span.trace_state),
        operation_name: span.name.into(),
        service_name,
        kind: span.kind,
        start: Timestamp::from_unix_nanos(span.start_time_unix_nano),
        end: Timestamp::from_unix_nanos(span.end_time_unix_nano),
        tags,
        logs: span.events.into_iter().map(log).collect(),
        links: span.links.into_iter().map(link).collect(),
        status,
        outcome,
        source,
        dropped: DroppedItems {
            tags: span.dropped_attributes_count,
            logs: span.dropped_events_count,
            links: span.dropped_links_count,
        },
    }
}

fn log(event: wire::Event) -> Log {
    Log {
        time: Timestamp::from_unix_nanos(event.time_unix_nano),
        message: event.name.into(),
        fields: tags(event.attributes),
    }
}

fn link(link: wire::Link) -> Link {
    Link {
        trace_id: link.trace_id,
        span_id: link.span_id,
        flags: TraceFlags::from_byte(low_byte(link.flags)),
        tracestate: tracestate(&link.trace_state),
        tags: tags(link.attributes),
    }
}

/// Source: W3C Trace Context, *tracestate Header Field Values*: what cannot be
/// read is dropped alone.
fn tracestate(text: &str) -> TraceState {
    text.parse().unwrap_or_default()
}

const fn low_byte(flags: u32) -> u8 {
    let [byte, ..] = flags.to_le_bytes();
    byte
}

/// Returns the outcome that is said, and else the one that is seen.
fn take_outcome(tags: &mut Vec<Tag>, status: &Status) -> Outcome {
    let place = tags.iter().position(|tag| tag.key == key::OUTCOME);
    let said = place.and_then(|place| {
        let name = tags.get(place)?.value.as_str()?;
        let outcome = facts::outcome_from_name(name)?;
        tags.remove(place);
        Some(outcome)
    });
    let views = || {
        tags.iter()
            .map(|tag| (tag.key.as_ref(), tag.value.as_ref()))
    };
    said.unwrap_or_else(|| facts::visible_outcome(status.as_ref(), views()))
}

/// Returns file and line if both are there.
fn take_source(tags: &mut Vec<Tag>) -> Option<Source> {
    let value = |wanted| {
        let tag = tags.iter().find(|tag| tag.key == wanted)?;
        Some(&tag.value)
    };
    let Some(TagValue::String(file)) = value(key::FILE) else {
        return None;
    };
    let source = Source {
        file: file.clone(),
        line: value(key::LINE)?.as_i64()?.try_into().ok()?,
    };
    tags.retain(|tag| tag.key != key::FILE && tag.key != key::LINE);
    Some(source)
}

fn add_scope(tags: &mut Vec<Tag>, scope: &wire::Scope) {
    if scope.name.is_empty() || scope.name == facts::SCOPE_NAME {
        return;
    }
    tags.push(Tag::new(key::SCOPE_NAME, scope.name.clone()));
    if !scope.version.is_empty() {
        tags.push(Tag::new(key::SCOPE_VERSION, scope.version.clone()));
    }
}
