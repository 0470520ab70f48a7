//! Which spans of a trace have an id.

use super::allocation::table_bytes;
use crate::process::maps::HashMap;
use crate::value::{SpanId, SpanRecord};

/// Finds spans by id, as positions in the trace's list of spans.
///
/// An id has one span, or two: some systems give both ends of a call one id. They are
/// told apart by their kinds. Source: Zipkin's B3 propagation, *Shared span id*, and
/// Envoy's `shared_span_context`.
#[derive(Clone, Debug, Default)]
pub(super) struct SpanIndex {
    /// The span with this id; of two the one that calls.
    first: HashMap<SpanId, usize>,
    /// Of two spans with this id the one that answers.
    answers: HashMap<SpanId, usize>,
}

impl SpanIndex {
    /// Returns the span with this id; of two the one that calls.
    pub(super) fn first(&self, span_id: SpanId) -> Option<usize> {
        self.first.get(&span_id).copied()
    }

    /// Returns, of two spans with this id, the one that answers.
    pub(super) fn answer(&self, span_id: SpanId) -> Option<usize> {
        // Mostly there is none, and an empty map is not even hashed for.
        self.answers.get(&span_id).copied()
    }

    /// Returns the span that is the same end of the same call as this one.
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

    pub(super) fn heap_bytes(&self) -> usize {
        let entry = size_of::<(SpanId, usize)>();
        table_bytes(self.first.capacity(), entry) + table_bytes(self.answers.capacity(), entry)
    }
}
