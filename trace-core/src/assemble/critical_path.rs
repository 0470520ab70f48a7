//! What a trace's duration is made of.

use std::collections::HashMap;
use std::time::Duration;

use super::trace::Trace;
use crate::id::SpanId;
use crate::span_record::SpanKind;
use crate::timestamp::Timestamp;

/// A time in which the trace waited for this span itself, and for none of its
/// children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriticalPathSection {
    /// The span.
    pub span_id: SpanId,
    /// From when.
    pub start: Timestamp,
    /// Until when; after `start`.
    pub end: Timestamp,
}

impl CriticalPathSection {
    /// Returns the time from start to end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

/// A time within a span's own, clipped to all spans above it.
#[derive(Clone, Copy)]
struct Interval {
    start: Timestamp,
    end: Timestamp,
}

/// A span that the walk is in.
struct Visit {
    position: usize,
    start: Timestamp,
    /// Everything after is accounted for.
    until: Timestamp,
    /// Children that were not looked at, the one that ends last at the end.
    children: Vec<(usize, Interval)>,
}

impl Trace {
    /// Returns the critical path below the root, in the order of time.
    ///
    /// Shortening one of its sections would shorten the trace, as far as times
    /// can tell. The sections follow each other without a gap and together take
    /// exactly the root's time. Without a root, the path is that of the first of
    /// [`top_spans`](Self::top_spans).
    ///
    /// The walk starts at the root's end and goes back in time. It enters the child
    /// that ended last; where that child starts, it goes on in the parent with the
    /// child that ended last before that. Of overlapping siblings the one that ends
    /// later counts, and one that ends within it is left out. Among those that end
    /// together, the one that starts first counts. Before the walk, every span is
    /// clipped to its parent's time, and one that lies outside it altogether is left
    /// out with its children, and so is a producer or consumer span, which nobody
    /// waits for.
    ///
    /// Source: Jaeger's critical path (`criticalpath` of the query service and
    /// `CriticalPath` of its UI). As in the query service, a child that ends exactly
    /// when the next one starts is on the path; the UI leaves it out.
    ///
    /// ```
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
    /// let path = Trace::from_spans(id, spans)?.critical_path();
    /// let path: Vec<u64> = path.iter().map(|section| section.span_id.get()).collect();
    /// assert_eq!(path, [1, 3, 1]); // 2 ends while 3 still runs
    /// # Ok::<(), trace_core::ForeignSpanError>(())
    /// ```
    #[must_use]
    pub fn critical_path(&self) -> Vec<CriticalPathSection> {
        let Some(top) = self.forest().tops.first() else {
            return Vec::new();
        };
        let mut path = Vec::new();
        let mut stack = vec![self.visit(*top, self.interval(*top))];
        while let Some(visit) = stack.last_mut() {
            let next = loop {
                match visit.children.pop() {
                    Some((_, child)) if child.end > visit.until => {}
                    next => break next,
                }
            };
            let from = next.map_or(visit.start, |(_, child)| child.end);
            if from < visit.until {
                path.push(CriticalPathSection {
                    span_id: self.by_position()[visit.position].span_id,
                    start: from,
                    end: visit.until,
                });
            }
            match next {
                Some((position, child)) => {
                    visit.until = child.start;
                    let child = self.visit(position, child);
                    stack.push(child);
                }
                None => {
                    stack.pop();
                }
            }
        }
        path.reverse();
        path
    }

    /// Returns the time each span has on the critical path, in the order in which
    /// the path first comes to them.
    #[must_use]
    pub fn critical_path_times(&self) -> Vec<(SpanId, Duration)> {
        let mut times: Vec<(SpanId, Duration)> = Vec::new();
        let mut by_id: HashMap<SpanId, usize> = HashMap::new();
        for section in self.critical_path() {
            let index = *by_id.entry(section.span_id).or_insert(times.len());
            match times.get_mut(index) {
                Some((_, time)) => *time += section.duration(),
                None => times.push((section.span_id, section.duration())),
            }
        }
        times
    }

    fn visit(&self, position: usize, own: Interval) -> Visit {
        let spans = self.by_position();
        let children = self.forest().children(position).iter();
        let mut children: Vec<(usize, Interval)> = children
            .filter(|child| is_waited_for(spans[**child].kind))
            .filter_map(|child| Some((*child, self.interval(*child).clipped(own)?)))
            .collect();
        // Stable, so that among equal ends the first by start and id comes last.
        children.reverse();
        children.sort_by_key(|(_, child)| child.end);
        Visit {
            position,
            start: own.start,
            until: own.end,
            children,
        }
    }

    fn interval(&self, position: usize) -> Interval {
        let span = &self.by_position()[position];
        Interval {
            start: span.start,
            end: span.end,
        }
    }
}

impl Interval {
    /// Returns the part within `outer`; `None` if there is none.
    fn clipped(self, outer: Self) -> Option<Self> {
        let start = self.start.max(outer.start);
        let end = self.end.min(outer.end);
        (start <= end).then_some(Self { start, end })
    }
}

fn is_waited_for(kind: SpanKind) -> bool {
    !matches!(kind, SpanKind::Producer | SpanKind::Consumer)
}
