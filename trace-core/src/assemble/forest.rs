//! The tree of a trace as positions, built in one go and without recursion.

use std::collections::HashMap;

use crate::id::SpanId;
use crate::span_record::SpanRecord;

/// Who is whose child, as positions in the trace's list of spans.
///
/// A forest and not a tree: orphans and more roots stand beside the root.
/// Cycles are cut above their first span, so that every walk ends.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    /// All positions, sorted by start, then id.
    pub(crate) order: Vec<usize>,
    /// The parent of each position, if it is here and the edge was not cut.
    pub(crate) parents: Vec<Option<usize>>,
    /// Positions without a parent: roots, then the others, each in `order`.
    pub(crate) tops: Vec<usize>,
    /// All positions, each before its children, children in `order`.
    pub(crate) preorder: Vec<usize>,
    /// How many spans lie above each position.
    pub(crate) depth: Vec<usize>,
    /// The members of each cycle, from its first span upwards.
    pub(crate) cycles: Vec<Vec<usize>>,
    /// The children of `position` are
    /// `children[first_child[position]..first_child[position + 1]]`.
    first_child: Vec<usize>,
    children: Vec<usize>,
}

impl Forest {
    pub(super) fn new(spans: &[SpanRecord], by_id: &HashMap<SpanId, usize>) -> Self {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_unstable_by_key(|position| sort_key(&spans[*position]));
        let mut parents: Vec<Option<usize>> = spans
            .iter()
            .map(|span| by_id.get(&span.parent_span_id?).copied())
            .collect();
        let cycles = cut_cycles(spans, &order, &mut parents);
        let (first_child, children) = list_children(&order, &parents);
        let (roots, others): (Vec<usize>, Vec<usize>) = order
            .iter()
            .filter(|position| parents[**position].is_none())
            .partition(|position| spans[**position].parent_span_id.is_none());
        let mut forest = Self {
            order,
            parents,
            tops: [roots, others].concat(),
            preorder: Vec::with_capacity(spans.len()),
            depth: vec![0; spans.len()],
            cycles,
            first_child,
            children,
        };
        forest.walk();
        forest
    }

    /// Returns the children of a position, sorted by start, then id.
    pub(crate) fn children(&self, position: usize) -> &[usize] {
        &self.children[self.first_child[position]..self.first_child[position + 1]]
    }

    /// Fills `preorder` and `depth`.
    fn walk(&mut self) {
        let mut waiting: Vec<usize> = self.tops.iter().rev().copied().collect();
        while let Some(position) = waiting.pop() {
            self.preorder.push(position);
            if let Some(parent) = self.parents[position] {
                self.depth[position] = self.depth[parent] + 1;
            }
            waiting.extend(self.children(position).iter().rev());
        }
    }
}

fn sort_key(span: &SpanRecord) -> (crate::timestamp::Timestamp, SpanId) {
    (span.start, span.span_id)
}

/// Takes away the parent of the first span of each cycle; returns the cycles.
///
/// Every span has at most one parent, so that cycles share no span and none hangs
/// below another.
fn cut_cycles(
    spans: &[SpanRecord],
    order: &[usize],
    parents: &mut [Option<usize>],
) -> Vec<Vec<usize>> {
    let mut cycles = Vec::new();
    // The walk that came by, counted from 1.
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

/// Cuts the cycle that `member` is in.
fn cut_cycle(spans: &[SpanRecord], member: usize, parents: &mut [Option<usize>]) -> Vec<usize> {
    let above = |position: usize| parents[position].filter(|parent| *parent != member);
    let mut cycle: Vec<usize> = std::iter::successors(Some(member), |at| above(*at)).collect();
    let first = (0..cycle.len()).min_by_key(|index| sort_key(&spans[cycle[*index]]));
    cycle.rotate_left(first.unwrap_or(0));
    parents[cycle[0]] = None;
    cycle
}

/// Sorts positions by parent; see [`Forest::first_child`].
fn list_children(order: &[usize], parents: &[Option<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut first_child = vec![0; parents.len() + 1];
    for parent in parents.iter().flatten() {
        first_child[parent + 1] += 1;
    }
    for position in 0..parents.len() {
        first_child[position + 1] += first_child[position];
    }
    let mut next = first_child.clone();
    let mut children = vec![0; parents.iter().flatten().count()];
    for position in order {
        if let Some(parent) = parents[*position] {
            children[next[parent]] = *position;
            next[parent] += 1;
        }
    }
    (first_child, children)
}
