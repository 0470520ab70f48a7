//! Finds the spans of a trace by id. Does not own the spans.

use super::allocation::table_bytes;
use crate::process::maps::HashMap;
use crate::value::{SpanId, SpanRecord};

/// Maps span ids to positions in the trace's list of spans.
///
/// An id has one span or two, because some systems give both ends of a call the same id. The
/// kinds distinguish them. Source: Zipkin's B3 propagation, *Shared span id*, and Envoy's
/// `shared_span_context`.
#[derive(Clone, Debug, Default)]
pub(super) struct SpanIndex {
    /// The span with this id; if there are two, the calling one.
    first: HashMap<SpanId, usize>,
    /// If two spans have this id, the answering one.
    answers: HashMap<SpanId, usize>,
}

impl SpanIndex {
    /// Returns the span with this id; if there are two, the calling one.
    pub(super) fn first(&self, span_id: SpanId) -> Option<usize> {
        self.first.get(&span_id).copied()
    }

    /// Returns the answering span, if two spans have this id.
    pub(super) fn answer(&self, span_id: SpanId) -> Option<usize> {
        // In most traces this map is empty. Then the id is not hashed.
        self.answers.get(&span_id).copied()
    }

    /// Returns the span with the same id that is the same end of a call.
    pub(super) fn find(&self, spans: &[SpanRecord], span: &SpanRecord) -> Option<usize> {
        let is_same = |position: &usize| {
            let found = spans.get(*position);
            found.is_some_and(|found| found.kind.is_answer() == span.kind.is_answer())
        };
        let first = self.first(span.span_id)?;
        Some(first)
            .filter(is_same)
            .or_else(|| self.answer(span.span_id).filter(is_same))
    }

    /// Adds a span that [`find`](Self::find) does not find.
    pub(super) fn add(&mut self, span: &SpanRecord, position: usize) {
        let Some(other) = self.first(span.span_id) else {
            self.first.insert(span.span_id, position);
            return;
        };
        if span.kind.is_answer() {
            self.answers.insert(span.span_id, position);
        } else {
            self.first.insert(span.span_id, position);
            self.answers.insert(span.span_id, other);
        }
    }

    /// Returns its memory on the heap, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = size_of::<(SpanId, usize)>();
        table_bytes(self.first.capacity(), entry) + table_bytes(self.answers.capacity(), entry)
    }
}
