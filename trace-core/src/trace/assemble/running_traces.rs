//! Traces of which a part is known to run, because a tracer has reported it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::allocation::{heap_bytes, table_bytes};
use super::completed_trace::Completion;
use crate::process::maps::HashMap;
use crate::value::{Timestamp, TraceId};

/// The traces of which a part runs, whether or not a span of them is here.
#[derive(Debug, Default)]
pub(super) struct RunningTraces {
    traces: HashMap<TraceId, RunningTrace>,
    /// Those that were not reported as long-running, by the time of their first report.
    unreported: BTreeSet<(Duration, TraceId)>,
}

/// A trace of which a part runs. Times are counted from the collector's first look at its
/// clock, except `began`.
#[derive(Clone, Debug)]
pub(super) struct RunningTrace {
    /// The parts that run: the key of their tracer, and their number there.
    parts: Vec<(u64, u32)>,
    /// When the first part began, by its tracer's clock, if that was reported.
    pub(super) began: Option<Timestamp>,
    /// When the first report of it came.
    pub(super) heard_of: Duration,
    /// Set if the spans that were here were completed or given up meanwhile, to the reason.
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

    /// Notes that a part has ended. Returns the trace if no other part of it runs.
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

    /// Notes that a trace was completed while a part of it runs, and why.
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

    /// Returns a trace that has run for at least `long`. Each is returned once.
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

    /// Returns how much memory all of them take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let table = table_bytes(self.traces.capacity(), size_of::<(TraceId, RunningTrace)>());
        // Usually one part of each runs, and a vector begins with four places.
        let parts = heap_bytes(4 * size_of::<(u64, u32)>());
        let unreported = size_of::<(Duration, TraceId)>() * 3 / 2;
        table + self.traces.len() * parts + self.unreported.len() * unreported
    }
}
