//! The messages of OTLP as they appear in the input.
//!
//! A span stays text at first, so that an unreadable span does not affect the others.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use trace_core::{SpanId, SpanKind, TraceId};

use super::enums::{Named, StatusCode};
use super::names::{ExactName, Name, Names, next, refuse_misspelled};
use super::scalar::{optional, or_default, required};
use super::value::KeyValue;

/// An `ExportTraceServiceRequest`, or a `TracesData`, which has the same form. Also has the
/// fields of objects that some programs write around it or instead of it.
#[derive(Default)]
pub(super) struct Document<'a> {
    pub(super) resource_spans: Option<Vec<ResourceSpans<'a>>>,
    /// The name of `resourceSpans` in Tempo's first API.
    pub(super) batches: Option<Vec<ResourceSpans<'a>>>,
    /// The fields of one `ResourceSpans`, which the Java SDK logs.
    pub(super) group: ResourceSpans<'a>,
    /// The object that Jaeger's third API writes around a request.
    pub(super) result: Option<&'a RawValue>,
    /// The object that Tempo's second API writes around a request.
    pub(super) trace: Option<&'a RawValue>,
    /// Whether the answer of Tempo's second API is complete, and its message if not.
    pub(super) status: Option<&'a RawValue>,
    pub(super) message: Option<&'a RawValue>,
}

impl Document<'_> {
    /// Returns whether there is a field that contains spans.
    pub(super) const fn has_spans(&self) -> bool {
        self.resource_spans.is_some()
            || self.batches.is_some()
            || self.group.has_scopes()
            || self.result.is_some()
            || self.trace.is_some()
    }
}

/// Spans of one resource. An object without fields is an empty group; an object with only
/// unknown fields is something else.
#[derive(Default)]
pub(super) struct ResourceSpans<'a> {
    pub(super) resource: Option<Resource>,
    pub(super) scope_spans: Option<Vec<ScopeSpans<'a>>>,
    /// The name of `scopeSpans` before opentelemetry-proto 0.15.
    pub(super) instrumentation_library_spans: Option<Vec<ScopeSpans<'a>>>,
}

impl<'a> ResourceSpans<'a> {
    pub(super) const fn has_scopes(&self) -> bool {
        self.scope_spans.is_some() || self.instrumentation_library_spans.is_some()
    }

    /// Reads the value of the field `name`. Skips an unknown field.
    fn read<A: MapAccess<'a>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "resource" => next(map, &mut self.resource, "resource"),
            "scopeSpans" => next(map, &mut self.scope_spans, "scopeSpans"),
            "instrumentationLibrarySpans" => {
                let slot = &mut self.instrumentation_library_spans;
                next(map, slot, "instrumentationLibrarySpans")
            }
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `attributes`")]
pub(super) struct Resource {
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
}

/// Spans of one scope. Unknown fields are treated as in [`ResourceSpans`].
#[derive(Default)]
pub(super) struct ScopeSpans<'a> {
    pub(super) scope: Option<Scope>,
    pub(super) spans: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `name` and `version`")]
pub(super) struct Scope {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) version: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceId` and `spanId`"
)]
pub(super) struct Span {
    #[serde(alias = "trace_id", deserialize_with = "required")]
    pub(super) trace_id: TraceId,
    #[serde(alias = "span_id", deserialize_with = "required")]
    pub(super) span_id: SpanId,
    #[serde(default, alias = "trace_state", deserialize_with = "or_default")]
    pub(super) trace_state: String,
    #[serde(
        default,
        alias = "parent_span_id",
        alias = "parentSpanID",
        deserialize_with = "optional"
    )]
    pub(super) parent_span_id: Option<SpanId>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) flags: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "optional")]
    pub(super) kind: Named<SpanKind>,
    #[serde(default, alias = "start_time_unix_nano", deserialize_with = "optional")]
    pub(super) start_time_unix_nano: u64,
    #[serde(default, alias = "end_time_unix_nano", deserialize_with = "optional")]
    pub(super) end_time_unix_nano: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
    #[serde(
        default,
        alias = "dropped_attributes_count",
        deserialize_with = "optional"
    )]
    pub(super) dropped_attributes_count: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) events: Vec<Event>,
    #[serde(default, alias = "dropped_events_count", deserialize_with = "optional")]
    pub(super) dropped_events_count: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) links: Vec<Link>,
    #[serde(default, alias = "dropped_links_count", deserialize_with = "optional")]
    pub(super) dropped_links_count: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object with `name`")]
pub(super) struct Event {
    #[serde(alias = "time_unix_nano", deserialize_with = "optional")]
    pub(super) time_unix_nano: u64,
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
}

/// A link. Some SDKs write a link without ids if their caller had none.
///
/// Source: OpenTelemetry specification, *Trace API*, *Link*.
#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `traceId` and `spanId`"
)]
pub(super) struct Link {
    #[serde(alias = "trace_id", deserialize_with = "optional")]
    pub(super) trace_id: Option<TraceId>,
    #[serde(alias = "span_id", deserialize_with = "optional")]
    pub(super) span_id: Option<SpanId>,
    #[serde(alias = "trace_state", deserialize_with = "or_default")]
    pub(super) trace_state: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
    #[serde(deserialize_with = "optional")]
    pub(super) flags: u32,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `code` and `message`")]
pub(super) struct Status {
    #[serde(deserialize_with = "or_default")]
    pub(super) message: String,
    #[serde(deserialize_with = "optional")]
    pub(super) code: Named<StatusCode>,
}

/// Most nested documents. Each level parses the text again.
pub(super) const MAX_DEPTH: usize = 3;

pub(super) const DOCUMENT: Names = Names(&[
    "resourceSpans",
    "batches",
    "scopeSpans",
    "instrumentationLibrarySpans",
    "resource",
    "result",
    "trace",
    "status",
    "message",
]);
pub(super) const GROUP: Names = Names(&[
    "scopeSpans",
    "resource",
    "instrumentationLibrarySpans",
    "schemaUrl",
]);
pub(super) const SCOPE: Names = Names(&["spans", "scope", "instrumentationLibrary", "schemaUrl"]);

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Reads a struct, because `deserialize_map` would refuse an array with an error. An
        // array is just not a document.
        deserializer.deserialize_struct("Document", &[], DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `resourceSpans`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut document = Document::default();
        let (mut result, mut trace, mut status, mut message) = (None, None, None, None);
        while let Some(name) = map.next_key_seed(ExactName(&DOCUMENT))? {
            match name {
                Some("resourceSpans") => {
                    next(&mut map, &mut document.resource_spans, "resourceSpans")?;
                }
                Some("batches") => next(&mut map, &mut document.batches, "batches")?,
                Some("result") => next(&mut map, &mut result, "result")?,
                Some("trace") => next(&mut map, &mut trace, "trace")?,
                Some("status") => next(&mut map, &mut status, "status")?,
                Some("message") => next(&mut map, &mut message, "message")?,
                name => document.group.read(name.unwrap_or_default(), &mut map)?,
            }
        }
        Ok(Document {
            result: result.flatten(),
            trace: trace.flatten(),
            status: status.flatten(),
            message: message.flatten(),
            ..document
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Document::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ResourceSpans<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GroupVisitor)
    }
}

struct GroupVisitor;

impl<'de> Visitor<'de> for GroupVisitor {
    type Value = ResourceSpans<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `scopeSpans`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut group = ResourceSpans::default();
        let mut has_others = false;
        while let Some(name) = map.next_key_seed(&GROUP)? {
            match name {
                Name::Field(name) => group.read(name, &mut map)?,
                Name::Misspelled(meant) => refuse_misspelled(&mut map, meant)?,
                Name::Other => {
                    has_others = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match has_others && !group.has_scopes() {
            true => Err(other("`resource` and `scopeSpans`")),
            false => Ok(group),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ScopeSpans<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ScopeVisitor)
    }
}

struct ScopeVisitor;

impl<'de> Visitor<'de> for ScopeVisitor {
    type Value = ScopeSpans<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `spans`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut scope = ScopeSpans::default();
        let mut has_others = false;
        while let Some(name) = map.next_key_seed(&SCOPE)? {
            match name {
                Name::Field("spans") => next(&mut map, &mut scope.spans, "spans")?,
                Name::Field("scope" | "instrumentationLibrary") => {
                    next(&mut map, &mut scope.scope, "scope")?;
                }
                Name::Misspelled(meant) => refuse_misspelled(&mut map, meant)?,
                Name::Field(_) => drop(map.next_value::<IgnoredAny>()?),
                Name::Other => {
                    has_others = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match has_others && scope.spans.is_none() {
            true => Err(other("`scope` and `spans`")),
            false => Ok(scope),
        }
    }
}

fn other<E: Error>(expected: &str) -> E {
    E::custom(format_args!(
        "invalid value: another object, expected one with {expected}"
    ))
}
