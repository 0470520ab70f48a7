//! Traces with a part that runs, as reported by a tracer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::allocation::{heap_bytes, table_bytes};
use super::completed_trace::Completion;
use crate::process::maps::HashMap;
use crate::value::{Timestamp, TraceId};

/// The traces with a running part, even if they have no spans here.
#[derive(Debug, Default)]
pub(super) struct RunningTraces {
    traces: HashMap<TraceId, RunningTrace>,
    /// The traces that were not yet announced as long-running, by the time of their first
    /// report.
    unreported: BTreeSet<(Duration, TraceId)>,
}

/// A trace with a running part. Except `began`, times are counted from the collector's first
/// reading of its clock.
#[derive(Clone, Debug)]
pub(super) struct RunningTrace {
    /// The running parts: for each, the key of its tracer and its number there.
    parts: Vec<(u64, u32)>,
    /// When the first part began by its tracer's clock, if reported.
    pub(super) began: Option<Timestamp>,
    /// When its first report came.
    pub(super) heard_of: Duration,
    /// Set if its spans were completed or given up while a part ran, to the reason.
    pub(super) was_cut: Option<Completion>,
}

impl RunningTraces {
    /// Notes that a part of a trace runs, and when it began.
    pub(super) fn open_part(
        &mut self,
        trace_id: TraceId,
        part: (u64, u32),
        began: Option<Timestamp>,
        now: Duration,
    ) {
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.unreported.insert((now, trace_id));
            RunningTrace {
                parts: Vec::new(),
                began,
                heard_of: now,
                was_cut: None,
            }
        });
        trace.parts.push(part);
        trace.began = trace.began.into_iter().chain(began).min();
    }

    /// Notes that a part has ended. If no other part runs, removes the trace and returns it.
    pub(super) fn end_part(&mut self, trace_id: TraceId, part: (u64, u32)) -> Option<RunningTrace> {
        if self.traces.is_empty() {
            return None;
        }
        let trace = self.traces.get_mut(&trace_id)?;
        trace.parts.retain(|other| *other != part);
        if !trace.parts.is_empty() {
            return None;
        }
        self.unreported.remove(&(trace.heard_of, trace_id));
        self.traces.remove(&trace_id)
    }

    /// Notes why a trace was completed while a part of it runs.
    pub(super) fn note_cut(&mut self, trace_id: TraceId, completion: Completion) {
        if let Some(trace) = self.traces.get_mut(&trace_id) {
            trace.was_cut = Some(completion);
            self.unreported.remove(&(trace.heard_of, trace_id));
        }
    }

    /// Returns whether a part of the trace runs.
    pub(super) fn has(&self, trace_id: TraceId) -> bool {
        self.traces.contains_key(&trace_id)
    }

    /// Returns a trace that has run for at least `long`. Each trace is returned once.
    pub(super) fn take_long_running(
        &mut self,
        now: Duration,
        long: Duration,
    ) -> Option<(TraceId, &RunningTrace)> {
        let (heard_of, trace_id) = *self.unreported.first()?;
        if heard_of.saturating_add(long) > now {
            return None;
        }
        self.unreported.pop_first();
        Some((trace_id, self.traces.get(&trace_id)?))
    }

    /// Returns the memory of all running traces, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let table = table_bytes(self.traces.capacity(), size_of::<(TraceId, RunningTrace)>());
        // Usually a trace has one running part. A vector begins with four places.
        let parts = heap_bytes(4 * size_of::<(u64, u32)>());
        let unreported = size_of::<(Duration, TraceId)>() * 3 / 2;
        table + self.traces.len() * parts + self.unreported.len() * unreported
    }
}
