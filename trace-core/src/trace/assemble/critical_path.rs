//! The critical path: the spans that determine the duration of a trace.

use std::hash::Hash;
use std::time::Duration;

use super::timeline::Interval;
use super::trace::Trace;
use crate::process::maps::HashMap;
use crate::value::{SpanId, SpanKind, SpanRecord, Timestamp};

/// A period in which the trace waited for this span itself, and not for one of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriticalPathSection {
    /// The span.
    pub span_id: SpanId,
    /// Its kind, which distinguishes the two ends of a call if they share an id.
    pub kind: SpanKind,
    /// When the section starts.
    pub start: Timestamp,
    /// When it ends; always after `start`.
    pub end: Timestamp,
}

impl CriticalPathSection {
    /// Returns the time from start to end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

/// A span that the walk is in, or to which it will return.
struct WalkedSpan {
    position: usize,
    start: Timestamp,
    /// The time from here to the span's end is already in the path.
    until: Timestamp,
    /// The children that the walk has not visited, each with its time clipped to that of its
    /// ancestors. The child that ends last is at the end of the list.
    children: Vec<(usize, Interval)>,
}

impl Trace {
    /// Returns the critical path of the root, in the order of time.
    ///
    /// Judged by the times alone, shortening a section would shorten the trace. The sections
    /// follow each other without a gap. Together they cover exactly the root's time. If the
    /// root's start is unknown, they cover the time from the trace's start to the root's end.
    /// Without a root, this is the path of the first of [`top_spans`](Self::top_spans).
    ///
    /// The walk begins at the root's end and goes back in time. It enters the child that
    /// ended last. At the start of that child, it continues in the parent, with the child that
    /// ended last before that time. If siblings overlap, the sibling that ends later counts,
    /// and a sibling that ends within it is left out. If they end together, the sibling that
    /// starts first counts. Each span is first clipped to its parent's time. A span that is
    /// entirely outside of this time is left out with its children. Producer and consumer
    /// spans are left out too, because no span waits for them. All times are those of
    /// [`times_of`](Self::times_of).
    ///
    /// Source: Jaeger's critical path (`criticalpath` of the query service and
    /// `CriticalPath` of its UI). A child that ends exactly when the next one starts is on
    /// the path, as in the query service; the UI leaves it out.
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
        let sections = self.sections(*top).into_iter();
        let section = |(position, Interval { start, end })| {
            let span: &SpanRecord = &self.by_position()[position];
            CriticalPathSection {
                span_id: span.span_id,
                kind: span.kind,
                start,
                end,
            }
        };
        sections.map(section).collect()
    }

    /// Returns the time of each span on the critical path, in the order in which the path
    /// first reaches the spans. If both ends of a call share an id, one entry has the time of
    /// both.
    #[must_use]
    pub fn critical_path_times(&self) -> Vec<(SpanId, Duration)> {
        let path = self.critical_path().into_iter();
        summed(path.map(|section| (section.span_id, section.duration())))
    }

    /// Like [`critical_path_times`](Self::critical_path_times), but with an entry for each end
    /// of a call.
    pub(crate) fn critical_path_spans(&self) -> Vec<(&SpanRecord, Duration)> {
        let top = self.forest().tops.first();
        let path = top.map(|top| self.sections(*top)).unwrap_or_default();
        let path = path.into_iter();
        let times = summed(path.map(|(position, section)| (position, section.duration())));
        let spans = times.into_iter();
        spans
            .map(|(position, time)| (&self.by_position()[position], time))
            .collect()
    }

    /// Returns the path of `top`, as positions and times. Does not recurse, because a trace
    /// may be deeper than the thread's stack.
    fn sections(&self, top: usize) -> Vec<(usize, Interval)> {
        let mut path = Vec::new();
        let mut stack = vec![self.walk_into(top, self.top_interval(top))];
        while let Some(walked) = stack.last_mut() {
            let next = loop {
                // A child that ends after `until` ends within a sibling that is on the path.
                match walked.children.pop() {
                    Some((_, child)) if child.end > walked.until => {}
                    next => break next,
                }
            };
            let from = next.map_or(walked.start, |(_, child)| child.end);
            if from < walked.until {
                let section = Interval {
                    start: from,
                    end: walked.until,
                };
                path.push((walked.position, section));
            }
            match next {
                Some((position, child)) => {
                    walked.until = child.start;
                    let child = self.walk_into(position, child);
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

    /// Begins the walk in a span. `own` is its clipped time.
    fn walk_into(&self, position: usize, own: Interval) -> WalkedSpan {
        let spans = self.by_position();
        let children = self.forest().children(position).iter();
        let mut children: Vec<(usize, Interval)> = children
            .filter(|child| !spans[**child].kind.is_of_message())
            .filter_map(|child| Some((*child, self.interval(*child).clipped(own)?)))
            .collect();
        // The sort is stable, so among equal ends the first child by start and id comes last.
        children.reverse();
        children.sort_by_key(|(_, child)| child.end);
        WalkedSpan {
            position,
            start: own.start,
            until: own.end,
            children,
        }
    }
}

/// Adds up the times of each key, in the order in which the keys first occur.
fn summed<K: Copy + Eq + Hash>(
    sections: impl Iterator<Item = (K, Duration)>,
) -> Vec<(K, Duration)> {
    let mut times: Vec<(K, Duration)> = Vec::new();
    let mut indices: HashMap<K, usize> = HashMap::default();
    for (key, section) in sections {
        let index = *indices.entry(key).or_insert(times.len());
        match times.get_mut(index) {
            Some((_, time)) => *time += section,
            None => times.push((key, section)),
        }
    }
    times
}

impl Interval {
    /// Returns the part of this interval within `outer`; `None` if they do not overlap.
    fn clipped(self, outer: Self) -> Option<Self> {
        let start = self.start.max(outer.start);
        let end = self.end.min(outer.end);
        (start <= end).then_some(Self { start, end })
    }
}
