//! The messages as the input has them.
//!
//! A span stays text at first, so that one unreadable span can be left out alone.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use trace_core::{SpanId, SpanKind, TraceId};

use super::enums::{Named, StatusCode};
use super::names::{Name, Names, next, refuse_misspelled};
use super::scalar::{optional, or_default, present, required};
use super::value::KeyValue;

/// An `ExportTraceServiceRequest`, or a `TracesData`, which is the same; and what some
/// programs put around it, or write instead.
#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `resourceSpans`"
)]
pub(super) struct Document<'a> {
    #[serde(borrow, alias = "resource_spans", deserialize_with = "present")]
    pub(super) resource_spans: Option<Vec<ResourceSpans<'a>>>,
    /// What `resourceSpans` is called by Tempo's first API.
    #[serde(borrow, deserialize_with = "present")]
    pub(super) batches: Option<Vec<ResourceSpans<'a>>>,
    /// The fields of one `ResourceSpans`, which the Java SDK logs.
    #[serde(deserialize_with = "present")]
    pub(super) resource: Option<Resource>,
    #[serde(borrow, alias = "scope_spans", deserialize_with = "present")]
    pub(super) scope_spans: Option<Vec<ScopeSpans<'a>>>,
    #[serde(
        borrow,
        alias = "instrumentation_library_spans",
        deserialize_with = "present"
    )]
    pub(super) instrumentation_library_spans: Option<Vec<ScopeSpans<'a>>>,
    /// What Jaeger's third API puts around a request.
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    /// What Tempo's second API puts around a request.
    #[serde(borrow)]
    pub(super) trace: Option<&'a RawValue>,
    /// Whether Tempo's second API has all, and what it says if not.
    #[serde(borrow)]
    pub(super) status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
}

impl Document<'_> {
    /// Whether there is anything that spans are in.
    pub(super) const fn has_spans(&self) -> bool {
        self.resource_spans.is_some()
            || self.batches.is_some()
            || self.scope_spans.is_some()
            || self.instrumentation_library_spans.is_some()
            || self.result.is_some()
            || self.trace.is_some()
    }
}

/// Spans of one resource. Without any field it is an empty one; with other fields alone
/// it is something else.
#[derive(Default)]
pub(super) struct ResourceSpans<'a> {
    pub(super) resource: Option<Resource>,
    pub(super) scope_spans: Option<Vec<ScopeSpans<'a>>>,
    /// What `scopeSpans` was called before opentelemetry-proto 0.15.
    pub(super) instrumentation_library_spans: Option<Vec<ScopeSpans<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `attributes`")]
pub(super) struct Resource {
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
}

/// Spans of one scope; as to other fields, see [`ResourceSpans`].
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

/// A link; one without ids is written by SDKs that were given none.
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

/// Documents within each other: each is looked through once more.
pub(super) const MAX_DEPTH: usize = 3;

/// Fields of a document that groups and scopes are in.
pub(super) const DOCUMENT: Names = Names(&[
    "resourceSpans",
    "batches",
    "scopeSpans",
    "instrumentationLibrarySpans",
]);
pub(super) const GROUP: Names = Names(&[
    "scopeSpans",
    "resource",
    "instrumentationLibrarySpans",
    "schemaUrl",
]);
pub(super) const SCOPE: Names = Names(&["spans", "scope", "instrumentationLibrary", "schemaUrl"]);

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
                Name::Field("resource") => next(&mut map, &mut group.resource, "resource")?,
                Name::Field("scopeSpans") => next(&mut map, &mut group.scope_spans, "scopeSpans")?,
                Name::Field("instrumentationLibrarySpans") => {
                    let slot = &mut group.instrumentation_library_spans;
                    next(&mut map, slot, "instrumentationLibrarySpans")?;
                }
                Name::Misspelled(meant) => refuse_misspelled(&mut map, meant)?,
                Name::Field(_) => drop(map.next_value::<IgnoredAny>()?),
                Name::Other => {
                    has_others = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let has_scopes =
            group.scope_spans.is_some() || group.instrumentation_library_spans.is_some();
        match has_others && !has_scopes {
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
