//! Turns the messages of OTLP/JSON into the parts of a record.
//!
//! Does not parse: `wire.rs` reads the messages.

use trace_core::{DroppedItems, Log, Status, Timestamp};

use super::enums::StatusCode;
use super::record::{LinkParts, SpanParts};
use super::value::tags;
use super::wire;

/// Returns the parts of a span.
pub(super) fn parts(span: wire::Span) -> SpanParts {
    SpanParts {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        trace_state: span.trace_state,
        flags: span.flags,
        name: span.name,
        kind: span.kind.value,
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        tags: tags(span.attributes),
        logs: span.events.into_iter().map(log).collect(),
        links: span.links.into_iter().map(link).collect(),
        status: match span.status.code.value {
            StatusCode::Unset => Status::Unset,
            StatusCode::Ok => Status::Ok,
            StatusCode::Error => Status::Error(span.status.message.into()),
        },
        dropped: DroppedItems {
            tags: span.dropped_attributes_count,
            logs: span.dropped_events_count,
            links: span.dropped_links_count,
        },
    }
}

fn log(event: wire::Event) -> Log {
    Log {
        time: Timestamp::from_unix_nanos(event.time_unix_nano),
        message: event.name.into(),
        fields: tags(event.attributes),
    }
}

fn link(link: wire::Link) -> LinkParts {
    LinkParts {
        trace_id: link.trace_id,
        span_id: link.span_id,
        trace_state: link.trace_state,
        flags: link.flags,
        tags: tags(link.attributes),
    }
}
