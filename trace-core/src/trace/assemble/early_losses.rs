//! What was lost of traces before anything of them came.

use std::collections::VecDeque;

use crate::process::maps::HashMap;
use crate::stream::decode::TraceLosses;
use crate::value::TraceId;

/// What was lost of traces of which nothing is here, as long as it may come. Bounded.
#[derive(Debug, Default)]
pub(super) struct EarlyLosses {
    losses: HashMap<TraceId, TraceLosses>,
    /// In the order in which they came.
    order: VecDeque<TraceId>,
}

/// Traces of which it is kept: 600 KiB. Mostly nothing of them comes.
const MAX_TRACES: usize = 8_192;

impl EarlyLosses {
    pub(super) fn add(&mut self, trace_id: TraceId, losses: &TraceLosses) {
        if let Some(sum) = self.losses.get_mut(&trace_id) {
            return sum.add(losses);
        }
        self.losses.insert(trace_id, *losses);
        self.order.push_back(trace_id);
        if self.order.len() > MAX_TRACES
            && let Some(oldest) = self.order.pop_front()
        {
            self.losses.remove(&oldest);
        }
    }

    pub(super) fn take(&mut self, trace_id: TraceId) -> TraceLosses {
        if self.losses.is_empty() {
            return TraceLosses::default();
        }
        self.losses.remove(&trace_id).unwrap_or_default()
    }
}
