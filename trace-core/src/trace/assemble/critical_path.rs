//! What a trace's duration is made of.

use std::hash::Hash;
use std::time::Duration;

use super::timeline::Interval;
use super::trace::Trace;
use crate::process::maps::HashMap;
use crate::value::{SpanId, SpanKind, SpanRecord, Timestamp};

/// A time in which the trace waited for this span itself, and for none of its
/// children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CriticalPathSection {
    /// The span.
    pub span_id: SpanId,
    /// Its kind, which tells the two ends of a call apart where they have one id.
    pub kind: SpanKind,
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

/// A span that the walk is in.
struct WalkedSpan {
    position: usize,
    start: Timestamp,
    /// Everything after is accounted for.
    until: Timestamp,
    /// Children that were not looked at, the one that ends last at the end, each with
    /// its time, clipped to that of all spans above it.
    children: Vec<(usize, Interval)>,
}

impl Trace {
    /// Returns the critical path below the root, in the order of time.
    ///
    /// Shortening one of its sections would shorten the trace, as far as times
    /// can tell. The sections follow each other without a gap and together take
    /// exactly the root's time, or the time from the trace's start to the root's end where
    /// the root's start is not known. Without a root, the path is that of the first of
    /// [`top_spans`](Self::top_spans).
    ///
    /// The walk starts at the root's end and goes back in time. It enters the child
    /// that ended last; where that child starts, it goes on in the parent with the
    /// child that ended last before that. Of overlapping siblings the one that ends
    /// later counts, and one that ends within it is left out. Among those that end
    /// together, the one that starts first counts. Before the walk, every span is
    /// clipped to its parent's time, and one that lies outside it altogether is left
    /// out with its children, and so is a producer or consumer span, which nobody
    /// waits for. All times are those of [`times_of`](Self::times_of).
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

    /// Returns the time each span has on the critical path, in the order in which
    /// the path first comes to them; that of both ends of a call, where they have one
    /// id.
    #[must_use]
    pub fn critical_path_times(&self) -> Vec<(SpanId, Duration)> {
        let path = self.critical_path().into_iter();
        summed(path.map(|section| (section.span_id, section.duration())))
    }

    /// Returns the time each span has on the critical path, as
    /// [`critical_path_times`](Self::critical_path_times), and each end of a call for
    /// itself.
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

    /// Returns the path below `top`, as positions and times.
    fn sections(&self, top: usize) -> Vec<(usize, Interval)> {
        let mut path = Vec::new();
        let mut stack = vec![self.walk_into(top, self.top_interval(top))];
        while let Some(walked) = stack.last_mut() {
            let next = loop {
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

    fn walk_into(&self, position: usize, own: Interval) -> WalkedSpan {
        let spans = self.by_position();
        let children = self.forest().children(position).iter();
        let mut children: Vec<(usize, Interval)> = children
            .filter(|child| !spans[**child].kind.is_of_message())
            .filter_map(|child| Some((*child, self.interval(*child).clipped(own)?)))
            .collect();
        // Stable, so that among equal ends the first by start and id comes last.
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

/// Adds the times of each key up, in the order in which the keys first come.
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
    /// Returns the part within `outer`; `None` if there is none.
    fn clipped(self, outer: Self) -> Option<Self> {
        let start = self.start.max(outer.start);
        let end = self.end.min(outer.end);
        (start <= end).then_some(Self { start, end })
    }
}
