//! Groups the spans of a batch by service and scope.
//!
//! Borrows from the batch, and writes nothing.

use trace_core::{Resource, SpanBatch, SpanView, TagRef};

use crate::conventions::{self, key};

/// The spans of a batch, grouped by service and scope, in the order of their first spans.
pub(crate) struct Request<'a> {
    pub(super) resource: &'a Resource,
    pub(super) services: Vec<Service<'a>>,
}

pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    pub(super) scopes: Vec<Scope<'a>>,
}

pub(super) struct Scope<'a> {
    pub(super) id: ScopeId<'a>,
    pub(super) spans: Vec<SpanView<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ScopeId<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn new(batch: &SpanBatch<'a>) -> Self {
        let mut services: Vec<Service<'a>> = Vec::new();
        for span in batch.spans() {
            let name = span.service_name();
            // Neighbors usually have the same service and scope, and there are few of
            // both, so a search through all of them is cheap.
            let service = find_or_push(
                &mut services,
                |one| one.name == name,
                || Service {
                    name,
                    scopes: Vec::new(),
                },
            );
            let id = ScopeId::from_span(&span);
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

/// Returns the last item that is wanted; if there is none, makes one at the end.
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
    fn from_span(span: &SpanView<'a>) -> Self {
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
                name: conventions::SCOPE_NAME,
                version: conventions::SCOPE_VERSION,
            },
        }
    }
}
