//! The traces that a collector assembles at the moment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::active_trace::ActiveTrace;
use super::batch_source::BatchSource;
use super::early_losses::EarlyLosses;
use super::options::TraceCollectorOptions;
use super::running_traces::RunningTraces;
use super::service_names::ServiceNames;
use super::trace::{AddedSpan, Trace};
use crate::process::maps::HashMap;
use crate::value::{SpanRecord, TraceId};

/// The active traces of a collector, and when each is due.
#[derive(Debug, Default)]
pub(super) struct ActiveTraces {
    /// Boxed, since a map grows by as much as it has.
    traces: HashMap<TraceId, Box<ActiveTrace>>,
    /// Every active trace once, under a time that is not later than when it is due:
    /// a span that comes makes it due later, which is noticed when its turn comes.
    queue: BTreeSet<(Duration, TraceId)>,
    /// What `traces` take.
    bytes: usize,
}

impl ActiveTraces {
    pub(super) fn len(&self) -> usize {
        self.traces.len()
    }

    /// What all of them take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn get(&self, trace_id: TraceId) -> Option<&ActiveTrace> {
        self.traces.get(&trace_id).map(Box::as_ref)
    }

    pub(super) fn get_mut(&mut self, trace_id: TraceId) -> Option<&mut ActiveTrace> {
        self.traces.get_mut(&trace_id).map(Box::as_mut)
    }

    pub(super) fn traces(&self) -> impl Iterator<Item = &Arc<Trace>> {
        self.traces.values().map(|active| &active.trace)
    }

    /// Returns the ids in the order in which the traces would have become due.
    pub(super) fn in_order(&self) -> Vec<TraceId> {
        self.queue.iter().map(|(_, trace_id)| *trace_id).collect()
    }

    /// Adds a span to its trace, which begins with it if it is not here.
    pub(super) fn add(
        &mut self,
        span: SpanRecord,
        source: BatchSource,
        now: Duration,
        early_losses: &mut EarlyLosses,
        names: &ServiceNames,
    ) -> AddedSpan {
        let trace_id = span.trace_id;
        let active = self.traces.entry(trace_id).or_insert_with(|| {
            self.queue.insert((now, trace_id));
            let losses = early_losses.take(trace_id);
            Box::new(ActiveTrace::new(trace_id, losses, now))
        });
        self.bytes = self.bytes.saturating_sub(active.bytes);
        let added = active.add(span, source, now, names);
        self.bytes += active.bytes;
        added
    }

    /// Queues a trace again that is due earlier than before.
    pub(super) fn queue_earlier(&mut self, trace_id: TraceId, due: Duration) {
        if let Some(active) = self.traces.get_mut(&trace_id)
            && due < active.queued_for
        {
            self.queue.remove(&(active.queued_for, trace_id));
            self.queue.insert((due, trace_id));
            active.queued_for = due;
        }
    }

    /// Returns which active trace is due first, and when.
    pub(super) fn next_due(
        &mut self,
        running: &RunningTraces,
        options: &TraceCollectorOptions,
    ) -> Option<(Duration, TraceId)> {
        loop {
            let (queued_for, trace_id) = *self.queue.first()?;
            let Some(active) = self.traces.get_mut(&trace_id) else {
                self.queue.pop_first(); // Cannot be: the queue names active traces only.
                continue;
            };
            let due = active.due(running.has(trace_id), options);
            if due <= queued_for {
                return Some((due, trace_id));
            }
            self.queue.pop_first();
            self.queue.insert((due, trace_id));
            active.queued_for = due;
        }
    }

    /// Takes a trace out.
    pub(super) fn remove(&mut self, trace_id: TraceId) -> Option<Box<ActiveTrace>> {
        let active = self.traces.remove(&trace_id)?;
        self.queue.remove(&(active.queued_for, trace_id));
        self.bytes = self.bytes.saturating_sub(active.bytes);
        Some(active)
    }
}
