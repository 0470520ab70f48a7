//! Writes spans with their logs, links and status.

use trace_core::{Link, Log, SpanView, StatusRef};

use super::field::{bytes, count, fixed64, message, text};
use super::value::{attribute, tag};
use crate::encode::log_placement::LogPlacement;
use crate::facts::{self, Said};

/// The `spans` of a `ScopeSpans`.
const SPANS: u8 = 0x12;

/// Fields of a `Span`.
mod key {
    pub(super) const TRACE_ID: u8 = 0x0a;
    pub(super) const SPAN_ID: u8 = 0x12;
    pub(super) const TRACE_STATE: u8 = 0x1a;
    pub(super) const PARENT_SPAN_ID: u8 = 0x22;
    pub(super) const NAME: u8 = 0x2a;
    pub(super) const KIND: u8 = 0x30;
    pub(super) const START_TIME: u8 = 0x39;
    pub(super) const END_TIME: u8 = 0x41;
    pub(super) const ATTRIBUTES: u8 = 0x4a;
    pub(super) const DROPPED_ATTRIBUTES: u8 = 0x50;
    pub(super) const EVENTS: u8 = 0x5a;
    pub(super) const DROPPED_EVENTS: u8 = 0x60;
    pub(super) const LINKS: u8 = 0x6a;
    pub(super) const DROPPED_LINKS: u8 = 0x70;
    pub(super) const STATUS: u8 = 0x7a;
    /// The number 16 needs two bytes.
    pub(super) const FLAGS: [u8; 2] = [0x85, 0x01];
}

/// Fields of a `Span.Event`.
mod event_key {
    pub(super) const TIME: u8 = 0x09;
    pub(super) const NAME: u8 = 0x12;
    pub(super) const ATTRIBUTES: u8 = 0x1a;
}

/// Fields of a `Span.Link`.
mod link_key {
    pub(super) const TRACE_ID: u8 = 0x0a;
    pub(super) const SPAN_ID: u8 = 0x12;
    pub(super) const TRACE_STATE: u8 = 0x1a;
    pub(super) const ATTRIBUTES: u8 = 0x22;
    pub(super) const FLAGS: u8 = 0x35;
}

/// Fields of a `Status`.
mod status_key {
    pub(super) const MESSAGE: u8 = 0x12;
    pub(super) const CODE: u8 = 0x18;
}

/// Writes a span as an item of a `ScopeSpans`.
pub(in crate::encode) fn span(
    out: &mut Vec<u8>,
    span: &SpanView<'_>,
    scope_is_tagged: bool,
    said: Said<'_>,
    logs: LogPlacement,
) {
    message(out, SPANS, |out| {
        fields(out, span, scope_is_tagged, said, logs);
    });
}

fn fields(
    out: &mut Vec<u8>,
    span: &SpanView<'_>,
    scope_is_tagged: bool,
    said: Said<'_>,
    logs: LogPlacement,
) {
    bytes(out, key::TRACE_ID, &span.trace_id().to_bytes());
    bytes(out, key::SPAN_ID, &span.span_id().to_bytes());
    text(out, key::TRACE_STATE, span.tracestate().as_str());
    if let Some(parent) = span.parent_span_id() {
        bytes(out, key::PARENT_SPAN_ID, &parent.to_bytes());
    }
    text(out, key::NAME, span.operation_name());
    out.extend_from_slice(&[key::KIND, span.kind().as_number()]);
    let (start, end) = facts::times(span);
    fixed64(out, key::START_TIME, start);
    fixed64(out, key::END_TIME, end);
    for (name, value) in facts::attributes(span, scope_is_tagged, said) {
        attribute(out, key::ATTRIBUTES, name, value);
    }
    let dropped = span.dropped();
    count(out, key::DROPPED_ATTRIBUTES, dropped.tags);
    for log in span.logs().filter(|log| logs.is_event(log)) {
        message(out, key::EVENTS, |out| event(out, &log));
    }
    count(out, key::DROPPED_EVENTS, dropped.logs);
    for one in span.links() {
        message(out, key::LINKS, |out| link(out, &one));
    }
    count(out, key::DROPPED_LINKS, dropped.links);
    status(out, span.status());
    out.extend_from_slice(&key::FLAGS);
    out.extend_from_slice(&facts::flags(span).to_le_bytes());
}

fn event(out: &mut Vec<u8>, log: &Log) {
    fixed64(out, event_key::TIME, log.time.as_unix_nanos());
    text(out, event_key::NAME, &log.message);
    for field in &log.fields {
        tag(out, event_key::ATTRIBUTES, field);
    }
}

fn link(out: &mut Vec<u8>, link: &Link) {
    bytes(out, link_key::TRACE_ID, &link.trace_id.to_bytes());
    bytes(out, link_key::SPAN_ID, &link.span_id.to_bytes());
    text(out, link_key::TRACE_STATE, link.tracestate.as_str());
    for field in &link.tags {
        tag(out, link_key::ATTRIBUTES, field);
    }
    let flags = u32::from(link.flags.as_byte());
    if flags != 0 {
        out.push(link_key::FLAGS);
        out.extend_from_slice(&flags.to_le_bytes());
    }
}

fn status(out: &mut Vec<u8>, status: StatusRef<'_>) {
    match status {
        StatusRef::Unset => {}
        StatusRef::Ok => message(out, key::STATUS, |out| count(out, status_key::CODE, 1)),
        StatusRef::Error(reason) => message(out, key::STATUS, |out| {
            text(out, status_key::MESSAGE, reason);
            count(out, status_key::CODE, 2);
        }),
    }
}
