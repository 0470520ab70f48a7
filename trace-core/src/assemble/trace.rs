//! All spans of one trace id.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::forest::Forest;
use super::problem::Problem;
use crate::batch::TraceLosses;
use crate::id::{SpanId, TraceId};
use crate::span_record::SpanRecord;
use crate::timestamp::Timestamp;

/// All spans of one trace id, added in any order.
///
/// A pure function of the spans: every order of adding gives an equal trace.
/// Adding a span takes constant time; the first look at the tree after it sorts
/// once. Nothing recurses, so that depth is limited by memory only.
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
    /// What all the spans have in common.
    pub trace_id: TraceId,
    spans: Vec<SpanRecord>,
    /// Positions in `spans`.
    by_id: HashMap<SpanId, usize>,
    repeated: BTreeMap<SpanId, Repetition>,
    losses: TraceLosses,
    /// Set if the tree was looked at since the last change of `spans`.
    forest: OnceLock<Forest>,
}

/// How often a span was added, and whether always with the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Repetition {
    reports: usize,
    differing: bool,
}

/// What became of an added span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddedSpan {
    /// It is the first with its id.
    New,
    /// There was one with its id, and one of the two is kept.
    Duplicate,
}

/// What [`Trace::insert`] did.
#[derive(Debug)]
pub(super) enum Inserted {
    New,
    /// The trace is as it was.
    Kept,
    /// The span took the place of this one.
    Replaced(Box<SpanRecord>),
}

/// A span belongs to another trace than the one it was added to.
#[derive(Clone, Debug)]
pub struct ForeignSpanError {
    span: Box<SpanRecord>,
    expected: TraceId,
}

impl Trace {
    /// Makes a trace without spans.
    #[must_use]
    pub fn new(trace_id: TraceId) -> Self {
        Self {
            trace_id,
            spans: Vec::new(),
            by_id: HashMap::new(),
            repeated: BTreeMap::new(),
            losses: TraceLosses::default(),
            forest: OnceLock::new(),
        }
    }

    /// Makes a trace of all its spans.
    ///
    /// # Errors
    ///
    /// When a span belongs to another trace; [`Trace::group`] sorts spans of
    /// several traces.
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

    /// Makes as many traces as there are trace ids, sorted by start, then id.
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
        let mut traces: HashMap<TraceId, Self> = HashMap::new();
        for span in spans {
            let trace_id = span.trace_id;
            traces
                .entry(trace_id)
                .or_insert_with(|| Self::new(trace_id))
                .insert(span);
        }
        let mut traces: Vec<Self> = traces.into_values().collect();
        traces.sort_by_cached_key(|trace| (trace.start(), trace.trace_id));
        traces
    }

    /// Adds a span.
    ///
    /// Of several spans with one id the one that ends last is kept, then the one
    /// that starts first, then the one with more tags, logs and links, then the
    /// one with the greater `Debug` text; [`problems`](Self::problems) tells.
    ///
    /// # Errors
    ///
    /// When the span belongs to another trace; the error gives it back.
    pub fn add_span(&mut self, span: SpanRecord) -> Result<AddedSpan, ForeignSpanError> {
        if span.trace_id != self.trace_id {
            return Err(ForeignSpanError {
                span: Box::new(span),
                expected: self.trace_id,
            });
        }
        Ok(match self.insert(span) {
            Inserted::New => AddedSpan::New,
            Inserted::Kept | Inserted::Replaced(_) => AddedSpan::Duplicate,
        })
    }

    /// Adds a span of this trace.
    pub(super) fn insert(&mut self, span: SpanRecord) -> Inserted {
        let position = self.by_id.get(&span.span_id).copied();
        let Some(kept) = position.and_then(|position| self.spans.get_mut(position)) else {
            self.by_id.insert(span.span_id, self.spans.len());
            self.spans.push(span);
            self.forest.take();
            return Inserted::New;
        };
        let differing = *kept != span && debug_text(kept) != debug_text(&span);
        match self.repeated.entry(span.span_id) {
            Entry::Vacant(entry) => {
                entry.insert(Repetition {
                    reports: 2,
                    differing,
                });
            }
            Entry::Occupied(mut entry) => {
                entry.get_mut().reports += 1;
                entry.get_mut().differing |= differing;
            }
        }
        if !differing || !is_preferred(&span, kept) {
            return Inserted::Kept;
        }
        self.forest.take();
        Inserted::Replaced(Box::new(std::mem::replace(kept, span)))
    }

    /// Returns the number of spans, duplicates counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns whether there is no span.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns the spans, sorted by start, then id.
    pub fn spans(&self) -> impl ExactSizeIterator<Item = &SpanRecord> + DoubleEndedIterator {
        self.at(&self.forest().order)
    }

    /// Returns the span with this id.
    #[must_use]
    pub fn span(&self, span_id: SpanId) -> Option<&SpanRecord> {
        let position = *self.by_id.get(&span_id)?;
        self.spans.get(position)
    }

    /// Returns the span without a parent; of several the one that starts first,
    /// then the one with the least id.
    #[must_use]
    pub fn root(&self) -> Option<&SpanRecord> {
        self.spans
            .iter()
            .filter(|span| span.parent_span_id.is_none())
            .min_by_key(|span| (span.start, span.span_id))
    }

    /// Returns the earliest start.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.spans.iter().map(|span| span.start).min()
    }

    /// Returns the latest end.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.spans.iter().map(|span| span.end).max()
    }

    /// Returns the time from the earliest start to the latest end.
    ///
    /// Longer than the root when a span outlives it.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        Some(self.end()? - self.start()?)
    }

    /// Returns the spans whose parent is this one, sorted by start, then id.
    ///
    /// Where parents form a cycle, the edge above the cycle's first span (by
    /// start, then id) is left out, so that walking down always ends.
    pub fn children(&self, span_id: SpanId) -> impl ExactSizeIterator<Item = &SpanRecord> {
        let children = match self.by_id.get(&span_id) {
            Some(position) => self.forest().children(*position),
            None => &[],
        };
        self.at(children)
    }

    /// Returns the spans that hang below no other: the root, more roots, then
    /// orphans and the first spans of cycles, each sorted by start, then id.
    pub fn top_spans(&self) -> impl ExactSizeIterator<Item = &SpanRecord> {
        self.at(&self.forest().tops)
    }

    /// Returns the spans whose parent is missing, sorted by start, then id.
    pub fn orphans(&self) -> impl Iterator<Item = &SpanRecord> {
        self.spans().filter(|span| self.is_orphan(span))
    }

    /// Returns the number of levels: 0 without spans, 1 for a root alone.
    #[must_use]
    pub fn depth(&self) -> usize {
        let deepest = self.forest().depth.iter().max();
        deepest.map_or(0, |depth| depth + 1)
    }

    /// Returns how many spans lie above this one: 0 for the root.
    #[must_use]
    pub fn depth_of(&self, span_id: SpanId) -> Option<usize> {
        let position = *self.by_id.get(&span_id)?;
        self.forest().depth.get(position).copied()
    }

    /// Returns the names of the services, sorted, each once.
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

    /// Returns how many spans are known to be lost, and why.
    #[must_use]
    pub const fn losses(&self) -> TraceLosses {
        self.losses
    }

    /// Notes that spans were lost.
    pub(super) fn lose(&mut self, losses: &TraceLosses) {
        self.losses.add(losses);
    }

    /// Returns what is wrong with the trace, in a fixed order; empty when all is
    /// well.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Problem::of(self)
    }

    pub(super) fn is_orphan(&self, span: &SpanRecord) -> bool {
        span.parent_span_id
            .is_some_and(|parent| !self.by_id.contains_key(&parent))
    }

    /// Whether its parent is in another process, and not here.
    pub(crate) fn is_called_from_elsewhere(&self, span: &SpanRecord) -> bool {
        span.parent_is_remote && self.is_orphan(span)
    }

    /// Returns the ids added more than once, how often, and whether the contents
    /// differed.
    pub(super) fn repetitions(&self) -> impl Iterator<Item = (SpanId, usize, bool)> {
        self.repeated
            .iter()
            .map(|(span_id, repetition)| (*span_id, repetition.reports, repetition.differing))
    }

    /// Returns the tree; its positions are those of [`Trace::at`].
    pub(crate) fn forest(&self) -> &Forest {
        self.forest
            .get_or_init(|| Forest::new(&self.spans, &self.by_id))
    }

    /// Returns the spans at positions of the forest.
    pub(crate) fn at<'a>(
        &'a self,
        positions: &'a [usize],
    ) -> impl ExactSizeIterator<Item = &'a SpanRecord> + DoubleEndedIterator {
        // The forest was built of `spans`, so that every position is one of its.
        positions.iter().map(|position| &self.spans[*position])
    }

    /// Returns the spans in the order in which positions count them.
    pub(crate) fn by_position(&self) -> &[SpanRecord] {
        &self.spans
    }
}

/// Returns whether `span` and not `other`, of the same id, is to be kept.
fn is_preferred(span: &SpanRecord, other: &SpanRecord) -> bool {
    let key = |span: &SpanRecord| {
        let items = span.tags.len() + span.logs.len() + span.links.len();
        (span.end, Reverse(span.start), items)
    };
    key(span)
        .cmp(&key(other))
        .then_with(|| debug_text(span).cmp(&debug_text(other)))
        .is_gt()
}

/// A total order needs a text: floats have none, and NaN is not even itself.
fn debug_text(span: &SpanRecord) -> String {
    format!("{span:?}")
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.trace_id == other.trace_id
            && self.repeated == other.repeated
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
    /// Writes id, number of spans and duration in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans = self.len();
        write!(f, "Trace({}, {spans} spans", self.trace_id)?;
        match self.duration() {
            Some(duration) => write!(f, ", {:.3}s)", duration.as_secs_f64()),
            None => f.write_str(")"),
        }
    }
}

impl ForeignSpanError {
    /// Gives the span back.
    #[must_use]
    pub fn into_span(self) -> SpanRecord {
        *self.span
    }
}

impl fmt::Display for ForeignSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { span, expected } = self;
        let (span_id, found) = (span.span_id, span.trace_id);
        write!(
            f,
            "span `{span_id}` belongs to trace `{found}`; expected `{expected}`"
        )
    }
}

impl std::error::Error for ForeignSpanError {}
