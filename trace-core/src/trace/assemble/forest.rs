//! The tree of a trace, as positions in its list of spans.
//!
//! It is built in one step, without recursion, and never changes: a trace drops its forest
//! when a span is added. The public methods are in [`hierarchy`](super::hierarchy).

use super::allocation::heap_bytes;
use super::index::SpanIndex;
use super::timeline::{Interval, Timeline};
use crate::value::{SpanId, SpanRecord, Timestamp};

/// The parents and children of all spans, and when each span ran.
///
/// It is a forest, because there may be orphans and further roots beside the root. Each cycle
/// is cut above its first span, so every walk ends.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    /// All positions, sorted by start, then id.
    pub(crate) order: Vec<usize>,
    /// The parent of each position, if it is in the trace and was not cut off.
    pub(crate) parents: Vec<Option<usize>>,
    /// Positions without a parent: first roots, then the others, both sorted as in `order`. If
    /// every span names a parent, spans that name themselves count as roots.
    pub(crate) tops: Vec<usize>,
    /// How many of `tops` count as roots. They come first.
    pub(crate) roots: usize,
    /// The number of ancestors of each position.
    pub(crate) depth: Vec<usize>,
    /// The cycles. Each contains its first span, then that span's parent, and so on, up to the
    /// child of the first span.
    pub(crate) cycles: Vec<Vec<usize>>,
    /// When each span ran.
    pub(crate) timeline: Timeline,
    children: Children,
}

/// The children of each position, in one list.
#[derive(Clone, Debug)]
struct Children {
    /// The children of `position` are `list[first[position]..first[position + 1]]`.
    first: Vec<usize>,
    list: Vec<usize>,
}

impl Forest {
    /// Returns the memory of a forest with this number of spans, in bytes. Each position is
    /// either a top or a child, so these two lists count as one.
    pub(super) fn bytes(spans: usize) -> usize {
        let list = |entry: usize| heap_bytes(spans * entry);
        list(size_of::<Option<usize>>())
            + 4 * list(size_of::<usize>())
            + list(size_of::<Interval>())
    }

    /// Builds the tree of these spans.
    pub(super) fn new(spans: &[SpanRecord], index: &SpanIndex) -> Self {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_unstable_by_key(|position| key(spans, *position, spans[*position].start));
        let mut parents: Vec<Option<usize>> = (0..spans.len())
            .map(|position| parent(spans, index, position))
            .collect();
        let is_root = |position: usize| spans[position].parent_span_id.is_none();
        let has_root = (0..spans.len()).any(|at| parents[at].is_none() && is_root(at));
        // If there is no root, spans that are their own parents count as roots. If there is
        // one, each such span is a cycle of one span.
        let is_own_parent = |position: usize| spans[position].other_parent().is_none();
        if !has_root {
            for (position, parent) in parents.iter_mut().enumerate() {
                parent.take_if(|parent| *parent == position);
            }
        }
        let mut cycles = cut_cycles(spans, &order, &mut parents);
        let mut children = Children::from_parents(&order, &parents);
        let mut depth = vec![0; spans.len()];
        let tops = order.iter().copied().filter(|at| parents[*at].is_none());
        let downwards = children.walk(tops.collect());
        for position in &downwards {
            if let Some(parent) = parents[*position] {
                depth[*position] = depth[parent] + 1;
            }
        }
        let timeline = Timeline::new(spans, &parents, downwards.into_iter());
        // The first order uses the spans' own times. It is needed to cut the cycles, and the
        // timeline can be computed only after that.
        if !timeline.is_plain() {
            let start = |position: &usize| timeline.interval(*position).start;
            order.sort_by_cached_key(|position| key(spans, *position, start(position)));
            children = Children::from_parents(&order, &parents);
            cycles.sort_by_cached_key(|cycle| key(spans, cycle[0], start(&cycle[0])));
        }
        let mut tops = order.clone();
        tops.retain(|position| parents[*position].is_none());
        let stands_for_root =
            |position: usize| is_root(position) || (!has_root && is_own_parent(position));
        tops.sort_by_key(|position| !stands_for_root(*position)); // Stable.
        Self {
            roots: tops.iter().filter(|top| stands_for_root(**top)).count(),
            order,
            parents,
            tops,
            depth,
            cycles,
            timeline,
            children,
        }
    }

    /// Returns the children of a position, sorted by start, then id.
    pub(crate) fn children(&self, position: usize) -> &[usize] {
        self.children.at(position)
    }
}

/// Returns the key by which positions are sorted. If both ends of a call share an id, the
/// calling end comes first.
fn key(spans: &[SpanRecord], position: usize, start: Timestamp) -> (Timestamp, SpanId, bool) {
    let span = &spans[position];
    (start, span.span_id, span.kind.is_answer())
}

/// Returns the position of a span's parent.
///
/// If both ends of a call share an id, the answering end is a child of the calling end, even
/// if it names another parent. A span whose parent has this id is a child of the end in its
/// own service.
fn parent(spans: &[SpanRecord], index: &SpanIndex, position: usize) -> Option<usize> {
    let span = &spans[position];
    if index.answer(span.span_id) == Some(position) {
        return index.first(span.span_id);
    }
    let parent = span.parent_span_id?;
    let caller = index.first(parent)?;
    let Some(answer) = index.answer(parent) else {
        return Some(caller);
    };
    let is_callers = span.service_name == spans[caller].service_name
        && span.service_name != spans[answer].service_name;
    Some(if is_callers { caller } else { answer })
}

/// Removes the parent of the first span of each cycle, and returns the cycles.
///
/// A span has at most one parent, so two cycles share no span, and no cycle is below another.
fn cut_cycles(
    spans: &[SpanRecord],
    order: &[usize],
    parents: &mut [Option<usize>],
) -> Vec<Vec<usize>> {
    let mut cycles = Vec::new();
    // The number of the walk that visited each position, counted from 1; 0 if none did. A walk
    // that meets its own number has found a cycle. A walk that meets another number has joined
    // a path that was checked before.
    let mut visited = vec![0; spans.len()];
    for (walk, start) in order.iter().enumerate() {
        let mut next = Some(*start);
        while let Some(position) = next {
            if visited[position] != 0 {
                if visited[position] == walk + 1 {
                    cycles.push(cut_cycle(spans, position, parents));
                }
                break;
            }
            visited[position] = walk + 1;
            next = parents[position];
        }
    }
    cycles
}

/// Cuts the cycle that contains `member`, and returns it.
fn cut_cycle(spans: &[SpanRecord], member: usize, parents: &mut [Option<usize>]) -> Vec<usize> {
    let above = |position: usize| parents[position].filter(|parent| *parent != member);
    let mut cycle: Vec<usize> = std::iter::successors(Some(member), |at| above(*at)).collect();
    let first = (0..cycle.len()).min_by_key(|index| {
        let position = cycle[*index];
        key(spans, position, spans[position].start)
    });
    cycle.rotate_left(first.unwrap_or(0));
    parents[cycle[0]] = None;
    cycle
}

impl Children {
    /// Sorts the positions of `order` by parent, by counting.
    fn from_parents(order: &[usize], parents: &[Option<usize>]) -> Self {
        let mut first = vec![0; parents.len() + 1];
        for parent in parents.iter().flatten() {
            first[parent + 1] += 1;
        }
        for position in 0..parents.len() {
            first[position + 1] += first[position];
        }
        let mut next = first.clone();
        let mut list = vec![0; parents.iter().flatten().count()];
        for position in order {
            if let Some(parent) = parents[*position] {
                list[next[parent]] = *position;
                next[parent] += 1;
            }
        }
        Self { first, list }
    }

    /// Returns the children of a position.
    fn at(&self, position: usize) -> &[usize] {
        &self.list[self.first[position]..self.first[position + 1]]
    }

    /// Returns `tops` and all their descendants, each after its parent.
    fn walk(&self, tops: Vec<usize>) -> Vec<usize> {
        let mut downwards = tops;
        let mut next = 0;
        while let Some(position) = downwards.get(next) {
            downwards.extend(self.at(*position));
            next += 1;
        }
        downwards
    }
}
