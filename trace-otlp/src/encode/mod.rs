//! Writes a batch as an `ExportTraceServiceRequest`, straight from its views.
//!
//! Source: opentelemetry-proto, *trace.proto* and *common.proto*, and OTLP
//! specification, *JSON Protobuf Encoding*: ids as hex, 64-bit integers as text,
//! enums as numbers. Fields that hold their default are left out.

mod span;
mod value;

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::{Resource, SpanBatch, SpanView, TagRef};

use crate::facts::{self, key};
use span::Span;
use value::Attribute;

/// Writes a batch as one `ExportTraceServiceRequest`, in one line: the body of a
/// request to an OpenTelemetry Collector, of type `application/json`.
///
/// ```
/// use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};
///
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let json = trace_otlp::to_json(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// assert!(json.starts_with(r#"{"resourceSpans":[{"resource":{"#));
/// ```
#[must_use]
pub fn to_json(batch: &SpanBatch<'_>) -> String {
    // Writing to memory fails only for keys that are no texts, and ours are.
    serde_json::to_string(&Request::of(batch)).unwrap_or_default()
}

/// The spans of a batch, grouped by service and scope in the order in which
/// these come up.
pub(crate) struct Request<'a> {
    resource: &'a Resource,
    services: Vec<Service<'a>>,
}

struct Service<'a> {
    name: &'a str,
    scopes: Vec<Scope<'a>>,
}

struct Scope<'a> {
    id: ScopeId<'a>,
    spans: Vec<SpanView<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct ScopeId<'a> {
    name: &'a str,
    version: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn of(batch: &SpanBatch<'a>) -> Self {
        let mut services: Vec<Service<'a>> = Vec::new();
        for span in batch.spans() {
            let name = span.service_name();
            // Neighbors mostly have the same service and scope, and there are
            // few of both, so that looking through all of them is cheap.
            let service = find_or_push(
                &mut services,
                |one| one.name == name,
                || Service {
                    name,
                    scopes: Vec::new(),
                },
            );
            let id = ScopeId::of(&span);
            if let Some(service) = service {
                let scope = find_or_push(
                    &mut service.scopes,
                    |one| one.id == id,
                    || Scope {
                        id,
                        spans: Vec::new(),
                    },
                );
                if let Some(scope) = scope {
                    scope.spans.push(span);
                }
            }
        }
        Self {
            resource: batch.resource().get(),
            services,
        }
    }
}

/// Returns the last item that is wanted, made at the end if there is none.
fn find_or_push<T>(
    items: &mut Vec<T>,
    is_wanted: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> Option<&mut T> {
    let index = items.iter().rposition(is_wanted).unwrap_or_else(|| {
        items.push(make());
        items.len() - 1
    });
    items.get_mut(index)
}

impl<'a> ScopeId<'a> {
    fn of(span: &SpanView<'a>) -> Self {
        let (mut name, mut version) = (None, "");
        for (key, value) in span.tags() {
            match (key, value) {
                (key::SCOPE_NAME, TagRef::Str(text)) if !text.is_empty() => name = Some(text),
                (key::SCOPE_VERSION, TagRef::Str(text)) => version = text,
                _ => {}
            }
        }
        match name {
            Some(name) => Self { name, version },
            None => Self {
                name: facts::SCOPE_NAME,
                version: facts::SCOPE_VERSION,
            },
        }
    }
}

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups = List(|| {
            self.services.iter().map(|service| ServiceSpans {
                resource: self.resource,
                service,
            })
        });
        object(serializer, |map| {
            map.serialize_entry("resourceSpans", &groups)
        })
    }
}

struct ServiceSpans<'a> {
    resource: &'a Resource,
    service: &'a Service<'a>,
}

impl Serialize for ServiceSpans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| {
            map.serialize_entry("resource", &ResourceOf(self))?;
            map.serialize_entry("scopeSpans", &List(|| self.service.scopes.iter()))
        })
    }
}

struct ResourceOf<'a>(&'a ServiceSpans<'a>);

impl Serialize for ResourceOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(ServiceSpans { resource, service }) = self;
        let attributes = List(|| {
            let name = Attribute(key::SERVICE_NAME, TagRef::Str(service.name));
            let others = resource
                .tags
                .iter()
                .filter(|tag| tag.key != key::SERVICE_NAME);
            std::iter::once(name).chain(others.map(Attribute::of))
        });
        object(serializer, |map| {
            map.serialize_entry("attributes", &attributes)
        })
    }
}

impl Serialize for Scope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| {
            map.serialize_entry("scope", &self.id)?;
            let is_tagged = self.id.name != facts::SCOPE_NAME;
            let spans = List(|| self.spans.iter().map(|view| Span { view, is_tagged }));
            map.serialize_entry("spans", &spans)
        })
    }
}

impl Serialize for ScopeId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| {
            map.serialize_entry("name", self.name)?;
            if !self.version.is_empty() {
                map.serialize_entry("version", self.version)?;
            }
            Ok(())
        })
    }
}

/// Writes an object with the entries that `fill` adds.
fn object<S: Serializer>(
    serializer: S,
    fill: impl FnOnce(&mut S::SerializeMap) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    fill(&mut map)?;
    map.end()
}

/// An array of what the iterators that a closure makes give.
struct List<F>(F);

impl<F, I> Serialize for List<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A text of what can be displayed: ids and 64-bit integers.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
