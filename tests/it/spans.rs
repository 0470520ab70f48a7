//! Spans made by hand.

use std::ops::Range;
use std::time::Duration;

use trace_core::{SpanId, SpanRecord, Timestamp, TraceId};

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
