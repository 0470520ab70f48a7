//! A trace that is being assembled.
//!
//! Decides when the trace is over and how long to wait for it. Its state is decided in
//! [`completeness`](super::completeness).

use std::sync::Arc;
use std::time::Duration;

use super::allocation::heap_bytes;
use super::batch_source::BatchSource;
use super::completed_trace::Completion;
use super::completeness::Completeness;
use super::options::TraceCollectorOptions;
use super::service_names::ServiceNames;
use super::trace::{AddedSpan, Inserted, Trace};
use crate::stream::decode::TraceLosses;
use crate::value::{SpanRecord, TraceId};

/// A trace that is being assembled. Times are counted from the collector's first reading of
/// its clock.
#[derive(Debug)]
pub(super) struct ActiveTrace {
    /// Shared with callers that asked for the active traces. A change copies the trace only if
    /// a caller still holds it.
    pub(super) trace: Arc<Trace>,
    pub(super) completeness: Completeness,
    /// Its memory in bytes, including its place in the collector.
    pub(super) bytes: usize,
    /// When its first span arrived.
    pub(super) first_arrival: Duration,
    /// When its last span arrived.
    pub(super) last_arrival: Duration,
    /// Set if the trace can no longer be complete. It is the reason why earlier spans were
    /// completed or given up while a part ran, or [`Completion::Stopped`] if the part itself
    /// was given up.
    pub(super) was_cut: Option<Completion>,
    /// The time under which it is queued; never later than `due`.
    pub(super) queued_for: Duration,
}

impl ActiveTrace {
    /// The memory of one active trace in the collector, without the [`Trace`]. It consists of
    /// this struct and its places in the map and in the queue, of which two thirds are in use
    /// on average.
    const PLACE: usize = heap_bytes(size_of::<Self>())
        + (size_of::<(TraceId, usize)>() + 1) * 3 / 2
        + size_of::<(Duration, TraceId)>() * 3 / 2;

    /// Makes a trace without spans, whose `losses` so far are known.
    pub(super) fn new(trace_id: TraceId, losses: TraceLosses, now: Duration) -> Self {
        let mut trace = Trace::new(trace_id);
        trace.add_losses(&losses);
        Self {
            trace: Arc::new(trace),
            completeness: Completeness::default(),
            bytes: 0,
            first_arrival: now,
            last_arrival: now,
            was_cut: None,
            queued_for: now,
        }
    }

    /// Adds a span of this trace.
    pub(super) fn add(
        &mut self,
        span: SpanRecord,
        source: BatchSource,
        now: Duration,
        names: &ServiceNames,
    ) -> AddedSpan {
        self.last_arrival = self.last_arrival.max(now);
        let trace = Arc::make_mut(&mut self.trace);
        let inserted = trace.insert(span, names);
        let parent_is_here = |span: &SpanRecord| {
            let parent = span.parent_span_id;
            parent.is_some_and(|parent| trace.span(parent).is_some())
        };
        let added = match inserted {
            Inserted::New(position) => {
                let span = &trace.by_position()[position];
                self.completeness.add(span, parent_is_here(span), source);
                if trace.answer(span.span_id).is_some() {
                    self.completeness.note_answer(span.span_id);
                }
                AddedSpan::New
            }
            Inserted::Copy => AddedSpan::Duplicate,
            Inserted::Other => {
                self.completeness.mark_doubtful();
                AddedSpan::Duplicate
            }
            Inserted::Replaced(position, old) => {
                let span = &trace.by_position()[position];
                self.completeness.mark_doubtful();
                self.completeness.replace(&old, span, parent_is_here(span));
                AddedSpan::Duplicate
            }
        };
        self.bytes = self.trace.bytes() + self.completeness.heap_bytes() + Self::PLACE;
        added
    }

    /// Returns whether no more spans will come, provided that no part of the trace runs.
    pub(super) fn is_over(&self, options: &TraceCollectorOptions) -> bool {
        let complete = &self.completeness;
        // If one tracer delivers here, no other process sends spans.
        let is_alone = options.tracers <= 1 && complete.is_of_one_tracer();
        complete.is_settled() || is_alone
    }

    /// Returns why a trace that is over is completed, judged by its spans.
    pub(super) fn end_reason(&self) -> Completion {
        let complete = &self.completeness;
        if complete.is_connected() || complete.is_whole() {
            Completion::Complete
        } else {
            Completion::ParentMissing
        }
    }

    /// Returns the reason that counts: `completion`, an earlier cut, or a loss of spans.
    pub(super) fn first_reason(&self, completion: Completion) -> Completion {
        let has_lost = !self.trace.losses().is_empty();
        let lost = has_lost.then_some(Completion::SpansLost);
        let known = [self.was_cut, lost].into_iter().flatten();
        known.fold(completion, Completion::or_before)
    }

    /// Returns when to complete the trace or give it up if no more spans come.
    ///
    /// While a part of the trace is known to run (`runs`), the result is far in the future. It
    /// includes the first arrival, so that a collector that needs room gives up the oldest
    /// trace first.
    pub(super) fn due(&self, runs: bool, options: &TraceCollectorOptions) -> Duration {
        if runs {
            const NEVER: Duration = Duration::from_secs(u64::MAX / 2);
            return NEVER.saturating_add(self.first_arrival);
        }
        let quiet = self.last_arrival.saturating_add(self.waiting_time(options));
        quiet.min(self.first_arrival.saturating_add(options.max_age))
    }

    /// Returns how long to wait after the last span.
    fn waiting_time(&self, options: &TraceCollectorOptions) -> Duration {
        if self.completeness.is_connected() {
            options.quiet_time
        } else {
            options.give_up_time
        }
    }
}
