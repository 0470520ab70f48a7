//! Which spans of a trace hang below which.

use super::trace::Trace;
use crate::value::{SpanId, SpanRecord};

impl Trace {
    /// Returns the span without a parent; of several the one that starts first,
    /// then the one with the least id. Without any it is the same of those that say
    /// that they are their own parents, as the roots of some systems do.
    #[must_use]
    pub fn root(&self) -> Option<&SpanRecord> {
        self.roots().next()
    }

    /// Returns the spans whose parent is this one, sorted by start, then id; of both
    /// ends of a call, where they have one id.
    ///
    /// Where parents form a cycle, the edge above the cycle's first span (by
    /// start, then id) is left out, so that walking down always ends.
    pub fn children(&self, span_id: SpanId) -> impl ExactSizeIterator<Item = &SpanRecord> {
        let forest = self.forest();
        let below = |position: Option<usize>| position.map_or(&[][..], |at| forest.children(at));
        let answer = self.answer_position(span_id);
        let mut children = [below(self.position(span_id)), below(answer)].concat();
        if answer.is_some() {
            children.retain(|child| Some(*child) != answer);
            let start = |at: &usize| (self.interval(*at).start, self.by_position()[*at].span_id);
            children.sort_by_key(start); // Stable: those of the caller come first.
        }
        children.into_iter().map(|child| &self.by_position()[child])
    }

    /// Returns the spans that hang below this one, sorted by start, then id; none if it
    /// is not of this trace.
    ///
    /// Unlike [`children`](Self::children) it tells the two ends of a call apart that
    /// have one id: the one that answers is below the one that calls.
    pub fn children_of(&self, span: &SpanRecord) -> impl ExactSizeIterator<Item = &SpanRecord> {
        let children = match self.position_of(span) {
            Some(position) => self.forest().children(position),
            None => &[],
        };
        self.at(children)
    }

    /// Returns the spans that hang below no other: the root, more roots, then
    /// orphans and the first spans of cycles, each sorted by start, then id.
    pub fn top_spans(&self) -> impl ExactSizeIterator<Item = &SpanRecord> {
        self.at(&self.forest().tops)
    }

    /// Returns the spans whose parent is missing, sorted by start, then id.
    pub fn orphans(&self) -> impl Iterator<Item = &SpanRecord> {
        self.spans().filter(|span| self.is_orphan(span))
    }

    /// Returns the number of levels: 0 without spans, 1 for a root alone.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = self.forest().depth.iter().max();
        deepest.map_or(0, |depth| depth + 1)
    }

    /// Returns how many spans lie above this one: 0 for the root.
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

    /// Returns the spans that stand for a root, as [`root`](Self::root) prefers them.
    pub(super) fn roots(&self) -> impl Iterator<Item = &SpanRecord> {
        let forest = self.forest();
        self.at(forest.tops.get(..forest.roots).unwrap_or_default())
    }

    /// Whether its parent is in another process, and not here.
    pub(crate) fn is_called_from_elsewhere(&self, span: &SpanRecord) -> bool {
        span.parent_is_remote && self.is_orphan(span)
    }
}
