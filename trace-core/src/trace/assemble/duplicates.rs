//! Spans that were added to a trace more than once.
//!
//! Counts the copies, and decides which of two to keep. The trace owns the span that is kept.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::value::{SpanId, SpanRecord};

/// How often each span was added, for spans that came more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Duplicates {
    /// The key is the span's id, and whether the span is the answering end of a call.
    repetitions: BTreeMap<(SpanId, bool), Repetition>,
}

/// How often one span was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Repetition {
    /// Two or more, because the first one counts too.
    reports: usize,
    /// Whether the contents differed.
    differing: bool,
}

impl Duplicates {
    /// Counts a span that was in the trace already.
    pub(super) fn count(&mut self, span: &SpanRecord, differing: bool) {
        let repetition = self
            .repetitions
            .entry((span.span_id, span.kind.is_answer()))
            .or_insert(Repetition {
                reports: 1,
                differing: false,
            });
        repetition.reports += 1;
        repetition.differing |= differing;
    }

    /// Returns each id that was added more than once, how often it was added, and whether the
    /// contents differed.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SpanId, usize, bool)> {
        self.repetitions
            .iter()
            .map(|((span_id, _), repetition)| (*span_id, repetition.reports, repetition.differing))
    }

    /// Returns an upper bound of its memory on the heap, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        // A node of a B-tree has room for eleven entries and is at least half full.
        self.repetitions.len() * size_of::<((SpanId, bool), Repetition)>() * 2
    }
}

/// Returns whether two spans with one id have different contents.
pub(super) fn differs(span: &SpanRecord, other: &SpanRecord) -> bool {
    span != other && debug_text(other) != debug_text(span)
}

/// Returns whether to keep `span` instead of `other`, which has the same id.
///
/// The order is total, so the result does not depend on which span came first.
pub(super) fn is_preferred(span: &SpanRecord, other: &SpanRecord) -> bool {
    let key = |span: &SpanRecord| {
        let items = span.tags.len() + span.logs.len() + span.links.len();
        (span.end, Reverse(span.start), items)
    };
    key(span)
        .cmp(&key(other))
        .then_with(|| debug_text(span).cmp(&debug_text(other)))
        .is_gt()
}

/// Returns a text by which spans are compared. Floats cannot be compared directly: they have
/// no total order, and NaN does not equal itself.
fn debug_text(span: &SpanRecord) -> String {
    format!("{span:?}")
}
