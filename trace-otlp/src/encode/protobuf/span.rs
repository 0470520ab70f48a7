//! Writes spans with their logs, links and status.

use trace_core::{Link, Log, SpanView, StatusRef, TagRef};

use super::field::{array, bytes, count, fixed64, message, text};
use super::sites::{SiteFields, name_and_kind};
use super::span_key as key;
use super::value::{attribute, tag};
use crate::encode::log_placement::LogPlacement;
use crate::facts::{self, Said, Shown};

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

/// Writes a span as an item of a `ScopeSpans`. `site` has the fields of its site, unless it may
/// have others.
pub(super) fn span(
    out: &mut Vec<u8>,
    span: &SpanView<'_>,
    scope_is_tagged: bool,
    said: Said<'_>,
    logs: LogPlacement,
    site: Option<&SiteFields>,
) {
    message(out, key::SPANS, |out| {
        fields(out, span, scope_is_tagged, said, logs, site);
    });
}

fn fields(
    out: &mut Vec<u8>,
    span: &SpanView<'_>,
    scope_is_tagged: bool,
    said: Said<'_>,
    logs: LogPlacement,
    site: Option<&SiteFields>,
) {
    array(out, key::TRACE_ID, span.trace_id().to_bytes());
    array(out, key::SPAN_ID, span.span_id().to_bytes());
    text(out, key::TRACE_STATE, span.tracestate().as_str());
    if let Some(parent) = span.parent_span_id() {
        array(out, key::PARENT_SPAN_ID, parent.to_bytes());
    }
    match site {
        Some(site) => out.extend_from_slice(&site.name_and_kind),
        None => name_and_kind(out, span.operation_name(), span.kind()),
    }
    let (start, end) = facts::times(span);
    fixed64(out, key::START_TIME, start);
    fixed64(out, key::END_TIME, end);
    let mut shown = Shown::default();
    for (name, value) in span.tags() {
        let is_of_scope = shown.note(name, value);
        if !(is_of_scope && scope_is_tagged) {
            attribute(out, key::ATTRIBUTES, name, value);
        }
    }
    let mut write = |(name, value): (&str, TagRef<'_>)| {
        attribute(out, key::ATTRIBUTES, name, value);
    };
    if let Some(outcome) = shown.outcome(span) {
        write(outcome);
    }
    match site {
        Some(site) if !shown.has_source() => out.extend_from_slice(&site.source),
        _ => shown.source(span).into_iter().flatten().for_each(write),
    }
    if said.is_anything() || span.context_sent() {
        for (name, value) in facts::others(span, said).into_iter().flatten() {
            attribute(out, key::ATTRIBUTES, name, value);
        }
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
    out.extend_from_slice(&facts::flags(span.flags(), span.parent_is_remote()).to_le_bytes());
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
