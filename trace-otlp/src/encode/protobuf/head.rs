//! Writes the resource and the scope, which come before the spans.

use super::field::{message, text};
use super::value::{attribute, tag, texts};
use crate::conventions::key;
use crate::encode::group::{ResourceOf, ScopeOf};
use trace_core::TagRef;

/// The `resource` of a `ResourceSpans`, and the `scope` of a `ScopeSpans`.
const RESOURCE: u8 = 0x0a;
const SCOPE: u8 = 0x0a;

/// The `attributes` of a `Resource`.
const RESOURCE_ATTRIBUTES: u8 = 0x0a;

/// Fields of an `InstrumentationScope`.
mod scope_key {
    pub(super) const NAME: u8 = 0x0a;
    pub(super) const VERSION: u8 = 0x12;
    pub(super) const ATTRIBUTES: u8 = 0x1a;
}

pub(in crate::encode) fn resource(out: &mut Vec<u8>, resource: ResourceOf<'_>) {
    message(out, RESOURCE, |out| {
        let name = TagRef::Str(resource.service);
        attribute(out, RESOURCE_ATTRIBUTES, key::SERVICE_NAME, name);
        for one in resource.tags() {
            tag(out, RESOURCE_ATTRIBUTES, one);
        }
    });
}

pub(in crate::encode) fn scope(out: &mut Vec<u8>, scope: ScopeOf<'_>) {
    message(out, SCOPE, |out| {
        text(out, scope_key::NAME, scope.id.name);
        text(out, scope_key::VERSION, scope.id.version);
        if scope.reports_ends {
            let value = TagRef::Bool(true);
            attribute(out, scope_key::ATTRIBUTES, key::REPORTS_ENDS, value);
        }
        let Some(reports) = scope.reports else {
            return;
        };
        if !reports.ended.is_empty() {
            let traces = reports.ended.iter().map(ToString::to_string);
            texts(out, scope_key::ATTRIBUTES, key::ENDED_TRACES, traces);
        }
        if !reports.losses.is_empty() {
            let losses = reports.losses.iter().cloned();
            texts(out, scope_key::ATTRIBUTES, key::LOST_SPANS, losses);
        }
    });
}
