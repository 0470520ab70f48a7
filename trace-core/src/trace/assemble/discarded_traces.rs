//! Traces that were told and are no longer kept.

use std::collections::VecDeque;

use super::allocation::{heap_bytes, table_bytes};
use super::completed_trace::Completion;
use crate::process::maps::HashMap;
use crate::value::TraceId;

/// The ids of traces that were told and discarded, so that what comes of them later is known
/// to be late. Bounded: the oldest are forgotten first.
#[derive(Debug, Default)]
pub(super) struct DiscardedTraces {
    completions: HashMap<TraceId, Completion>,
    /// In the order in which they were first discarded.
    order: VecDeque<TraceId>,
}

impl DiscardedTraces {
    /// What one takes at most. A map from which is removed has room for four times as much
    /// as is in it, and a list for twice.
    const PLACE: usize =
        (size_of::<(TraceId, Completion)>() + 1) * 32 / 7 + size_of::<TraceId>() * 2;

    /// Adds one, within this part of what all traces may take.
    pub(super) fn add(&mut self, trace_id: TraceId, completion: Completion, max_bytes: usize) {
        if let Some(known) = self.completions.get_mut(&trace_id) {
            *known = completion;
            return;
        }
        let most = max_bytes / 32 / Self::PLACE;
        if self.order.len() >= most {
            let Some(oldest) = self.order.pop_front() else {
                return; // There is room for none.
            };
            self.completions.remove(&oldest);
        }
        self.completions.insert(trace_id, completion);
        self.order.push_back(trace_id);
    }

    /// Returns why one is no longer waited for, if it was told.
    pub(super) fn get(&self, trace_id: TraceId) -> Option<Completion> {
        if self.completions.is_empty() {
            return None;
        }
        self.completions.get(&trace_id).copied()
    }

    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<(TraceId, Completion)>();
        table_bytes(self.completions.capacity(), entry)
            + heap_bytes(self.order.capacity() * size_of::<TraceId>())
    }
}
