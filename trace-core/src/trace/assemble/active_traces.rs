//! The traces that a collector is assembling, and when each of them is due.
//!
//! Owns the traces until the store completes them or gives them up.

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

/// The active traces of a collector.
#[derive(Debug, Default)]
pub(super) struct ActiveTraces {
    /// Boxed, because a map that grows doubles its places.
    traces: HashMap<TraceId, Box<ActiveTrace>>,
    /// Each active trace once, under a time that is no later than its due time.
    ///
    /// A span makes its trace due later, but does not change the queue. The trace is queued
    /// again when its time comes.
    queue: BTreeSet<(Duration, TraceId)>,
    /// Memory of `traces`, in bytes.
    bytes: usize,
}

impl ActiveTraces {
    pub(super) fn len(&self) -> usize {
        self.traces.len()
    }

    /// Returns the memory of all active traces, in bytes.
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

    /// Returns the ids in the order in which the traces are due.
    pub(super) fn in_order(&self) -> Vec<TraceId> {
        self.queue.iter().map(|(_, trace_id)| *trace_id).collect()
    }

    /// Adds a span to its trace. If the trace does not exist yet, makes it with its earlier
    /// losses.
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

    /// Queues a trace under `due`, if that is earlier than the time under which it is queued.
    pub(super) fn queue_earlier(&mut self, trace_id: TraceId, due: Duration) {
        if let Some(active) = self.traces.get_mut(&trace_id)
            && due < active.queued_for
        {
            self.queue.remove(&(active.queued_for, trace_id));
            self.queue.insert((due, trace_id));
            active.queued_for = due;
        }
    }

    /// Returns the trace that is due first, and its due time. Requeues each trace whose due
    /// time is later than its time in the queue.
    pub(super) fn next_due(
        &mut self,
        running: &RunningTraces,
        options: &TraceCollectorOptions,
    ) -> Option<(Duration, TraceId)> {
        loop {
            let (queued_for, trace_id) = *self.queue.first()?;
            let Some(active) = self.traces.get_mut(&trace_id) else {
                self.queue.pop_first(); // Impossible: the queue names active traces only.
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

    /// Removes a trace and returns it.
    pub(super) fn remove(&mut self, trace_id: TraceId) -> Option<Box<ActiveTrace>> {
        let active = self.traces.remove(&trace_id)?;
        self.queue.remove(&(active.queued_for, trace_id));
        self.bytes = self.bytes.saturating_sub(active.bytes);
        Some(active)
    }
}
