//! The beginning of a part, before its spans: the resource and the scope. They are encoded
//! once, and kept from batch to batch.

use std::sync::Arc;

use trace_core::Resource;

use super::format::Format;
use super::group::{Request, ResourceOf, ScopeId, ScopeOf};
#[cfg(feature = "json")]
use super::json;
use super::protobuf;

/// An encoded resource and scope.
pub(crate) struct Head {
    pub(super) format: Format,
    pub(super) resource: Arc<[u8]>,
    pub(super) scope: Vec<u8>,
}

/// The heads of the last batches.
pub(super) struct Heads {
    format: Format,
    resource: Resource,
    services: Vec<(String, Arc<[u8]>)>,
    scopes: Vec<KeptScope>,
}

struct KeptScope {
    service: String,
    name: String,
    version: String,
    reports_ends: bool,
    head: Arc<Head>,
}

/// Most services, and most scopes, that are kept: there are few of both, but a name may come
/// from data.
const MAX_KEPT: usize = 64;

impl Heads {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            resource: Resource::new(""),
            services: Vec::new(),
            scopes: Vec::new(),
        }
    }

    /// Returns the head of items of a service and a scope. With `reports_ends`, the scope says
    /// that its source reports ends.
    pub(super) fn head(
        &mut self,
        resource: &Resource,
        service: &str,
        id: ScopeId<'_>,
        reports_ends: bool,
    ) -> Arc<Head> {
        self.forget_other_resource(resource);
        let mut kept = self.scopes.iter();
        let kept = kept.find(|kept| {
            let kept_id = (
                kept.service.as_str(),
                kept.name.as_str(),
                kept.version.as_str(),
            );
            kept_id == (service, id.name, id.version) && kept.reports_ends == reports_ends
        });
        if let Some(kept) = kept {
            return Arc::clone(&kept.head);
        }
        let scope = ScopeOf {
            id,
            reports_ends,
            reports: None,
        };
        let head = Arc::new(self.encode(resource, service, scope));
        let kept = KeptScope {
            service: service.to_owned(),
            name: id.name.to_owned(),
            version: id.version.to_owned(),
            reports_ends,
            head: Arc::clone(&head),
        };
        keep(&mut self.scopes, kept);
        head
    }

    /// Returns the head with the reports about traces without a span.
    pub(super) fn of_reports(&mut self, request: &Request<'_>) -> Arc<Head> {
        self.forget_other_resource(request.resource);
        let scope = ScopeOf {
            id: ScopeId::OWN,
            reports_ends: request.reports_ends,
            reports: Some(&request.unplaced),
        };
        let service = &request.resource.service_name;
        Arc::new(self.encode(request.resource, service, scope))
    }

    fn forget_other_resource(&mut self, resource: &Resource) {
        if self.resource != *resource {
            self.services.clear();
            self.scopes.clear();
            self.resource = resource.clone();
        }
    }

    fn encode(&mut self, resource: &Resource, service: &str, scope: ScopeOf<'_>) -> Head {
        let format = self.format;
        let resource = self.resource(resource, service);
        let mut encoded = Vec::new();
        match format {
            Format::Protobuf => protobuf::head::scope(&mut encoded, scope),
            #[cfg(feature = "json")]
            Format::Json => json::head::scope(&mut encoded, scope),
        }
        Head {
            format,
            resource,
            scope: encoded,
        }
    }

    fn resource(&mut self, resource: &Resource, service: &str) -> Arc<[u8]> {
        let mut kept = self.services.iter();
        if let Some((_, kept)) = kept.find(|(name, _)| name == service) {
            return Arc::clone(kept);
        }
        let of = ResourceOf { resource, service };
        let mut encoded = Vec::new();
        match self.format {
            Format::Protobuf => protobuf::head::resource(&mut encoded, of),
            #[cfg(feature = "json")]
            Format::Json => json::head::resource(&mut encoded, of),
        }
        let encoded: Arc<[u8]> = encoded.into();
        keep(
            &mut self.services,
            (service.to_owned(), Arc::clone(&encoded)),
        );
        encoded
    }
}

fn keep<T>(kept: &mut Vec<T>, one: T) {
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.push(one);
}
