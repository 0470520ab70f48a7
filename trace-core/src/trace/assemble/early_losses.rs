//! Losses of traces that have no spans in the collector yet.

use std::collections::VecDeque;

use crate::process::maps::HashMap;
use crate::stream::decode::TraceLosses;
use crate::value::TraceId;

/// Losses of traces without spans, kept until the first span comes.
///
/// Bounded: above [`MAX_TRACES`], the oldest losses are forgotten.
#[derive(Debug, Default)]
pub(super) struct EarlyLosses {
    losses: HashMap<TraceId, TraceLosses>,
    /// In the order in which the losses came. May contain traces that were taken since.
    order: VecDeque<TraceId>,
}

/// The maximum number of traces whose losses are kept, in about 600 KiB. Usually no span of
/// these traces ever comes.
const MAX_TRACES: usize = 8_192;

impl EarlyLosses {
    /// Adds losses of a trace.
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

    /// Takes the losses of a trace, when its first span comes.
    pub(super) fn take(&mut self, trace_id: TraceId) -> TraceLosses {
        if self.losses.is_empty() {
            return TraceLosses::default();
        }
        self.losses.remove(&trace_id).unwrap_or_default()
    }
}
