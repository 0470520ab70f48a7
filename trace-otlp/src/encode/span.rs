//! Writes spans with their logs, links and status.

use std::borrow::Cow;
use std::cell::Cell;

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::{Link, Log, Outcome, SpanView, StatusRef, TagRef, TraceState};

use super::forms::{Text, object};
use super::value::Attribute;
use crate::conventions::{self, key};

/// A `Span`.
pub(super) struct Span<'a> {
    pub(super) view: &'a SpanView<'a>,
    /// Whether tags name the scope; `ScopeSpans` then has them, and the span does not.
    pub(super) is_tagged: bool,
}

impl Span<'_> {
    fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        let is_written_elsewhere = |key: &str, value| {
            let is_scope = key == key::SCOPE_NAME || key == key::SCOPE_VERSION;
            self.is_tagged && is_scope && matches!(value, TagRef::Str(_))
        };
        let tags = self.view.tags();
        let tags = tags.filter(move |(key, value)| !is_written_elsewhere(key, *value));
        let facts = outcome_fact(self.view).into_iter();
        let facts = facts.chain(source_facts(self.view).into_iter().flatten());
        tags.chain(facts).map(|(key, value)| Attribute(key, value))
    }
}

/// Returns the attribute that shows the outcome, if status and tags do not.
fn outcome_fact<'a>(span: &SpanView<'a>) -> Option<(&'a str, TagRef<'a>)> {
    let outcome = span.outcome();
    let visible = conventions::visible_outcome(span.status(), span.tags());
    if visible == outcome {
        return None;
    }
    let has_tag = |wanted| span.tags().any(|(key, _)| key == wanted);
    Some(match (outcome, visible) {
        (Outcome::Cancelled, _) if !has_tag(key::CANCELLED) => (key::CANCELLED, TagRef::Bool(true)),
        (Outcome::Panicked, Outcome::Error) if !has_tag(key::ERROR_TYPE) => {
            (key::ERROR_TYPE, TagRef::Str(conventions::PANIC))
        }
        _ => (
            key::OUTCOME,
            TagRef::Str(conventions::outcome_name(outcome)),
        ),
    })
}

fn source_facts<'a>(span: &SpanView<'a>) -> Option<[(&'a str, TagRef<'a>); 2]> {
    let (file, line) = span.source()?;
    let is_tagged = span
        .tags()
        .any(|(key, _)| key == key::FILE || key == key::LINE);
    (!is_tagged).then_some([
        (key::FILE, TagRef::Str(file)),
        (key::LINE, TagRef::I64(line.into())),
    ])
}

impl Serialize for Span<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.view;
        object(serializer, |map| {
            map.serialize_entry("traceId", &Text(view.trace_id()))?;
            map.serialize_entry("spanId", &Text(view.span_id()))?;
            tracestate(map, view.tracestate())?;
            if let Some(parent) = view.parent_span_id() {
                map.serialize_entry("parentSpanId", &Text(parent))?;
            }
            let remote = u32::from(view.parent_is_remote()) * conventions::IS_REMOTE;
            let flags = u32::from(view.flags().as_byte()) | conventions::HAS_IS_REMOTE | remote;
            map.serialize_entry("flags", &flags)?;
            map.serialize_entry("name", view.operation_name())?;
            map.serialize_entry("kind", &view.kind().as_number())?;
            let (start, end) = (view.start().as_unix_nanos(), view.end().as_unix_nanos());
            map.serialize_entry("startTimeUnixNano", &Text(start))?;
            map.serialize_entry("endTimeUnixNano", &Text(end))?;
            let dropped = view.dropped();
            list(map, "attributes", self.attributes())?;
            count(map, "droppedAttributesCount", dropped.tags)?;
            list(map, "events", view.logs().map(Event))?;
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
