//! The public methods for the times of a trace and its spans.
//!
//! The rule for different clocks is in [`timeline`](super::timeline).

use std::ops::Range;
use std::time::Duration;

use super::timeline::Interval;
use super::trace::Trace;
use crate::value::{SpanRecord, Timestamp};

impl Trace {
    /// Returns the earliest start of a span.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.intervals().map(|interval| interval.start).min()
    }

    /// Returns the latest end of a span.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.intervals().map(|interval| interval.end).max()
    }

    /// Returns when a span ran, by the clock of the trace's root. These are the span's own
    /// times, unless they are unknown or its clock differs from the root's.
    ///
    /// Differing clocks are adjusted as in Jaeger's clock skew adjuster. The rule applies to a
    /// span whose service or process differs from its parent's. If the span starts before its
    /// parent, or after the end of a client that waited for it, it is moved into the middle of
    /// its parent's time. If it took longer than its parent, it is moved to the parent's
    /// start. All its descendants move with it. A span that its parent did not wait for may
    /// start up to a minute after the parent's end. A consumer may start at any time after its
    /// message was sent. Unlike in Jaeger, a span that starts within its parent's time and
    /// ends later is not moved. It may continue after its caller has received the answer.
    ///
    /// An unknown start is replaced by the parent's start, or by the span's own end if it is
    /// earlier or if there is no parent. An unknown end is replaced by the start. A time of
    /// zero is unknown, unless all times of the trace are in 1970, as with a test's clock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_core::{SpanId, SpanKind, SpanRecord, Timestamp, Trace, TraceId};
    ///
    /// let id = TraceId::new(1).unwrap();
    /// let at = |seconds: u64| Timestamp::from_unix_nanos(seconds * 1_000_000_000);
    /// let mut call = SpanRecord::new(id, SpanId::new(1).unwrap(), "pay");
    /// call.kind = SpanKind::Client;
    /// call.end = at(10);
    /// let mut answer = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
    /// answer.parent_span_id = Some(call.span_id);
    /// answer.parent_is_remote = true;
    /// answer.start = at(3_600); // by a clock that is fast
    /// answer.end = at(3_606);
    ///
    /// let trace = Trace::from_spans(id, [call, answer.clone()])?;
    /// assert_eq!(trace.times_of(&answer), at(2)..at(8));
    /// assert_eq!(trace.duration(), Some(Duration::from_secs(10)));
    /// # Ok::<(), trace_core::ForeignSpanError>(())
    /// ```
    ///
    /// Source: Jaeger, `clockskew.go` of the query service.
    #[must_use]
    pub fn times_of(&self, span: &SpanRecord) -> Range<Timestamp> {
        match self.position_of(span) {
            Some(position) => {
                let Interval { start, end } = self.interval(position);
                start..end
            }
            None => span.start..span.end,
        }
    }

    /// Returns the time from the earliest start to the latest end.
    ///
    /// This is longer than the root's duration if a span outlives the root.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        Some(self.end()? - self.start()?)
    }

    /// Returns when the span at a position ran, by the root's clock.
    pub(crate) fn interval(&self, position: usize) -> Interval {
        self.forest().timeline.interval(position)
    }

    fn intervals(&self) -> impl Iterator<Item = Interval> {
        (0..self.len()).map(|position| self.interval(position))
    }

    /// Returns the interval of a top span. The critical path covers this interval, and other
    /// spans are drawn within it. If the start of the span is unknown, the interval begins
    /// with the trace.
    pub(crate) fn top_interval(&self, top: usize) -> Interval {
        let mut interval = self.interval(top);
        if self.forest().timeline.remark(top).start_is_unknown {
            interval.start = self.start().unwrap_or(interval.start);
        }
        interval
    }
}
