//! A trace in a few lines: how long it took, and where the time went.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::duration::HumanDuration;
use super::text::counted;
use crate::trace::assemble::Trace;
use crate::value::visible::visible;
use crate::value::{SpanId, SpanRecord, TraceId};

/// How long a trace took, and where the time went.
///
/// ```
/// use trace_core::{SpanId, SpanRecord, Summary, Timestamp, Trace, TraceId};
///
/// let id = TraceId::new(1).unwrap();
/// let mut root = SpanRecord::new(id, SpanId::new(1).unwrap(), "checkout");
/// root.service_name = "shop".into();
/// root.end = Timestamp::from_unix_nanos(30_000_000);
/// let mut child = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
/// child.parent_span_id = Some(root.span_id);
/// child.service_name = "bank".into();
/// child.end = Timestamp::from_unix_nanos(20_000_000);
///
/// let summary = Summary::from_trace(&Trace::from_spans(id, [root, child])?);
/// assert_eq!(summary.slowest.as_ref().unwrap().operation_name, "charge");
/// assert_eq!(
///     summary.to_string(),
///     "checkout (shop): 30.0 ms, 2 spans, no errors\n\
///      \x20 slowest span       charge (bank) 20.0 ms\n\
///      \x20 largest self time  charge (bank) 20.0 ms\n\
///      \x20 critical path      charge (bank) 20.0 ms > checkout (shop) 10.0 ms\n"
/// );
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The trace.
    pub trace_id: TraceId,
    /// The operation of the root. Without a root, that of the first of [`Trace::top_spans`].
    pub operation_name: Cow<'static, str>,
    /// The service of the same span.
    pub service_name: Arc<str>,
    /// The time from the earliest start to the latest end; zero without spans.
    pub duration: Duration,
    /// The number of spans.
    pub spans: usize,
    /// The number of spans with an error status.
    pub errors: usize,
    /// The span that took longest, except the root, unless it is the only span. If several
    /// took equally long, this is the span that starts first, then the span with the lowest
    /// id.
    pub slowest: Option<SpanTime>,
    /// The span with the largest [self time](Trace::self_time), which may be the root. Of
    /// several, one is chosen as for `slowest`.
    pub largest_self_time: Option<SpanTime>,
    /// The spans of the [critical path](Trace::critical_path) with their times on it, in the
    /// order in which the path first reaches them.
    pub critical_path: Vec<SpanTime>,
}

/// A span, and one of its times.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanTime {
    /// The span.
    pub span_id: SpanId,
    /// Its operation.
    pub operation_name: Cow<'static, str>,
    /// Its service.
    pub service_name: Arc<str>,
    /// The time. Its meaning depends on the field of [`Summary`].
    pub time: Duration,
}

impl Summary {
    /// Makes the summary of a trace.
    #[must_use]
    pub fn from_trace(trace: &Trace) -> Self {
        let (spans, forest) = (trace.by_position(), trace.forest());
        let top = trace.top_spans().next();
        let root = forest.tops.first().filter(|_| forest.roots > 0);
        let slowest = forest.order.iter();
        let slowest = slowest
            .filter(|position| Some(*position) != root || trace.len() == 1)
            .map(|position| (&spans[*position], trace.interval(*position).duration()));
        let path = trace.critical_path_spans().into_iter();
        Self {
            trace_id: trace.trace_id,
            operation_name: top.map_or("".into(), |top| top.operation_name.clone()),
            service_name: top.map_or_else(|| "".into(), |top| Arc::clone(&top.service_name)),
            duration: trace.duration().unwrap_or_default(),
            spans: trace.len(),
            errors: trace.spans().filter(|span| span.is_error()).count(),
            slowest: longest(slowest),
            largest_self_time: longest(trace.self_times()),
            critical_path: path.map(|(span, time)| SpanTime::new(span, time)).collect(),
        }
    }
}

impl SpanTime {
    fn new(span: &SpanRecord, time: Duration) -> Self {
        Self {
            span_id: span.span_id,
            operation_name: span.operation_name.clone(),
            service_name: Arc::clone(&span.service_name),
            time,
        }
    }
}

/// Returns the longest time; of several equal ones, the first.
fn longest<'a>(times: impl Iterator<Item = (&'a SpanRecord, Duration)>) -> Option<SpanTime> {
    let (span, time) = times.min_by_key(|(_, time)| Reverse(*time))?;
    Some(SpanTime::new(span, time))
}

/// Writes `operation (service)`, or `no spans` if both are empty.
pub(super) struct Name<'a>(pub(super) &'a str, pub(super) &'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_TEXT: usize = 60;
        if self.0.is_empty() && self.1.is_empty() {
            return f.write_str("no spans");
        }
        let operation = visible(self.0, MAX_TEXT);
        let service = visible(self.1, MAX_TEXT);
        write!(f, "{operation} ({service})")
    }
}

impl fmt::Display for SpanTime {
    /// Writes operation, service and time, such as `charge (bank) 20.0 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Name(&self.operation_name, &self.service_name);
        write!(f, "{name} {}", HumanDuration(self.time))
    }
}

impl fmt::Display for Summary {
    /// Writes up to four lines, each with a line break at its end. If the critical path is
    /// long, writes only the spans with the most time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Name(&self.operation_name, &self.service_name);
        let duration = HumanDuration(self.duration);
        let spans = counted(self.spans, "span");
        let errors = match self.errors {
            0 => "no errors".to_owned(),
            errors => counted(errors, "error"),
        };
        writeln!(f, "{name}: {duration}, {spans}, {errors}")?;
        if let Some(slowest) = &self.slowest {
            writeln!(f, "  slowest span       {slowest}")?;
        }
        if let Some(largest) = &self.largest_self_time {
            writeln!(f, "  largest self time  {largest}")?;
        }
        if self.critical_path.is_empty() {
            return Ok(());
        }
        writeln!(f, "  critical path      {}", Path(&self.critical_path))
    }
}

/// Writes a critical path in one line: the spans with the most time, in the path's order.
struct Path<'a>(&'a [SpanTime]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let mut by_time: Vec<usize> = (0..self.0.len()).collect();
        by_time.sort_by_key(|index| Reverse(self.0[*index].time));
        by_time.truncate(SHOWN);
        by_time.sort_unstable();
        for (shown, index) in by_time.iter().enumerate() {
            let separator = if shown == 0 { "" } else { " > " };
            write!(f, "{separator}{}", self.0[*index])?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, ", and {more} shorter"),
        }
    }
}
