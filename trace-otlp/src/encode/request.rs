//! Writes a request: its resources, scopes and lists of spans.

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::{Resource, TagRef};

use super::forms::{List, object};
use super::group::{Request, Scope, ScopeId, Service};
use super::span::Span;
use super::value::Attribute;
use crate::conventions::{self, key};

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
            std::iter::once(name).chain(others.map(Attribute::from_tag))
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
            let is_tagged = self.id.name != conventions::SCOPE_NAME;
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
