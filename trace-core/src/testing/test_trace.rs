//! The trace of a test itself. It has the spans that have no root in the code under test.

use crate::Baggage;
use crate::trace::assemble::Trace;
use crate::value::{SpanId, SpanRecord, TraceContext, TraceFlags, TraceId, TraceState};

/// Its id. A test's generator counts up from 1 and never reaches it.
const TRACE_ID: TraceId = TraceId::from_nonzero(std::num::NonZeroU128::MAX);
/// The parent of its spans. No span with this id is recorded.
const ROOT_ID: SpanId = SpanId::from_nonzero(std::num::NonZeroU64::MAX);

/// Returns the context in which a test's body runs.
pub(super) fn context() -> TraceContext {
    TraceContext {
        trace_id: TRACE_ID,
        span_id: ROOT_ID,
        parent_span_id: Some(ROOT_ID),
        flags: TraceFlags::RANDOM.with_sampled(true),
        tracestate: TraceState::default(),
        baggage: Baggage::default(),
        is_remote: false,
    }
}

/// Removes the parent that is never recorded.
pub(super) fn without_parent(mut span: SpanRecord) -> SpanRecord {
    if span.parent_span_id == Some(ROOT_ID) {
        span.parent_span_id = None;
        span.parent_is_remote = false;
    }
    span
}

/// Groups spans into traces, sorted by start. If the test's own trace has several spans
/// without a parent, it gets a root with this `name`.
pub(super) fn group(spans: Vec<SpanRecord>, name: &'static str) -> Vec<Trace> {
    let (own, others): (Vec<_>, Vec<_>) = spans
        .into_iter()
        .partition(|span| span.trace_id == TRACE_ID);
    Trace::group(others.into_iter().chain(below_one_root(own, name)))
}

/// Adds a root for the spans without a parent, if there are several.
fn below_one_root(mut spans: Vec<SpanRecord>, name: &'static str) -> Vec<SpanRecord> {
    let tops = |span: &&mut SpanRecord| span.parent_span_id.is_none();
    if spans.iter_mut().filter(tops).count() < 2 {
        return spans;
    }
    let mut root = SpanRecord::new(TRACE_ID, ROOT_ID, name);
    if let Some(first) = spans.first() {
        root.service_name = first.service_name.clone();
        root.start = first.start;
    }
    for span in &mut spans {
        root.start = root.start.min(span.start);
        root.end = root.end.max(span.end);
        span.parent_span_id = span.parent_span_id.or(Some(ROOT_ID));
    }
    spans.push(root);
    spans
}
