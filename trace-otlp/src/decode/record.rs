//! Turns spans of OTLP into records, regardless of the format from which they were read.
//!
//! Does not parse.

use std::sync::Arc;

use trace_core::{
    DroppedItems, Link, Log, Outcome, Resource, Source, SpanId, SpanKind, SpanRecord, Status, Tag,
    TagValue, Timestamp, TraceFlags, TraceId, TraceState,
};

use crate::conventions::{self, key};
use crate::facts::{self, TraceReports};

/// The scope of spans; both texts may be empty.
pub(super) struct Scope<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

/// Makes a resource from its tags.
pub(super) fn resource(mut tags: Vec<Tag>) -> Resource {
    let is_name = |tag: &Tag| tag.key == key::SERVICE_NAME;
    let name = tags.iter().find(|tag| is_name(tag));
    let name = name.map(|tag| tag.value.to_string());
    let name = name.filter(|name| !name.is_empty());
    let service_name = name.map_or_else(|| Arc::from(conventions::UNKNOWN_SERVICE), Arc::from);
    tags.retain(|tag| !is_name(tag));
    Resource { service_name, tags }
}

/// A span of OTLP, regardless of the format from which it was read.
pub(super) struct SpanParts {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) parent_span_id: Option<SpanId>,
    pub(super) trace_state: String,
    pub(super) flags: u32,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    pub(super) start_time_unix_nano: u64,
    pub(super) end_time_unix_nano: u64,
    pub(super) tags: Vec<Tag>,
    pub(super) logs: Vec<Log>,
    pub(super) links: Vec<LinkParts>,
    pub(super) status: Status,
    pub(super) dropped: DroppedItems,
}

/// A link of OTLP. Some SDKs write a link without ids if their caller had none.
pub(super) struct LinkParts {
    pub(super) trace_id: Option<TraceId>,
    pub(super) span_id: Option<SpanId>,
    pub(super) trace_state: String,
    pub(super) flags: u32,
    pub(super) tags: Vec<Tag>,
}

/// Makes the record of a span. Moves its reports about its trace out of its tags. `spans` is
/// the number of spans before it.
pub(super) fn record(
    span: SpanParts,
    service_name: Arc<str>,
    scope: &Scope<'_>,
    reports: &mut TraceReports,
    spans: usize,
) -> SpanRecord {
    let mut tags = span.tags;
    let link_count = span.links.len();
    let links: Vec<_> = span.links.into_iter().filter_map(link).collect();
    let without_ids = u32::try_from(link_count - links.len()).unwrap_or(u32::MAX);
    reports.take_from_span(span.trace_id, &mut tags, spans);
    let context_sent = facts::take_context_sent(&mut tags);
    let outcome = take_outcome(&mut tags, &span.status);
    let source = take_source(&mut tags);
    add_scope(&mut tags, scope);
    SpanRecord {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        context_sent,
        parent_is_remote: span.flags & conventions::IS_REMOTE != 0,
        flags: match span.flags {
            // The client does not know the field. A client that knows it would not have sent
            // an unsampled span.
            0 => TraceFlags::SAMPLED,
            flags => TraceFlags::from_byte(low_byte(flags)),
        },
        tracestate: tracestate(&span.trace_state),
        operation_name: span.name.into(),
        service_name,
        kind: span.kind,
        start: Timestamp::from_unix_nanos(span.start_time_unix_nano),
        end: Timestamp::from_unix_nanos(span.end_time_unix_nano),
        tags,
        logs: span.logs,
        links,
        status: span.status,
        outcome,
        source,
        dropped: DroppedItems {
            links: span.dropped.links.saturating_add(without_ids),
            ..span.dropped
        },
    }
}

/// Makes a link; `None` without ids.
fn link(link: LinkParts) -> Option<Link> {
    Some(Link {
        trace_id: link.trace_id?,
        span_id: link.span_id?,
        flags: TraceFlags::from_byte(low_byte(link.flags)),
        tracestate: tracestate(&link.trace_state),
        tags: link.tags,
    })
}

/// Source: W3C Trace Context, *tracestate Header Field Values*: if the text cannot be read,
/// only the trace state is dropped.
pub(super) fn tracestate(text: &str) -> TraceState {
    text.parse().unwrap_or_default()
}

const fn low_byte(flags: u32) -> u8 {
    let [byte, ..] = flags.to_le_bytes();
    byte
}

/// Returns the outcome from its tag, or else the outcome that status and tags show.
pub(super) fn take_outcome(tags: &mut Vec<Tag>, status: &Status) -> Outcome {
    let index = tags.iter().position(|tag| tag.key == key::OUTCOME);
    let said = index.and_then(|index| {
        let name = tags.get(index)?.value.as_str()?;
        let outcome = facts::outcome_from_name(name)?;
        tags.remove(index);
        Some(outcome)
    });
    let views = || {
        tags.iter()
            .map(|tag| (tag.key.as_ref(), tag.value.as_ref()))
    };
    said.unwrap_or_else(|| facts::visible_outcome(status.as_ref(), views()))
}

/// Returns the file and the line if both tags exist.
pub(super) fn take_source(tags: &mut Vec<Tag>) -> Option<Source> {
    let value = |wanted| {
        let tag = tags.iter().find(|tag| tag.key == wanted)?;
        Some(&tag.value)
    };
    let Some(TagValue::String(file)) = value(key::FILE) else {
        return None;
    };
    let source = Source {
        file: file.clone(),
        line: value(key::LINE)?.as_i64()?.try_into().ok()?,
    };
    tags.retain(|tag| tag.key != key::FILE && tag.key != key::LINE);
    Some(source)
}

fn add_scope(tags: &mut Vec<Tag>, scope: &Scope<'_>) {
    if scope.name.is_empty() || scope.name == conventions::SCOPE_NAME {
        return;
    }
    let own = [
        (key::SCOPE_NAME, scope.name),
        (key::SCOPE_VERSION, scope.version),
    ];
    for (key, value) in own {
        // A tag of the span with this key would describe another scope, or repeat this one.
        tags.retain(|tag| tag.key != key);
        if !value.is_empty() {
            tags.push(Tag::new(key, value.to_owned()));
        }
    }
}
