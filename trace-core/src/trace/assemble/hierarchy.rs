//! The parents and children in a trace.
//!
//! This file has the public methods for roots, children, orphans and depth. The tree itself is
//! built in [`forest`](super::forest).

use super::trace::Trace;
use crate::value::{SpanId, SpanRecord};

impl Trace {
    /// Returns the span without a parent. If there are several, returns the span that starts
    /// first, and if several start together, the one with the lowest id. If there is none,
    /// returns the first span that names itself as parent, as the roots of some systems do.
    #[must_use]
    pub fn root(&self) -> Option<&SpanRecord> {
        self.roots().next()
    }

    /// Returns the children of this span, sorted by start, then id. If both ends of a call
    /// have this id, the children of both are returned.
    ///
    /// In a cycle, the first span (by start, then id) does not count as a child. So a walk
    /// downwards always ends.
    pub fn children(&self, span_id: SpanId) -> impl ExactSizeIterator<Item = &SpanRecord> {
        let forest = self.forest();
        let below = |position: Option<usize>| position.map_or(&[][..], |at| forest.children(at));
        let answer = self.answer_position(span_id);
        let mut children = [below(self.position(span_id)), below(answer)].concat();
        if answer.is_some() {
            children.retain(|child| Some(*child) != answer);
            let start = |at: &usize| (self.interval(*at).start, self.by_position()[*at].span_id);
            children.sort_by_key(start); // Stable: the caller's children come first.
        }
        children.into_iter().map(|child| &self.by_position()[child])
    }

    /// Returns the children of this span, sorted by start, then id. If the span is not in this
    /// trace, there are none.
    ///
    /// Unlike [`children`](Self::children), this distinguishes two ends of a call that share
    /// an id: the answering span is a child of the calling span.
    pub fn children_of(&self, span: &SpanRecord) -> impl ExactSizeIterator<Item = &SpanRecord> {
        let children = match self.position_of(span) {
            Some(position) => self.forest().children(position),
            None => &[],
        };
        self.at(children)
    }

    /// Returns the spans that are not children: first all roots, then orphans and the first
    /// spans of cycles. Both groups are sorted by start, then id.
    pub fn top_spans(&self) -> impl ExactSizeIterator<Item = &SpanRecord> {
        self.at(&self.forest().tops)
    }

    /// Returns the spans whose parent is missing, sorted by start, then id.
    pub fn orphans(&self) -> impl Iterator<Item = &SpanRecord> {
        self.spans().filter(|span| self.is_orphan(span))
    }

    /// Returns the number of levels: 0 without spans, 1 for a single root.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = self.forest().depth.iter().max();
        deepest.map_or(0, |depth| depth + 1)
    }

    /// Returns the number of ancestors of this span: 0 for the root.
    #[must_use]
    pub fn depth_of(&self, span_id: SpanId) -> Option<usize> {
        let position = self.position(span_id)?;
        self.forest().depth.get(position).copied()
    }

    fn is_orphan(&self, span: &SpanRecord) -> bool {
        let hangs_below_caller = span.kind.is_answer() && self.answer(span.span_id).is_some();
        let parent = span.parent_span_id;
        !hangs_below_caller && parent.is_some_and(|parent| self.position(parent).is_none())
    }

    /// Returns the spans that count as roots, in the order in which [`root`](Self::root)
    /// prefers them.
    pub(super) fn roots(&self) -> impl Iterator<Item = &SpanRecord> {
        let forest = self.forest();
        self.at(forest.tops.get(..forest.roots).unwrap_or_default())
    }

    /// Returns whether the span's parent is in another process and missing from the trace.
    pub(crate) fn is_called_from_elsewhere(&self, span: &SpanRecord) -> bool {
        span.parent_is_remote && self.is_orphan(span)
    }
}
