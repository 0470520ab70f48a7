//! All spans of one trace id.
//!
//! [`Trace`] owns the spans, which keep their position in its list. The index and the tree
//! refer to them by position. The tree is built when it is first needed.

mod insertion;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use super::allocation::heap_bytes;
use super::duplicates::Duplicates;
use super::foreign_span::ForeignSpanError;
use super::forest::Forest;
use super::index::SpanIndex;
use super::service_names::ServiceNames;
use crate::process::maps::HashMap;
use crate::stream::decode::TraceLosses;
use crate::value::{SpanId, SpanRecord, TraceId};

/// All spans of one trace id, added in any order.
///
/// A trace is a pure function of its spans: adding them in any order gives an equal trace.
/// Adding a span takes constant time. The spans are sorted once, when the tree is next needed.
/// No method recurses, so only memory limits the depth.
///
/// # Times
///
/// The processes of a trace have different clocks, and some times are unknown. Every method
/// that compares spans (their order, durations, self times, the critical path, the tree) uses
/// [`times_of`](Self::times_of). It adjusts the clocks of other services to the root's, as
/// Jaeger's clock skew adjuster does, and estimates unknown times. The spans themselves keep
/// their times. [`problems`](Self::problems) and the tree report the changes.
///
/// # Two spans with one id
///
/// Some systems (Zipkin, Envoy) give both ends of a call the same id. Both spans are kept. The
/// server or consumer span is a child of the other span, and has the children of its own
/// service. A method that takes an id applies to both spans or to the calling span, as
/// documented; [`answer`](Self::answer) returns the answering span.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{SpanId, SpanRecord, Timestamp, Trace, TraceId};
///
/// let id = TraceId::new(1).unwrap();
/// let mut root = SpanRecord::new(id, SpanId::new(1).unwrap(), "checkout");
/// root.end = Timestamp::from_unix_nanos(30);
/// let mut child = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
/// child.parent_span_id = Some(root.span_id);
///
/// let mut trace = Trace::new(id);
/// trace.add_span(child)?; // before its parent: any order will do
/// trace.add_span(root)?;
/// assert_eq!(trace.root().unwrap().operation_name, "checkout");
/// assert_eq!(trace.duration(), Some(Duration::from_nanos(30)));
/// assert_eq!(trace.depth(), 2);
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone)]
pub struct Trace {
    /// The trace id of all spans.
    pub trace_id: TraceId,
    /// In the order of arrival. A preferred copy of a span replaces it. No span is removed.
    spans: Vec<SpanRecord>,
    /// Positions in `spans`.
    index: SpanIndex,
    duplicates: Duplicates,
    losses: TraceLosses,
    /// The memory of `spans` on the heap, in bytes. Memory that a span shares with the span
    /// before it counts once.
    owned_bytes: usize,
    /// Set if the tree was needed since the last change of `spans`.
    forest: OnceLock<Forest>,
}

/// What happened to an added span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedSpan {
    /// The first span with its id, or the other end of a call whose ends share an id.
    New,
    /// The trace already had a span with its id. One of the two is kept.
    Duplicate,
}

/// The result of [`Trace::insert`].
#[derive(Debug)]
pub(super) enum Inserted {
    /// The span was added, at this position.
    New(usize),
    /// Nothing changed, because the trace had an equal span.
    Copy,
    /// Nothing changed, because the trace had a different span with this id, which is
    /// preferred.
    Other,
    /// The span has replaced this one, at this position.
    Replaced(usize, Box<SpanRecord>),
}

impl Trace {
    /// Makes a trace without spans.
    #[must_use]
    pub fn new(trace_id: TraceId) -> Self {
        Self {
            trace_id,
            spans: Vec::new(),
            index: SpanIndex::default(),
            duplicates: Duplicates::default(),
            losses: TraceLosses::default(),
            owned_bytes: 0,
            forest: OnceLock::new(),
        }
    }

    /// Makes a trace from its spans.
    ///
    /// # Errors
    ///
    /// If a span belongs to another trace. [`Trace::group`] accepts spans of several traces.
    pub fn from_spans(
        trace_id: TraceId,
        spans: impl IntoIterator<Item = SpanRecord>,
    ) -> Result<Self, ForeignSpanError> {
        let mut trace = Self::new(trace_id);
        for span in spans {
            trace.add_span(span)?;
        }
        Ok(trace)
    }

    /// Makes one trace for each trace id, sorted by start, then id.
    ///
    /// ```
    /// use trace_core::{SpanId, SpanRecord, Trace, TraceId};
    ///
    /// let spans = [1, 2, 1].map(|trace| {
    ///     SpanRecord::new(TraceId::new(trace).unwrap(), SpanId::new(7).unwrap(), "op")
    /// });
    /// assert_eq!(Trace::group(spans).len(), 2);
    /// ```
    pub fn group(spans: impl IntoIterator<Item = SpanRecord>) -> Vec<Self> {
        let mut traces: HashMap<TraceId, Self> = HashMap::default();
        for span in spans {
            let trace_id = span.trace_id;
            traces
                .entry(trace_id)
                .or_insert_with(|| Self::new(trace_id))
                .insert(span, &ServiceNames::default());
        }
        let mut traces: Vec<Self> = traces.into_values().collect();
        traces.sort_by_cached_key(|trace| (trace.start(), trace.trace_id));
        traces
    }

    /// Returns the memory of the trace in bytes, including the struct and its tree. Takes
    /// constant time.
    pub(super) fn bytes(&self) -> usize {
        heap_bytes(size_of::<Self>())
            + heap_bytes(self.spans.capacity() * size_of::<SpanRecord>())
            + self.index.heap_bytes()
            + self.duplicates.heap_bytes()
            + Forest::bytes(self.spans.len())
            + self.owned_bytes
    }

    /// Returns the number of spans. Duplicates count once. The two ends of a call count as
    /// two.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns whether the trace has no spans.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns the spans, sorted by start, then id.
    pub fn spans(&self) -> impl ExactSizeIterator<Item = &SpanRecord> + DoubleEndedIterator {
        self.at(&self.forest().order)
    }

    /// Returns the span with this id. If both ends of a call have it, returns the calling
    /// span.
    #[must_use]
    pub fn span(&self, span_id: SpanId) -> Option<&SpanRecord> {
        self.spans.get(self.index.first(span_id)?)
    }

    /// Returns the answering span, if both ends of a call have this id.
    #[must_use]
    pub fn answer(&self, span_id: SpanId) -> Option<&SpanRecord> {
        self.spans.get(self.index.answer(span_id)?)
    }

    /// Returns the names of the services, sorted and without duplicates.
    #[must_use]
    pub fn services(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.spans.iter().map(|span| &*span.service_name).collect();
        names.into_iter().collect()
    }

    /// Returns whether a span of the trace has an error status.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.spans.iter().any(SpanRecord::is_error)
    }

    /// Returns how many spans of the trace are known to be lost, by reason.
    #[must_use]
    pub const fn losses(&self) -> TraceLosses {
        self.losses
    }

    /// Adds spans that were lost.
    pub(super) fn add_losses(&mut self, losses: &TraceLosses) {
        self.losses.add(losses);
    }

    /// Returns the spans that were added more than once.
    pub(super) const fn duplicates(&self) -> &Duplicates {
        &self.duplicates
    }

    /// Returns whether adding this span would make the trace no larger.
    pub(super) fn has(&self, span: &SpanRecord) -> bool {
        self.position_of(span).is_some()
    }

    /// Returns the position of the span with the same id that is the same end of a call.
    pub(super) fn position_of(&self, span: &SpanRecord) -> Option<usize> {
        self.index.find(&self.spans, span)
    }

    /// Returns the position of the span with this id; if there are two, of the calling span.
    pub(super) fn position(&self, span_id: SpanId) -> Option<usize> {
        self.index.first(span_id)
    }

    /// Returns the position of the answering span, if both ends of a call have this id.
    pub(super) fn answer_position(&self, span_id: SpanId) -> Option<usize> {
        self.index.answer(span_id)
    }

    /// Returns the tree. Builds it if spans were added since the last call. Its positions are
    /// valid for [`Trace::at`].
    pub(crate) fn forest(&self) -> &Forest {
        self.forest
            .get_or_init(|| Forest::new(&self.spans, &self.index))
    }

    /// Returns the spans at positions of the forest.
    pub(crate) fn at<'a>(
        &'a self,
        positions: &'a [usize],
    ) -> impl ExactSizeIterator<Item = &'a SpanRecord> + DoubleEndedIterator {
        // The forest was built from `spans`, so every position is valid.
        positions.iter().map(|position| &self.spans[*position])
    }

    /// Returns the spans by position.
    pub(crate) fn by_position(&self) -> &[SpanRecord] {
        &self.spans
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.trace_id == other.trace_id
            && self.duplicates == other.duplicates
            && self.losses == other.losses
            && self.spans().eq(other.spans())
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("trace_id", &self.trace_id)
            .field("spans", &self.spans().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Trace {
    /// Writes the id, the number of spans and the duration, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans = self.len();
        write!(f, "Trace({}, {spans} spans", self.trace_id)?;
        match self.duration() {
            Some(duration) => write!(f, ", {:.3}s)", duration.as_secs_f64()),
            None => f.write_str(")"),
        }
    }
}
