//! Computes when the spans of a trace ran, by one clock.
//!
//! The spans of a trace are timed by several clocks, which differ, and some times are unknown.
//! All code that compares spans (the order, durations, the critical path, the tree) uses the
//! times computed here. The spans themselves keep their own times.
//!
//! The clock of the root, and of every other span whose parent is not in the trace, counts as
//! right. A span in the same service and process as its parent has its parent's clock. The
//! clock of any other span is wrong if the span starts before its parent, or after the end of
//! a parent that waited for it. Such a span is moved into the middle of its parent's time. The
//! call takes longer than the answer, and the two transfers are assumed to share the
//! difference equally. A span that took longer than its parent is moved to its parent's start.
//! All descendants move with the span.
//!
//! This is Jaeger's rule (`clockskew.go` of its query service), with these exceptions, which
//! do not indicate another clock:
//!
//! - A span that starts within its parent's time is not moved, even if it ends later. It may
//!   continue after its caller has received the answer or has given up.
//! - A span that its parent did not wait for may start up to [`PLAUSIBLE_DELAY`] after the
//!   parent's end. The parent is assumed not to wait if the span took longer than the parent,
//!   or if the parent was cancelled or is not a client. It is also assumed if only the
//!   service's name differs, because the span may then run in its parent's process.
//! - A message may wait for any time. A consumer is moved only if it starts before its message
//!   was sent. It is then moved to that time.
//! - A difference of less than [`TOLERANCE`] is ignored.
//!
//! A time of zero is unknown. An unknown start is replaced by the parent's start, or by the
//! span's own end if it is earlier or if there is no parent. An unknown end is replaced by the
//! start.

use std::time::Duration;

use crate::value::{Outcome, SpanKind, SpanRecord, Timestamp};

/// How long after its parent's end a span may start if the parent did not wait for it. If it
/// starts later, its clock counts as wrong.
const PLAUSIBLE_DELAY: Duration = Duration::from_secs(60);

/// How much the times of two tracers on one machine may differ.
const TOLERANCE: Duration = Duration::from_millis(1);

/// The end of 1970. A trace with only earlier times comes from a test's clock that starts at
/// zero. In such a trace, zero is a known time.
const REAL_TIMES: Timestamp = Timestamp::from_unix_nanos(365 * 24 * 3600 * 1_000_000_000);

/// A start and an end. As in a span, the end may come before the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// A remark about a span's times, for the tree and the problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) start_is_unknown: bool,
    pub(crate) end_is_unknown: bool,
    /// How many nanoseconds the span's clock is ahead of the root's. Set only in the first
    /// span with that clock, and zero in the spans below it.
    pub(crate) ahead: i64,
}

/// The times of all spans, by position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    intervals: Vec<Interval>,
    /// The nanoseconds that were added to each span's times; empty if all are zero.
    shifts: Vec<i64>,
    /// The remarks that are not empty, sorted by position.
    remarks: Vec<(usize, Remark)>,
}

impl Timeline {
    /// Computes the times of all spans. `parents` contains the parent of each position.
    /// `downwards` contains all positions, each after its parent.
    pub(super) fn new(
        spans: &[SpanRecord],
        parents: &[Option<usize>],
        downwards: impl Iterator<Item = usize>,
    ) -> Self {
        let mut timeline = Self {
            intervals: vec![Interval::default(); spans.len()],
            ..Self::default()
        };
        let known = KnownTimes::from_spans(spans);
        for position in downwards {
            let span = &spans[position];
            let parent = parents[position].map(|parent| Parent {
                span: &spans[parent],
                interval: timeline.intervals[parent],
                shift: timeline.shift(parent),
            });
            let (interval, shift, remark) = known.compute_times(span, parent);
            timeline.intervals[position] = interval;
            if shift != 0 {
                timeline.shifts.resize(spans.len(), 0);
                timeline.shifts[position] = shift;
            }
            if remark != Remark::default() {
                timeline.remarks.push((position, remark));
            }
        }
        timeline
            .remarks
            .sort_unstable_by_key(|(position, _)| *position);
        timeline
    }

    pub(crate) fn interval(&self, position: usize) -> Interval {
        self.intervals[position]
    }

    /// Converts a time of the span at `position`, such as that of a log, to the root's clock.
    pub(crate) fn time(&self, position: usize, time: Timestamp) -> Timestamp {
        shifted(time, self.shift(position))
    }

    pub(crate) fn remark(&self, position: usize) -> Remark {
        let found = self.remarks.binary_search_by_key(&position, |(at, _)| *at);
        found.map_or_else(|_| Remark::default(), |index| self.remarks[index].1)
    }

    /// Returns whether every span keeps its own times.
    pub(super) fn is_plain(&self) -> bool {
        self.shifts.is_empty() && self.remarks.is_empty()
    }

    fn shift(&self, position: usize) -> i64 {
        self.shifts.get(position).copied().unwrap_or(0)
    }
}

impl Interval {
    pub(crate) fn duration(self) -> Duration {
        self.end - self.start
    }

    fn shifted(self, nanos: i64) -> Self {
        Self {
            start: shifted(self.start, nanos),
            end: shifted(self.end, nanos),
        }
    }
}

/// A parent, with its computed times.
#[derive(Clone, Copy)]
struct Parent<'a> {
    span: &'a SpanRecord,
    interval: Interval,
    shift: i64,
}

/// Which times of a trace count as known.
#[derive(Clone, Copy)]
struct KnownTimes {
    zero_is_a_time: bool,
    /// The earliest start or end that is not zero; zero if there is none.
    earliest: Timestamp,
}

impl KnownTimes {
    fn from_spans(spans: &[SpanRecord]) -> Self {
        let times = || spans.iter().flat_map(|span| [span.start, span.end]);
        let earliest = times().filter(|time| *time > Timestamp::default()).min();
        Self {
            zero_is_a_time: times().all(|time| time < REAL_TIMES),
            earliest: earliest.unwrap_or_default(),
        }
    }

    /// Returns when the span ran, the nanoseconds that were added to its times, and the
    /// remark.
    fn compute_times(
        self,
        span: &SpanRecord,
        parent: Option<Parent<'_>>,
    ) -> (Interval, i64, Remark) {
        let zero = Timestamp::default();
        let start_is_unknown = span.start == zero && !self.zero_is_a_time;
        // Even by a test's clock, a span that starts after zero cannot end at zero.
        let end_is_unknown = span.end == zero && (span.start > zero || start_is_unknown);
        let told = Interval {
            start: if start_is_unknown {
                span.end
            } else {
                span.start
            },
            end: if end_is_unknown { span.start } else { span.end },
        };
        let shift = match parent {
            None => 0,
            Some(parent) if start_is_unknown && end_is_unknown => parent.shift,
            Some(parent) => shift(span, told, parent),
        };
        let mut interval = told.shifted(shift);
        if start_is_unknown {
            let above = parent.map(|parent| parent.interval.start);
            interval.start = match (above, end_is_unknown) {
                (Some(above), true) => above,
                (Some(above), false) => above.min(interval.end),
                (None, true) => self.earliest,
                (None, false) => interval.end,
            };
            if end_is_unknown {
                interval.end = interval.start;
            }
        }
        let above = parent.map_or(0, |parent| parent.shift);
        // A span with its parent's shift needs no remark, unless it certainly has another
        // clock with the same deviation.
        let is_said = shift != above
            || parent.is_some_and(|parent| clock(span, parent.span) == OtherClock::Certain);
        let remark = Remark {
            start_is_unknown,
            end_is_unknown,
            ahead: if is_said { shift.saturating_neg() } else { 0 },
        };
        (interval, shift, remark)
    }
}

/// Whether a span may have a different clock from its parent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OtherClock {
    No,
    /// The span is of another service, which may run in the same process.
    Perhaps,
    Certain,
}

/// Returns whether the span may have a different clock from its parent's.
fn clock(span: &SpanRecord, parent: &SpanRecord) -> OtherClock {
    let is_call = span.kind.is_answer() || parent.kind.is_call();
    let is_other_service = span.service_name != parent.service_name;
    if span.parent_is_remote || span.span_id == parent.span_id || (is_other_service && is_call) {
        OtherClock::Certain
    } else if is_other_service {
        OtherClock::Perhaps
    } else {
        OtherClock::No
    }
}

/// Returns how many nanoseconds to add to the times of a span. `told` contains its own times.
fn shift(span: &SpanRecord, told: Interval, parent: Parent<'_>) -> i64 {
    let (is_certain, candidates) = match clock(span, parent.span) {
        OtherClock::No => return parent.shift,
        // Its parent's clock comes first, because the process may be the same. Then comes the
        // root's clock.
        OtherClock::Perhaps => (false, [parent.shift, 0]),
        OtherClock::Certain => (true, [0, parent.shift]),
    };
    let outer = parent.interval;
    let is_message = span.kind == SpanKind::Consumer || parent.span.kind == SpanKind::Producer;
    let has_answered = !is_message
        && parent.span.outcome != Outcome::Cancelled
        && told.duration() <= outer.duration();
    let is_call = parent.span.kind == SpanKind::Client || parent.span.span_id == span.span_id;
    let delay = match has_answered && is_certain && is_call {
        true => TOLERANCE,
        false => PLAUSIBLE_DELAY,
    };
    let latest = outer.end.max(outer.start) + delay;
    let is_plausible = |shift: &i64| {
        let start = shifted(told.start, *shift);
        start + TOLERANCE >= outer.start && (is_message || start <= latest)
    };
    if let Some(shift) = candidates.into_iter().find(is_plausible) {
        return shift;
    }
    let way_there = match has_answered {
        true => (outer.duration() - told.duration()) / 2,
        false => Duration::ZERO,
    };
    difference(outer.start + way_there, told.start)
}

/// Returns `to - from` in nanoseconds.
fn difference(to: Timestamp, from: Timestamp) -> i64 {
    let (ahead, behind) = (to - from, from - to);
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    nanos(ahead) - nanos(behind)
}

/// Adds nanoseconds to a time. Does not go below zero.
fn shifted(time: Timestamp, nanos: i64) -> Timestamp {
    Timestamp::from_unix_nanos(time.as_unix_nanos().saturating_add_signed(nanos))
}
