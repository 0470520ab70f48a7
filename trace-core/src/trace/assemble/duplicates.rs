//! Spans that were added to a trace more than once.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::value::{SpanId, SpanRecord};

/// How often spans with one id were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Duplicates {
    /// By id and whether it is the end of a call that answers.
    repetitions: BTreeMap<(SpanId, bool), Repetition>,
}

/// How often a span was added, and whether always with the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Repetition {
    reports: usize,
    differing: bool,
}

impl Duplicates {
    /// Counts a span whose id was here.
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

    /// Returns the ids added more than once, how often, and whether the contents
    /// differed.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SpanId, usize, bool)> {
        self.repetitions
            .iter()
            .map(|((span_id, _), repetition)| (*span_id, repetition.reports, repetition.differing))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        // A node of a B-tree has room for eleven entries and is half full at least.
        self.repetitions.len() * size_of::<((SpanId, bool), Repetition)>() * 2
    }
}

/// Returns whether two spans of one id have different contents.
pub(super) fn differs(span: &SpanRecord, other: &SpanRecord) -> bool {
    span != other && debug_text(other) != debug_text(span)
}

/// Returns whether `span` and not `other`, of the same id, is to be kept.
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

/// A total order needs a text: floats have none, and NaN is not even itself.
fn debug_text(span: &SpanRecord) -> String {
    format!("{span:?}")
}
