//! Writes spans with their logs, links and status.

use std::borrow::Cow;
use std::cell::Cell;

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::{Link, Log, SpanView, StatusRef, TraceState};

use super::forms::{Text, object};
use super::value::Attribute;
use crate::encode::log_placement::LogPlacement;
use crate::facts::{self, Said};

/// A `Span`.
pub(super) struct Span<'a> {
    pub(super) view: SpanView<'a>,
    /// Whether tags name the scope; `ScopeSpans` then has them, and the span does not.
    pub(super) scope_is_tagged: bool,
    pub(super) said: Said<'a>,
    pub(super) logs: LogPlacement,
}

/// Writes a span as an item of a list that may have others before it.
pub(in crate::encode) fn span(
    out: &mut Vec<u8>,
    view: &SpanView<'_>,
    scope_is_tagged: bool,
    said: Said<'_>,
    logs: LogPlacement,
) {
    out.push(b',');
    let span = Span {
        view: *view,
        scope_is_tagged,
        said,
        logs,
    };
    // Writing to memory does not fail.
    drop(serde_json::to_writer(out, &span));
}

impl Serialize for Span<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = &self.view;
        object(serializer, |map| {
            map.serialize_entry("traceId", &Text(view.trace_id()))?;
            map.serialize_entry("spanId", &Text(view.span_id()))?;
            tracestate(map, view.tracestate())?;
            if let Some(parent) = view.parent_span_id() {
                map.serialize_entry("parentSpanId", &Text(parent))?;
            }
            map.serialize_entry(
                "flags",
                &facts::flags(view.flags(), view.parent_is_remote()),
            )?;
            map.serialize_entry("name", view.operation_name())?;
            map.serialize_entry("kind", &view.kind().as_number())?;
            let (start, end) = facts::times(view);
            map.serialize_entry("startTimeUnixNano", &Text(start))?;
            map.serialize_entry("endTimeUnixNano", &Text(end))?;
            let dropped = view.dropped();
            let events = view.logs().filter(|log| self.logs.is_event(log)).map(Event);
            let attributes = facts::attributes(view, self.scope_is_tagged, self.said);
            let attributes = attributes.map(|(key, value)| Attribute(key, value));
            list(map, "attributes", attributes)?;
            count(map, "droppedAttributesCount", dropped.tags)?;
            list(map, "events", events)?;
            count(map, "droppedEventsCount", dropped.logs)?;
            list(map, "links", view.links().map(SpanLink))?;
            count(map, "droppedLinksCount", dropped.links)?;
            match view.status() {
                StatusRef::Unset => Ok(()),
                status => map.serialize_entry("status", &SpanStatus(status)),
            }
        })
    }
}

/// A `Span.Event`.
struct Event<'a>(Cow<'a, Log>);

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Log {
            time,
            message,
            fields,
        } = &*self.0;
        object(serializer, |map| {
            map.serialize_entry("timeUnixNano", &Text(time.as_unix_nanos()))?;
            map.serialize_entry("name", message)?;
            list(map, "attributes", fields.iter().map(Attribute::from_tag))
        })
    }
}

/// A `Span.Link`.
struct SpanLink<'a>(Cow<'a, Link>);

impl Serialize for SpanLink<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let link = &*self.0;
        object(serializer, |map| {
            map.serialize_entry("traceId", &Text(link.trace_id))?;
            map.serialize_entry("spanId", &Text(link.span_id))?;
            tracestate(map, &link.tracestate)?;
            list(map, "attributes", link.tags.iter().map(Attribute::from_tag))?;
            count(map, "flags", link.flags.as_byte().into())
        })
    }
}

/// A `Status`.
struct SpanStatus<'a>(StatusRef<'a>);

impl Serialize for SpanStatus<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| match self.0 {
            StatusRef::Unset => map.serialize_entry("code", &0),
            StatusRef::Ok => map.serialize_entry("code", &1),
            StatusRef::Error(message) => {
                if !message.is_empty() {
                    map.serialize_entry("message", message)?;
                }
                map.serialize_entry("code", &2)
            }
        })
    }
}

fn tracestate<M: SerializeMap>(map: &mut M, state: &TraceState) -> Result<(), M::Error> {
    match state.as_str() {
        "" => Ok(()),
        text => map.serialize_entry("traceState", text),
    }
}

/// Writes an array unless it is empty.
fn list<M: SerializeMap, I>(map: &mut M, key: &'static str, items: I) -> Result<(), M::Error>
where
    I: Iterator<Item: Serialize>,
{
    let mut items = items.peekable();
    match items.peek() {
        Some(_) => map.serialize_entry(key, &Items(Cell::new(Some(items)))),
        None => Ok(()),
    }
}

/// An array of the remaining items of an iterator; can be written once.
///
/// Logs and links of a recorded span are read from its stream, which should happen once.
struct Items<I>(Cell<Option<I>>);

impl<I: Iterator<Item: Serialize>> Serialize for Items<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

/// Writes a number unless it is zero.
fn count<M: SerializeMap>(map: &mut M, key: &'static str, number: u32) -> Result<(), M::Error> {
    match number {
        0 => Ok(()),
        number => map.serialize_entry(key, &number),
    }
}
