//! Writes a whole request: its resources, scopes and lists of spans.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::forms::{List, object};
use super::span::Span;
use crate::conventions::SCHEMA_URL;
use crate::encode::group::{Request, ResourceOf, Scope, ScopeId, ScopeOf, Service};
use crate::encode::log_placement::LogPlacement;

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups = List(|| {
            let services = self.services.iter().map(|service| Group {
                request: self,
                service: Some(service),
            });
            // A separate group, whose scope has no spans.
            let reports = (!self.unplaced.is_empty()).then_some(Group {
                request: self,
                service: None,
            });
            services.chain(reports)
        });
        object(serializer, |map| {
            map.serialize_entry("resourceSpans", &groups)
        })
    }
}

/// The spans of a service, or the reports about traces without a span.
struct Group<'a> {
    request: &'a Request<'a>,
    service: Option<&'a Service<'a>>,
}

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { request, service } = self;
        let resource = ResourceOf {
            resource: request.resource,
            service: service.map_or(&*request.resource.service_name, |service| service.name),
        };
        let scopes = List(|| {
            let scopes = service.map_or(&[][..], |service| &service.scopes);
            let of_spans = scopes.iter().map(|scope| ScopeSpans {
                request,
                scope: Some(scope),
            });
            let reports = service.is_none().then_some(ScopeSpans {
                request,
                scope: None,
            });
            of_spans.chain(reports)
        });
        object(serializer, |map| {
            map.serialize_entry("resource", &resource)?;
            map.serialize_entry("scopeSpans", &scopes)?;
            map.serialize_entry("schemaUrl", SCHEMA_URL)
        })
    }
}

struct ScopeSpans<'a> {
    request: &'a Request<'a>,
    scope: Option<&'a Scope<'a>>,
}

impl Serialize for ScopeSpans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { request, scope } = self;
        let scope_of = ScopeOf {
            id: scope.map_or(ScopeId::OWN, |scope| scope.id),
            reports_ends: request.reports_ends,
            reports: scope.is_none().then_some(&request.unplaced),
        };
        let spans = List(|| {
            let spans = scope.iter().flat_map(|scope| request.spans(scope));
            spans.map(|(view, said)| Span {
                view,
                scope_is_tagged: scope_of.id.is_tagged(),
                said,
                logs: LogPlacement::default(),
            })
        });
        object(serializer, |map| {
            map.serialize_entry("scope", &scope_of)?;
            map.serialize_entry("spans", &spans)
        })
    }
}
