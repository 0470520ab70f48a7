//! The messages as they lie in the input.
//!
//! Spans stay text at first, so that one that cannot be read can be left out
//! alone.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use trace_core::{SpanId, SpanKind, TraceId};

use super::enums::{Named, StatusCode};
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
}

impl ResourceSpans<'_> {
    /// Whether it is one, and not another object, such as a batch of Jaeger's.
    pub(super) const fn is_one(&self) -> bool {
        let has_scopes = self.scope_spans.is_some() || self.instrumentation_library_spans.is_some();
        has_scopes || (self.resource.is_some() && self.spans.is_none())
    }
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

#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `scopeSpans`"
)]
pub(super) struct ResourceSpans<'a> {
    #[serde(deserialize_with = "present")]
    pub(super) resource: Option<Resource>,
    #[serde(borrow, alias = "scope_spans", deserialize_with = "present")]
    pub(super) scope_spans: Option<Vec<ScopeSpans<'a>>>,
    /// What `scopeSpans` was called before opentelemetry-proto 0.15.
    #[serde(
        borrow,
        alias = "instrumentation_library_spans",
        deserialize_with = "present"
    )]
    pub(super) instrumentation_library_spans: Option<Vec<ScopeSpans<'a>>>,
    /// Not a field of it, but of what may be taken for it.
    pub(super) spans: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object with `attributes`")]
pub(super) struct Resource {
    #[serde(deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with `spans`"
)]
pub(super) struct ScopeSpans<'a> {
    #[serde(
        alias = "instrumentationLibrary",
        alias = "instrumentation_library",
        deserialize_with = "or_default"
    )]
    pub(super) scope: Scope,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) spans: Vec<&'a RawValue>,
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
    #[serde(default, alias = "parent_span_id", deserialize_with = "optional")]
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

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "an object with `traceId` and `spanId`"
)]
pub(super) struct Link {
    #[serde(alias = "trace_id", deserialize_with = "required")]
    pub(super) trace_id: TraceId,
    #[serde(alias = "span_id", deserialize_with = "required")]
    pub(super) span_id: SpanId,
    #[serde(default, alias = "trace_state", deserialize_with = "or_default")]
    pub(super) trace_state: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) attributes: Vec<KeyValue>,
    #[serde(default, deserialize_with = "optional")]
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
