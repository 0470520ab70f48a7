//! Writes the frame around parts. Spans each begin with a comma, which is left out before
//! the first one of a list.

use crate::conventions::SCHEMA_URL;
use crate::encode::part::Part;

const BEFORE_GROUPS: &[u8] = b"{\"resourceSpans\":[";
const BEFORE_RESOURCE: &[u8] = b"{\"resource\":";
const BEFORE_SCOPES: &[u8] = b",\"scopeSpans\":[";
const BEFORE_SCOPE: &[u8] = b"{\"scope\":";
const BEFORE_SPANS: &[u8] = b",\"spans\":[";
const AFTER_SPANS: &[u8] = b"]}";
const AFTER_SCOPES: &[u8] = b"],\"schemaUrl\":\"";
const AFTER_SCHEMA: &[u8] = b"\"}";
const AFTER_GROUPS: &[u8] = b"]}";
const COMMA: &[u8] = b",";

/// Writes a request from parts, in lists of one resource each.
pub(in crate::encode) fn request<'a>(
    out: &mut Vec<u8>,
    resources: impl Iterator<Item = &'a [&'a Part]>,
) {
    let mut put = |bytes: &[u8]| out.extend_from_slice(bytes);
    put(BEFORE_GROUPS);
    for (index, parts) in resources.enumerate() {
        if index > 0 {
            put(COMMA);
        }
        group(parts, &mut put);
    }
    put(AFTER_GROUPS);
}

/// Returns the length of a body with this part alone.
pub(in crate::encode) fn alone_bytes(part: &Part) -> usize {
    let mut bytes = BEFORE_GROUPS.len() + AFTER_GROUPS.len();
    group(&[part], &mut |piece| bytes += piece.len());
    bytes
}

/// Passes the pieces of a `ResourceSpans` to `put`.
fn group(parts: &[&Part], put: &mut impl FnMut(&[u8])) {
    let Some(first) = parts.first() else {
        return;
    };
    put(BEFORE_RESOURCE);
    put(&first.head.resource);
    put(BEFORE_SCOPES);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            put(COMMA);
        }
        put(BEFORE_SCOPE);
        put(&part.head.scope);
        put(BEFORE_SPANS);
        put(part.spans.strip_prefix(COMMA).unwrap_or(&part.spans));
        put(AFTER_SPANS);
    }
    put(AFTER_SCOPES);
    put(SCHEMA_URL.as_bytes());
    put(AFTER_SCHEMA);
}
