//! Writes the frame around parts: `ExportTraceServiceRequest`, `ResourceSpans` and
//! `ScopeSpans`. The messages of the other signals have the same field numbers.

use super::field::{bytes, field_bytes, length};
use crate::conventions::SCHEMA_URL;
use crate::encode::part::Part;

/// The `resource_spans` of an `ExportTraceServiceRequest`.
const RESOURCE_SPANS: u8 = 0x0a;
/// The `scope_spans` and the `schema_url` of a `ResourceSpans`; `resource` is in the head.
const SCOPE_SPANS: u8 = 0x12;
const SCHEMA: u8 = 0x1a;

/// Writes what stands around the items of parts of one resource, and adds the places of the
/// items.
pub(in crate::encode) fn parts_of_resource(
    out: &mut Vec<u8>,
    places: &mut Vec<usize>,
    parts: &[&Part],
) {
    let Some(first) = parts.first() else {
        return;
    };
    let scopes = parts.iter().map(|part| field_bytes(scope_bytes(part)));
    let resource = &first.head.resource;
    length(out, RESOURCE_SPANS, around(resource, scopes.sum()));
    out.extend_from_slice(resource);
    for part in parts {
        length(out, SCOPE_SPANS, scope_bytes(part));
        out.extend_from_slice(&part.head.scope);
        places.push(out.len());
    }
    bytes(out, SCHEMA, SCHEMA_URL.as_bytes());
}

/// Returns the length of a body with this part alone.
pub(in crate::encode) fn alone_bytes(part: &Part) -> usize {
    let scope = field_bytes(scope_bytes(part));
    field_bytes(around(&part.head.resource, scope))
}

fn scope_bytes(part: &Part) -> usize {
    part.head.scope.len() + part.items.len()
}

/// Returns the length of a `ResourceSpans`.
const fn around(resource: &[u8], scopes: usize) -> usize {
    resource.len() + scopes + field_bytes(SCHEMA_URL.len())
}
