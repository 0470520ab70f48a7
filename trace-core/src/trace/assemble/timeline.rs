//! When the spans of a trace ran, on one clock.
//!
//! A trace's spans are timed by several clocks, which differ, and some times are not
//! known at all. Whatever compares spans (the order, durations, the critical path, the
//! tree) uses the times here; the spans keep their own.
//!
//! The clock of the root, and of every other span that hangs below nothing, is taken to
//! be right, and a span of the same service and process as its parent has its parent's
//! clock. Of one from elsewhere the clock is wrong if it starts before its parent, or
//! after its parent's end where the parent waited for it. Then it is moved into the
//! middle of its parent's time: what the call takes longer than the answer is taken to
//! be the way there and back, in equal parts. One that took longer than its parent is
//! moved to its parent's start. All below it moves with it.
//!
//! That is the rule of Jaeger (`clockskew.go` of its query service), but for what is no
//! sign of another clock:
//!
//! - A span that begins within its parent's time is left where it is, also if it ends
//!   after it: it may go on when its caller has its answer, or has given up.
//! - Nobody waited for a span that took longer than its parent, whose parent was
//!   cancelled or is no client, or that only another service's name tells from its
//!   parent, since it may run in the same process: it may begin [`PLAUSIBLE_DELAY`]
//!   after its parent's end.
//! - A message may wait for any time. Its consumer is moved if it starts before it was
//!   sent, and then to that time.
//! - Less than [`TOLERANCE`] is nothing.
//!
//! A time of zero is unknown. An unknown start is the parent's, or the span's own end
//! where that is earlier or there is no parent; an unknown end is the start.

use std::time::Duration;

use crate::value::{Outcome, SpanKind, SpanRecord, Timestamp};

/// How long after its cause a task that nobody waits for may start, and it is not the
/// clocks that differ.
const PLAUSIBLE_DELAY: Duration = Duration::from_secs(60);

/// What two tracers' ideas of one machine's time may differ by.
const TOLERANCE: Duration = Duration::from_millis(1);

/// A trace whose times are all before this is one of a test, whose clock starts at
/// zero: there zero is a time.
const REAL_TIMES: Timestamp = Timestamp::from_unix_nanos(365 * 24 * 3600 * 1_000_000_000);

/// From when until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// What is to be said of a span's times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) start_is_unknown: bool,
    pub(crate) end_is_unknown: bool,
    /// By how many nanoseconds the span's clock is ahead of the root's; said where
    /// the trace comes to that clock.
    pub(crate) ahead: i64,
}

/// The times of all spans, by position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    intervals: Vec<Interval>,
    /// What was added to a span's times; empty if nothing was to any.
    shifts: Vec<i64>,
    /// Sorted by position.
    remarks: Vec<(usize, Remark)>,
}

impl Timeline {
    /// Takes the parents and all positions, each after its parent's.
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
            let (interval, shift, remark) = known.place(span, parent);
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

    /// Returns a time that was taken by the clock of the span at `position`.
    pub(crate) fn time(&self, position: usize, time: Timestamp) -> Timestamp {
        shifted(time, self.shift(position))
    }

    pub(crate) fn remark(&self, position: usize) -> Remark {
        let found = self.remarks.binary_search_by_key(&position, |(at, _)| *at);
        found.map_or_else(|_| Remark::default(), |index| self.remarks[index].1)
    }

    /// Whether every span has the times that it says.
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

#[derive(Clone, Copy)]
struct Parent<'a> {
    span: &'a SpanRecord,
    interval: Interval,
    shift: i64,
}

/// Which times of a trace are known.
#[derive(Clone, Copy)]
struct KnownTimes {
    zero_is_a_time: bool,
    /// The earliest start or end that is no zero.
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

    /// Returns when the span ran, what was added to its times, and what is to be said.
    fn place(self, span: &SpanRecord, parent: Option<Parent<'_>>) -> (Interval, i64, Remark) {
        let zero = Timestamp::default();
        let start_is_unknown = span.start == zero && !self.zero_is_a_time;
        // Also by a test's clock nothing ends at zero that starts later.
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

/// Whether a span may be timed by another clock than its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OtherClock {
    No,
    /// Another service, which may run in the same process.
    Perhaps,
    Certain,
}

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

/// Returns what to add to the times of a span that is told to have run at `told`.
fn shift(span: &SpanRecord, told: Interval, parent: Parent<'_>) -> i64 {
    let (is_certain, candidates) = match clock(span, parent.span) {
        OtherClock::No => return parent.shift,
        // The clock of the process above, before that of the root.
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

fn shifted(time: Timestamp, nanos: i64) -> Timestamp {
    Timestamp::from_unix_nanos(time.as_unix_nanos().saturating_add_signed(nanos))
}
