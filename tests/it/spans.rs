//! Spans made by hand.

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

/// A time in milliseconds.
pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::default() + Duration::from_millis(millis)
}

/// A span of trace 1; parent 0 makes a root.
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

/// A trace of spans of trace 1.
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

/// A trace with everything in it: services, a link, a log, failures.
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

/// Numbers that look random and are the same in every run (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }
}
