//! Helpers that make spans by hand.

use std::ops::Range;
use std::time::Duration;

use trace_core::{
    Link, Log, Outcome, Source, SpanId, SpanKind, SpanRecord, Status, Tag, Timestamp, Trace,
    TraceFlags, TraceId, TraceState,
};

pub(crate) fn trace_id(number: u128) -> TraceId {
    TraceId::new(number).unwrap()
}

pub(crate) fn span_id(number: u64) -> SpanId {
    SpanId::new(number).unwrap()
}

/// Returns a time in milliseconds.
pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::default() + Duration::from_millis(millis)
}

/// Returns a span of trace 1. Parent 0 makes a root.
pub(crate) fn span(
    id: u64,
    parent: u64,
    operation: &'static str,
    millis: Range<u64>,
) -> SpanRecord {
    let mut span = SpanRecord::new(trace_id(1), span_id(id), operation);
    span.parent_span_id = SpanId::new(parent);
    span.service_name = "shop".into();
    span.start = at(millis.start);
    span.end = at(millis.end);
    span
}

/// Returns a trace of spans of trace 1.
pub(crate) fn trace(spans: &[SpanRecord]) -> Trace {
    Trace::from_spans(trace_id(1), spans.iter().cloned()).unwrap()
}

pub(crate) fn of_service(service: &str, mut span: SpanRecord) -> SpanRecord {
    span.service_name = service.into();
    span
}

pub(crate) fn failed(message: &'static str, mut span: SpanRecord) -> SpanRecord {
    span.status = Status::Error(message.into());
    span.outcome = Outcome::Error;
    span
}

/// Returns a trace with several services, a link, a log and failures.
pub(crate) fn checkout() -> Vec<SpanRecord> {
    let mut charge = of_service("bank", span(2, 1, "charge", 5..20));
    charge.kind = SpanKind::Client;
    charge.add_tag("order.id", 42);
    charge.logs.push(Log {
        time: at(6),
        message: "asking the bank".into(),
        fields: vec![Tag::new("attempt", 1)],
    });
    charge.links.push(Link {
        trace_id: trace_id(0xfeed),
        span_id: span_id(0xbee),
        flags: TraceFlags::SAMPLED,
        tracestate: TraceState::default(),
        tags: vec![Tag::new("reason", "retry")],
    });
    charge.source = Some(Source {
        file: "src/bank.rs".into(),
        line: 17,
    });
    let mut debit = failed("", span(4, 2, "debit", 6..19));
    debit.add_tag("amount", 9.5);
    vec![
        failed("card declined", span(1, 0, "checkout", 0..30)),
        failed("card declined", charge),
        debit,
        span(3, 1, "mail", 20..30),
    ]
}
