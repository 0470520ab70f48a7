//! Self times: the time that a span did not spend in its children.

use std::time::Duration;

use super::trace::Trace;
use crate::value::{SpanId, SpanRecord};

impl Trace {
    /// Returns the time of a span in which none of its children ran; `None` if there is no
    /// span with this id.
    ///
    /// Overlapping children count once. The time of a child outside of the span does not
    /// count. If both ends of a call have this id, returns the self time of the calling end.
    /// The answering end is its child.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_core::{SpanId, SpanRecord, Timestamp, Trace, TraceId};
    ///
    /// let id = TraceId::new(1).unwrap();
    /// let span = |number, parent, start, end| {
    ///     let mut span = SpanRecord::new(id, SpanId::new(number).unwrap(), "op");
    ///     span.parent_span_id = SpanId::new(parent);
    ///     span.start = Timestamp::from_unix_nanos(start);
    ///     span.end = Timestamp::from_unix_nanos(end);
    ///     span
    /// };
    /// let spans = [span(1, 0, 0, 100), span(2, 1, 10, 50), span(3, 1, 30, 60)];
    /// let trace = Trace::from_spans(id, spans)?;
    /// let root = trace.root().unwrap().span_id;
    /// assert_eq!(trace.self_time(root), Some(Duration::from_nanos(50)));
    /// # Ok::<(), trace_core::ForeignSpanError>(())
    /// ```
    #[must_use]
    pub fn self_time(&self, span_id: SpanId) -> Option<Duration> {
        Some(self.self_time_at(self.position(span_id)?))
    }

    /// Returns every span with its [self time](Self::self_time), sorted by start, then id.
    /// The computation is linear in the number of spans.
    pub fn self_times(&self) -> impl Iterator<Item = (&SpanRecord, Duration)> {
        let spans = self.by_position();
        let order = self.forest().order.iter();
        order.map(move |position| (&spans[*position], self.self_time_at(*position)))
    }

    fn self_time_at(&self, position: usize) -> Duration {
        let own = self.interval(position);
        let children = self.forest().children(position).iter();
        let mut total = Duration::ZERO;
        // The time before `until` is counted already. The children are sorted by start.
        let mut until = own.start;
        for child in children.map(|child| self.interval(*child)) {
            if child.start < child.end {
                total += child.start.min(own.end) - until;
                until = until.max(child.end);
            }
        }
        total + (own.end - until)
    }
}
