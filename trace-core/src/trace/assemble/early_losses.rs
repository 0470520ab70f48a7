//! Losses of traces that the collector does not have yet.

use std::collections::VecDeque;

use crate::process::maps::HashMap;
use crate::stream::decode::TraceLosses;
use crate::value::TraceId;

/// Losses of traces of which no span has come, kept until one comes.
///
/// Bounded: above [`MAX_TRACES`], the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct EarlyLosses {
    losses: HashMap<TraceId, TraceLosses>,
    /// In the order in which the losses came. May name traces that were taken since.
    order: VecDeque<TraceId>,
}

/// Most traces whose losses are kept: 600 KiB. Usually no span of them ever comes.
const MAX_TRACES: usize = 8_192;

impl EarlyLosses {
    /// Adds what was lost of a trace.
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

    /// Takes what was lost of a trace, when its first span comes.
    pub(super) fn take(&mut self, trace_id: TraceId) -> TraceLosses {
        if self.losses.is_empty() {
            return TraceLosses::default();
        }
        self.losses.remove(&trace_id).unwrap_or_default()
    }
}
