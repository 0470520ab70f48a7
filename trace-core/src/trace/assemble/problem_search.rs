//! Finds the problems of a trace. Their texts are in [`problem`](super::problem).

use std::collections::BTreeMap;
use std::time::Duration;

use super::problem::Problem;
use super::trace::Trace;
use crate::value::SpanId;

impl Trace {
    /// Returns the problems of the trace, in a fixed order.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let losses = self.losses();
        problems.extend((!losses.is_empty()).then_some(Problem::SpansLost(losses)));
        problems.extend(roots(self));
        problems.extend(missing_parents(self));
        problems.extend(
            self.duplicates()
                .iter()
                .map(|(span_id, reports, differing)| Problem::Duplicate {
                    span_id,
                    reports,
                    differing,
                }),
        );
        problems.extend(own_parents(self));
        problems.extend(cycles(self));
        problems.extend(times(self));
        problems
    }
}

/// Finds that there is no root, or more than one.
fn roots(trace: &Trace) -> Option<Problem> {
    let span_ids: Vec<SpanId> = trace.roots().map(|span| span.span_id).collect();
    match span_ids.len() {
        0 if trace.is_empty()
            || trace
                .spans()
                .any(|span| trace.is_called_from_elsewhere(span)) =>
        {
            None
        }
        0 => Some(Problem::NoRoot),
        1 => None,
        _ => Some(Problem::SeveralRoots { span_ids }),
    }
}

/// Finds missing parents, by id. A parent is in another process if all its children have a
/// remote parent.
fn missing_parents(trace: &Trace) -> impl Iterator<Item = Problem> {
    let mut missing: BTreeMap<SpanId, (bool, Vec<SpanId>)> = BTreeMap::new();
    for span in trace.orphans() {
        if let Some(parent) = span.parent_span_id {
            let (is_elsewhere, children) = missing.entry(parent).or_insert((true, Vec::new()));
            *is_elsewhere &= span.parent_is_remote;
            children.push(span.span_id);
        }
    }
    missing
        .into_iter()
        .map(|(parent_span_id, (is_elsewhere, children))| {
            if is_elsewhere {
                Problem::CalledFromElsewhere {
                    parent_span_id,
                    children,
                }
            } else {
                Problem::MissingParent {
                    parent_span_id,
                    children,
                }
            }
        })
}

/// Finds roots that name themselves as parent.
fn own_parents(trace: &Trace) -> impl Iterator<Item = Problem> {
    let roots = trace.roots().filter(|span| span.parent_span_id.is_some());
    roots.map(|span| Problem::OwnParent {
        span_id: span.span_id,
    })
}

/// Finds spans that are their own ancestors.
fn cycles(trace: &Trace) -> impl Iterator<Item = Problem> {
    let cycles = trace.forest().cycles.iter();
    cycles.map(|cycle| Problem::Cycle {
        span_ids: trace.at(cycle).map(|span| span.span_id).collect(),
    })
}

/// Finds unknown, differing and inconsistent times, in the order of the spans.
fn times(trace: &Trace) -> Vec<Problem> {
    let (forest, spans) = (trace.forest(), trace.by_position());
    let mut problems = Vec::new();
    for position in &forest.order {
        let (span_id, interval) = (spans[*position].span_id, trace.interval(*position));
        let remark = forest.timeline.remark(*position);
        if remark.start_is_unknown {
            problems.push(Problem::UnknownStart { span_id });
        }
        if remark.end_is_unknown {
            problems.push(Problem::UnknownEnd { span_id });
        }
        if remark.ahead != 0 {
            problems.push(Problem::ClockDiffers {
                span_id,
                by: Duration::from_nanos(remark.ahead.unsigned_abs()),
                is_ahead: remark.ahead > 0,
            });
        }
        if interval.end < interval.start {
            problems.push(Problem::EndsBeforeStart {
                span_id,
                by: interval.start - interval.end,
            });
        }
        let Some(parent) = forest.parents[*position] else {
            continue;
        };
        let outer = trace.interval(parent);
        // A guessed time of the parent must not be compared with the span.
        let outer_remark = forest.timeline.remark(parent);
        let mut before = outer.start - interval.start;
        if outer_remark.start_is_unknown {
            before = Duration::ZERO;
        }
        let mut after = interval.end - outer.end;
        if outer_remark.end_is_unknown {
            after = Duration::ZERO;
        }
        if before + after > Duration::ZERO {
            problems.push(Problem::OutsideParent {
                span_id,
                parent_span_id: spans[parent].span_id,
                before,
                after,
            });
        }
    }
    problems
}
