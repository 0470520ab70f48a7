//! Completed traces that are kept, and the ids of discarded traces.
//!
//! Adds late spans, and knows which traces have to be announced again. The store decides how
//! many traces are kept.

use std::collections::VecDeque;
use std::sync::Arc;

use super::completed_trace::{CompletedTrace, Completion};
use super::discarded_traces::DiscardedTraces;
use super::service_names::ServiceNames;
use super::trace::{Inserted, Trace};
use crate::process::maps::HashMap;
use crate::stream::decode::TraceLosses;
use crate::value::{SpanRecord, Timestamp, TraceId};

/// The completed traces of a collector.
#[derive(Debug, Default)]
pub(super) struct KeptTraces {
    /// In the order of completion.
    traces: VecDeque<KeptTrace>,
    /// The numbers of traces, counted from the first one ever completed. So these numbers do
    /// not change when the first trace in the list is discarded.
    by_id: HashMap<TraceId, usize>,
    /// How many traces were discarded. This is also the number of the first trace in the list.
    discarded: usize,
    /// Memory of `traces`, in bytes.
    bytes: usize,
    discarded_ids: DiscardedTraces,
}

/// A completed trace that is kept.
#[derive(Debug)]
pub(super) struct KeptTrace {
    completed: CompletedTrace,
    bytes: usize,
    /// Whether the trace has changed since it was announced.
    has_changed: bool,
}

/// What happened to a span that came for a completed trace.
#[derive(Clone, Copy, Debug)]
pub(super) enum LateSpan {
    Added,
    Duplicate,
    /// The trace has reached its limit of spans.
    Dropped,
}

impl KeptTrace {
    /// The memory of one kept trace, without the [`Trace`]. It consists of its places in the
    /// list and in the map, of which two thirds are in use on average.
    const PLACE: usize = (size_of::<Self>() + size_of::<(TraceId, usize)>() + 1) * 3 / 2;

    /// Returns the trace to be announced again, if it has changed.
    pub(super) fn take_news(&mut self) -> Option<CompletedTrace> {
        std::mem::take(&mut self.has_changed).then(|| {
            self.completed.told_before = true;
            self.completed.clone()
        })
    }

    /// Adds losses. Returns whether the trace was complete before.
    pub(super) fn add_losses(&mut self, losses: &TraceLosses) -> bool {
        Arc::make_mut(&mut self.completed.trace).add_losses(losses);
        self.has_changed = true;
        self.completed.add_reason(Completion::SpansLost)
    }
}

impl KeptTraces {
    pub(super) fn len(&self) -> usize {
        self.traces.len()
    }

    /// Returns the memory of all kept traces and of the discarded ids, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.discarded_ids.bytes()
    }

    pub(super) fn completed(&self) -> impl Iterator<Item = &CompletedTrace> {
        self.traces.iter().map(|kept| &kept.completed)
    }

    pub(super) fn find(&self, trace_id: TraceId) -> Option<&CompletedTrace> {
        let kept = self.traces.get(self.index(trace_id)?)?;
        Some(&kept.completed)
    }

    pub(super) fn get_mut(&mut self, trace_id: TraceId) -> Option<&mut KeptTrace> {
        let index = self.index(trace_id)?;
        self.traces.get_mut(index)
    }

    pub(super) fn has(&self, trace_id: TraceId) -> bool {
        self.by_id.contains_key(&trace_id)
    }

    /// Returns all traces that have changed since they were announced.
    pub(super) fn take_news(&mut self) -> impl Iterator<Item = CompletedTrace> {
        self.traces.iter_mut().filter_map(KeptTrace::take_news)
    }

    /// Adds a trace that the caller announces.
    pub(super) fn push(&mut self, completed: CompletedTrace) {
        let bytes = completed.trace.bytes() + KeptTrace::PLACE;
        self.bytes += bytes;
        let number = self.discarded + self.traces.len();
        self.by_id.insert(completed.trace.trace_id, number);
        self.traces.push_back(KeptTrace {
            completed,
            bytes,
            has_changed: false,
        });
    }

    /// If the trace was discarded, keeps it again without spans, and returns why it was
    /// completed. `losses` returns its losses since then.
    pub(super) fn revive(
        &mut self,
        trace_id: TraceId,
        losses: impl FnOnce() -> TraceLosses,
        now: Timestamp,
    ) -> Option<Completion> {
        let completion = self.discarded_ids.get(trace_id)?;
        let mut trace = Trace::new(trace_id);
        trace.add_losses(&losses());
        let has_lost = !trace.losses().is_empty();
        let lost = has_lost.then_some(Completion::SpansLost);
        let completion = lost.map_or(completion, |lost| completion.or_before(lost));
        self.push(CompletedTrace {
            trace: Arc::new(trace),
            completion,
            completed_at: now,
            told_before: true,
            late_spans: 0,
            dropped_spans: 0,
        });
        Some(completion)
    }

    /// Adds a span to a kept trace. Returns what happened to the span, and whether it made a
    /// complete trace incomplete.
    pub(super) fn add_late(
        &mut self,
        span: SpanRecord,
        max_spans: usize,
        names: &ServiceNames,
    ) -> (LateSpan, bool) {
        let Some(kept) = self.get_mut(span.trace_id) else {
            return (LateSpan::Dropped, false); // Impossible: the caller has checked.
        };
        let completed = &mut kept.completed;
        if completed.trace.len() >= max_spans && !completed.trace.has(&span) {
            completed.dropped_spans += 1;
            kept.has_changed = true;
            return (
                LateSpan::Dropped,
                completed.add_reason(Completion::TooManySpans),
            );
        }
        let trace = Arc::make_mut(&mut completed.trace);
        let became = match trace.insert(span, names) {
            Inserted::New(_) => {
                completed.late_spans += 1;
                kept.has_changed = true;
                LateSpan::Added
            }
            Inserted::Copy | Inserted::Other | Inserted::Replaced(..) => LateSpan::Duplicate,
        };
        let bytes = completed.trace.bytes() + KeptTrace::PLACE;
        let old = std::mem::replace(&mut kept.bytes, bytes);
        self.bytes = (self.bytes + bytes).saturating_sub(old);
        (became, false)
    }

    /// Discards the oldest trace, and remembers its id within `max_bytes`. Returns `None` if
    /// there is no trace, and otherwise the trace if it has to be announced again.
    pub(super) fn discard(&mut self, max_bytes: usize) -> Option<Option<CompletedTrace>> {
        let mut oldest = self.traces.pop_front()?;
        let trace_id = oldest.completed.trace.trace_id;
        self.by_id.remove(&trace_id);
        self.discarded += 1;
        self.bytes = self.bytes.saturating_sub(oldest.bytes);
        let completion = oldest.completed.completion;
        self.discarded_ids.add(trace_id, completion, max_bytes);
        Some(oldest.take_news())
    }

    /// Returns the position of a trace in the list.
    fn index(&self, trace_id: TraceId) -> Option<usize> {
        self.by_id.get(&trace_id)?.checked_sub(self.discarded)
    }
}
