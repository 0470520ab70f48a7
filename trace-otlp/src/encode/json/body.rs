//! Writes the frame around parts. Each item begins with a comma, which is left out for the
//! first item of a list.

use crate::conventions::SCHEMA_URL;
use crate::encode::part::Part;
use crate::encode::signal::Signal;

const BEFORE_RESOURCE: &[u8] = b"{\"resource\":";
const BEFORE_SCOPE: &[u8] = b"{\"scope\":";
const AFTER_ITEMS: &[u8] = b"]}";
const AFTER_SCOPES: &[u8] = b"],\"schemaUrl\":\"";
const AFTER_SCHEMA: &[u8] = b"\"}";
const AFTER_GROUPS: &[u8] = b"]}";
const COMMA: &[u8] = b",";

/// The texts before the lists of a request.
struct Names {
    before_groups: &'static [u8],
    before_scopes: &'static [u8],
    before_items: &'static [u8],
}

const fn names(signal: Signal) -> Names {
    match signal {
        Signal::Traces => Names {
            before_groups: b"{\"resourceSpans\":[",
            before_scopes: b",\"scopeSpans\":[",
            before_items: b",\"spans\":[",
        },
        #[cfg(any(feature = "grpc", feature = "http"))]
        Signal::Metrics => Names {
            before_groups: b"{\"resourceMetrics\":[",
            before_scopes: b",\"scopeMetrics\":[",
            before_items: b",\"metrics\":[",
        },
        Signal::Logs => Names {
            before_groups: b"{\"resourceLogs\":[",
            before_scopes: b",\"scopeLogs\":[",
            before_items: b",\"logRecords\":[",
        },
    }
}

/// Writes a request from parts, in lists of one resource each.
pub(in crate::encode) fn request<'a>(
    out: &mut Vec<u8>,
    signal: Signal,
    resources: impl Iterator<Item = &'a [&'a Part]>,
) {
    let mut put = |bytes: &[u8]| out.extend_from_slice(bytes);
    let names = names(signal);
    put(names.before_groups);
    for (index, parts) in resources.enumerate() {
        if index > 0 {
            put(COMMA);
        }
        group(&names, parts, &mut put);
    }
    put(AFTER_GROUPS);
}

/// Returns the length of a body with this part alone.
pub(in crate::encode) fn alone_bytes(part: &Part) -> usize {
    let names = names(part.signal);
    let mut bytes = names.before_groups.len() + AFTER_GROUPS.len();
    group(&names, &[part], &mut |piece| bytes += piece.len());
    bytes
}

/// Passes the pieces of a group of one resource to `put`.
fn group(names: &Names, parts: &[&Part], put: &mut impl FnMut(&[u8])) {
    let Some(first) = parts.first() else {
        return;
    };
    put(BEFORE_RESOURCE);
    put(&first.head.resource);
    put(names.before_scopes);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            put(COMMA);
        }
        put(BEFORE_SCOPE);
        put(&part.head.scope);
        put(names.before_items);
        put(part.items.strip_prefix(COMMA).unwrap_or(&part.items));
        put(AFTER_ITEMS);
    }
    put(AFTER_SCOPES);
    put(SCHEMA_URL.as_bytes());
    put(AFTER_SCHEMA);
}
