//! Remembers which completed traces were discarded.

use std::collections::VecDeque;

use super::allocation::{heap_bytes, table_bytes};
use super::completed_trace::Completion;
use crate::process::maps::HashMap;
use crate::value::TraceId;

/// The ids of traces that were passed to the hook and then discarded. A span with such an id
/// is late, and does not begin a new trace.
///
/// Bounded: the oldest ids are forgotten first.
#[derive(Debug, Default)]
pub(super) struct DiscardedTraces {
    /// Why each of them was completed.
    completions: HashMap<TraceId, Completion>,
    /// In the order in which they were first discarded.
    order: VecDeque<TraceId>,
}

impl DiscardedTraces {
    /// The maximum memory of one id, in bytes. A map from which entries are removed may have
    /// room for four times as many entries, and a list for twice as many.
    const PLACE: usize =
        (size_of::<(TraceId, Completion)>() + 1) * 32 / 7 + size_of::<TraceId>() * 2;

    /// Adds an id. All ids take at most 1/32 of `max_bytes`.
    pub(super) fn add(&mut self, trace_id: TraceId, completion: Completion, max_bytes: usize) {
        if let Some(known) = self.completions.get_mut(&trace_id) {
            *known = completion;
            return;
        }
        let most = max_bytes / 32 / Self::PLACE;
        if self.order.len() >= most {
            let Some(oldest) = self.order.pop_front() else {
                return; // There is no room for a single id.
            };
            self.completions.remove(&oldest);
        }
        self.completions.insert(trace_id, completion);
        self.order.push_back(trace_id);
    }

    /// Returns why a trace was completed, if its id is here.
    pub(super) fn get(&self, trace_id: TraceId) -> Option<Completion> {
        if self.completions.is_empty() {
            return None;
        }
        self.completions.get(&trace_id).copied()
    }

    /// Returns the memory of all ids, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<(TraceId, Completion)>();
        table_bytes(self.completions.capacity(), entry)
            + heap_bytes(self.order.capacity() * size_of::<TraceId>())
    }
}
