//! What can be wrong with a trace.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::trace::Trace;
use crate::stream::decode::TraceLosses;
use crate::value::SpanId;

/// Something that is wrong with a trace, or looks as if it were.
///
/// ```
/// use trace_core::{SpanId, SpanRecord, Trace, TraceId};
///
/// let id = TraceId::new(1).unwrap();
/// let mut span = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
/// span.parent_span_id = SpanId::new(9);
/// let trace = Trace::from_spans(id, [span])?;
/// let problems: Vec<String> = trace.problems().iter().map(|p| p.to_string()).collect();
/// assert_eq!(problems, [
///     "no span without a parent",
///     "parent `0000000000000009` of `0000000000000002` is missing",
/// ]);
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// There are spans, each has a parent, and none was called from another process.
    NoRoot,
    /// More than one span has no parent.
    SeveralRoots {
        /// Them, sorted by start, then id; the first is [`Trace::root`].
        span_ids: Vec<SpanId>,
    },
    /// Spans were lost on their way to the collector.
    SpansLost(TraceLosses),
    /// A caller in another process is not here: it may be a system that reports elsewhere,
    /// or nowhere.
    CalledFromElsewhere {
        /// The caller's span.
        parent_span_id: SpanId,
        /// The spans that it has called, sorted by start, then id.
        children: Vec<SpanId>,
    },
    /// A parent is not here (yet), in whose process a child of it is.
    MissingParent {
        /// The missing span.
        parent_span_id: SpanId,
        /// Its children, sorted by start, then id.
        children: Vec<SpanId>,
    },
    /// A span was added more than once.
    Duplicate {
        /// The span.
        span_id: SpanId,
        /// How often it was added.
        reports: usize,
        /// Whether its contents differed; one is kept.
        differing: bool,
    },
    /// A span says that it is its own parent, and no span has none: it stands for a root.
    OwnParent {
        /// The span.
        span_id: SpanId,
    },
    /// Spans are their own ancestors.
    Cycle {
        /// The first by start, then id, and so on up to the one whose parent is
        /// the first; a single one is its own parent.
        span_ids: Vec<SpanId>,
    },
    /// A span's start is not known; [`Trace::times_of`] says what is taken for it.
    UnknownStart {
        /// The span.
        span_id: SpanId,
    },
    /// A span's end is not known; its start is taken for it.
    UnknownEnd {
        /// The span.
        span_id: SpanId,
    },
    /// A span from elsewhere was timed by a clock that differs from the root's;
    /// [`Trace::times_of`] says how it is told, and by which the times are compared.
    ClockDiffers {
        /// The first span of that clock; those below it need no word of their own.
        span_id: SpanId,
        /// By how much, as far as can be told.
        by: Duration,
        /// Whether its clock is ahead of the root's, and not behind it.
        is_ahead: bool,
    },
    /// A span lies partly outside its parent's time, by the root's clock.
    ///
    /// The span is a task that outlives its parent, which is no mistake, or two
    /// clocks differ by less than can be told.
    OutsideParent {
        /// The span.
        span_id: SpanId,
        /// Its parent.
        parent_span_id: SpanId,
        /// How long before the parent it starts; zero if it does not.
        before: Duration,
        /// How long after the parent it ends; zero if it does not.
        after: Duration,
    },
    /// A span ends before it starts.
    EndsBeforeStart {
        /// The span.
        span_id: SpanId,
        /// By how much.
        by: Duration,
    },
}

impl Trace {
    /// Returns what is wrong with the trace, in a fixed order; empty when all is
    /// well.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Problem::of(self)
    }
}

impl Problem {
    pub(super) fn of(trace: &Trace) -> Vec<Self> {
        let mut problems = Vec::new();
        let losses = trace.losses();
        problems.extend((!losses.is_empty()).then_some(Self::SpansLost(losses)));
        problems.extend(roots(trace));
        problems.extend(missing_parents(trace));
        problems.extend(
            trace
                .duplicates()
                .iter()
                .map(|(span_id, reports, differing)| Self::Duplicate {
                    span_id,
                    reports,
                    differing,
                }),
        );
        problems.extend(own_parents(trace));
        problems.extend(cycles(trace));
        problems.extend(times(trace));
        problems
    }
}

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

fn own_parents(trace: &Trace) -> impl Iterator<Item = Problem> {
    let roots = trace.roots().filter(|span| span.parent_span_id.is_some());
    roots.map(|span| Problem::OwnParent {
        span_id: span.span_id,
    })
}

fn cycles(trace: &Trace) -> impl Iterator<Item = Problem> {
    let cycles = trace.forest().cycles.iter();
    cycles.map(|cycle| Problem::Cycle {
        span_ids: trace.at(cycle).map(|span| span.span_id).collect(),
    })
}

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
        // Nothing is outside of what is only guessed.
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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoot => f.write_str("no span without a parent"),
            Self::SeveralRoots { span_ids } => {
                write!(f, "{} roots: {}", span_ids.len(), List(span_ids))
            }
            Self::SpansLost(losses) => losses.fmt(f),
            Self::CalledFromElsewhere {
                parent_span_id,
                children,
            } => {
                let children = List(children);
                write!(f, "{children} called from `{parent_span_id}`, elsewhere")
            }
            Self::MissingParent {
                parent_span_id,
                children,
            } => {
                let children = List(children);
                write!(f, "parent `{parent_span_id}` of {children} is missing")
            }
            Self::Duplicate {
                span_id,
                reports,
                differing,
            } => {
                let contents = if *differing { "different" } else { "the same" };
                write!(
                    f,
                    "span `{span_id}` came {reports} times with {contents} content"
                )
            }
            Self::OwnParent { span_id } => {
                write!(
                    f,
                    "span `{span_id}` is its own parent: it is taken for a root"
                )
            }
            Self::UnknownStart { span_id } => {
                write!(f, "the start of span `{span_id}` is not known")
            }
            Self::UnknownEnd { span_id } => {
                write!(f, "the end of span `{span_id}` is not known")
            }
            Self::ClockDiffers {
                span_id,
                by,
                is_ahead,
            } => {
                let side = if *is_ahead { "ahead of" } else { "behind" };
                write!(
                    f,
                    "the clock of span `{span_id}` is {by:?} {side} the root's"
                )
            }
            Self::Cycle { span_ids } => {
                write!(f, "spans are their own ancestors: {}", List(span_ids))
            }
            Self::OutsideParent {
                span_id,
                parent_span_id,
                before,
                after,
            } => {
                write!(f, "span `{span_id}`")?;
                if !before.is_zero() {
                    write!(f, " starts {before:?} before")?;
                }
                if !before.is_zero() && !after.is_zero() {
                    f.write_str(" and")?;
                }
                if !after.is_zero() {
                    write!(f, " ends {after:?} after")?;
                }
                write!(f, " its parent `{parent_span_id}`")
            }
            Self::EndsBeforeStart { span_id, by } => {
                write!(f, "span `{span_id}` ends {by:?} before it starts")
            }
        }
    }
}

/// Writes some ids and the number of the others.
struct List<'a>(&'a [SpanId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        for (index, span_id) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{span_id}`")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
