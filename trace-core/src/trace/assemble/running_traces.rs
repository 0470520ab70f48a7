//! The traces of which parts are known to run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::allocation::{heap_bytes, table_bytes};
use super::completed_trace::Completion;
use crate::process::maps::HashMap;
use crate::value::{Timestamp, TraceId};

/// The traces of which tracers know that parts run, whether a span of them is here or not.
#[derive(Debug, Default)]
pub(super) struct RunningTraces {
    traces: HashMap<TraceId, RunningTrace>,
    /// Those of which nobody was told, by when they were first heard of.
    untold: BTreeSet<(Duration, TraceId)>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct RunningTrace {
    /// Of which tracer its parts are, and their numbers.
    parts: Vec<(u64, u32)>,
    /// When the first part began, if it was said.
    pub(super) began: Option<Timestamp>,
    /// When it was first heard of.
    pub(super) heard_of: Duration,
    /// Set if the trace was completed for want of room meanwhile.
    pub(super) was_cut: Option<Completion>,
}

impl RunningTraces {
    /// Notes that a part of a trace goes on, and when it began.
    pub(super) fn open_part(
        &mut self,
        trace_id: TraceId,
        part: (u64, u32),
        began: Option<Timestamp>,
        now: Duration,
    ) {
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.untold.insert((now, trace_id));
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

    /// Notes that a part has ended; returns the trace if that was its last one.
    pub(super) fn end_part(&mut self, trace_id: TraceId, part: (u64, u32)) -> Option<RunningTrace> {
        if self.traces.is_empty() {
            return None;
        }
        let trace = self.traces.get_mut(&trace_id)?;
        trace.parts.retain(|other| *other != part);
        if !trace.parts.is_empty() {
            return None;
        }
        self.untold.remove(&(trace.heard_of, trace_id));
        self.traces.remove(&trace_id)
    }

    /// Notes that a trace was completed for want of room.
    pub(super) fn note_cut(&mut self, trace_id: TraceId, completion: Completion) {
        if let Some(trace) = self.traces.get_mut(&trace_id) {
            trace.was_cut = Some(completion);
            self.untold.remove(&(trace.heard_of, trace_id));
        }
    }

    /// Whether a part of the trace runs.
    pub(super) fn has(&self, trace_id: TraceId) -> bool {
        self.traces.contains_key(&trace_id)
    }

    /// Takes one that goes on for so long, to tell of it once.
    pub(super) fn take_long_running(
        &mut self,
        now: Duration,
        long: Duration,
    ) -> Option<(TraceId, &RunningTrace)> {
        let (heard_of, trace_id) = *self.untold.first()?;
        if heard_of.saturating_add(long) > now {
            return None;
        }
        self.untold.pop_first();
        Some((trace_id, self.traces.get(&trace_id)?))
    }

    /// What all of them take.
    pub(super) fn bytes(&self) -> usize {
        let table = table_bytes(self.traces.capacity(), size_of::<(TraceId, RunningTrace)>());
        // Mostly one part of each runs.
        let parts = heap_bytes(4 * size_of::<(u64, u32)>());
        let untold = size_of::<(Duration, TraceId)>() * 3 / 2;
        table + self.traces.len() * parts + self.untold.len() * untold
    }
}
