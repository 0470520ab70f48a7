//! The problems that a trace can have, and their texts.
//!
//! [`problem_search`](super::problem_search) finds them.

use std::fmt;
use std::time::Duration;

use crate::stream::decode::TraceLosses;
use crate::value::SpanId;

/// Something that is wrong with a trace, or looks wrong.
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
    /// Every span names a parent, and none was called from another process.
    NoRoot,
    /// More than one span has no parent.
    SeveralRoots {
        /// The spans without a parent, sorted by start, then id. The first is
        /// [`Trace::root`](crate::Trace::root).
        span_ids: Vec<SpanId>,
    },
    /// Spans were lost on their way to the collector.
    SpansLost(TraceLosses),
    /// A caller in another process is missing. It may report to another collector, or to none.
    CalledFromElsewhere {
        /// The caller's span.
        parent_span_id: SpanId,
        /// The called spans, sorted by start, then id.
        children: Vec<SpanId>,
    },
    /// A parent is missing that should come from the process of one of its children. It may
    /// still come.
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
        /// Whether the copies differed. One of them is kept.
        differing: bool,
    },
    /// A span names itself as parent. It counts as a root, because every span names a parent.
    OwnParent {
        /// The span.
        span_id: SpanId,
    },
    /// Spans are their own ancestors.
    Cycle {
        /// The first span by start, then id; then its parent, and so on, up to its child. A
        /// span that is its own parent is the only one.
        span_ids: Vec<SpanId>,
    },
    /// A span's start is unknown. [`Trace::times_of`](crate::Trace::times_of) describes its
    /// replacement.
    UnknownStart {
        /// The span.
        span_id: SpanId,
    },
    /// A span's end is unknown. Its start replaces it.
    UnknownEnd {
        /// The span.
        span_id: SpanId,
    },
    /// The clock of a span from another service or process differs from the root's.
    /// [`Trace::times_of`](crate::Trace::times_of) describes how this is recognized, and which
    /// times are compared.
    ClockDiffers {
        /// The first span with that clock. Its descendants are not reported.
        span_id: SpanId,
        /// The difference, estimated from the times.
        by: Duration,
        /// Whether the clock is ahead of the root's; otherwise it is behind.
        is_ahead: bool,
    },
    /// A span ran partly outside of its parent's time, by the root's clock.
    ///
    /// Either the span is a task that outlives its parent, which is not a mistake, or two
    /// clocks differ too little to be recognized.
    OutsideParent {
        /// The span.
        span_id: SpanId,
        /// Its parent.
        parent_span_id: SpanId,
        /// How long it starts before its parent starts; zero if it does not.
        before: Duration,
        /// How long it ends after its parent ends; zero if it does not.
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

/// Writes the first ids, and how many more there are.
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
