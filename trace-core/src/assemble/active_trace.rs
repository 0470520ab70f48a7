//! A trace that is being assembled.

use std::sync::Arc;
use std::time::Duration;

use super::completeness::{Completeness, Origin};
use super::heap_bytes::heap_bytes;
use super::options::TraceCollectorOptions;
use super::trace::{AddedSpan, Inserted, Trace};
use crate::id::TraceId;
use crate::span_record::SpanRecord;
use crate::timestamp::Timestamp;

#[derive(Debug)]
pub(super) struct ActiveTrace {
    /// Shared with who asked for the active traces; copied on the next change only
    /// if somebody still holds it.
    pub(super) trace: Arc<Trace>,
    pub(super) completeness: Completeness,
    /// What it takes.
    pub(super) bytes: usize,
    pub(super) last_arrival: Timestamp,
    /// The time under which the store has queued it; never later than `due`.
    pub(super) queued_for: Timestamp,
}

impl ActiveTrace {
    /// What one takes in the store, besides its trace: itself, its places in the map
    /// (of which two thirds are in use, on average) and in the queue.
    const PLACE: usize = heap_bytes(size_of::<Self>())
        + (size_of::<(TraceId, usize)>() + 1) * 3 / 2
        + size_of::<(Timestamp, TraceId)>() * 3 / 2;

    pub(super) fn new(trace_id: TraceId, now: Timestamp) -> Self {
        Self {
            trace: Arc::new(Trace::new(trace_id)),
            completeness: Completeness::default(),
            bytes: 0,
            last_arrival: now,
            queued_for: now,
        }
    }

    /// Adds a span of this trace.
    pub(super) fn add(&mut self, span: SpanRecord, origin: Origin, now: Timestamp) -> AddedSpan {
        self.last_arrival = self.last_arrival.max(now);
        let trace = Arc::make_mut(&mut self.trace);
        let inserted = trace.insert(span);
        let parent_is_here = |span: &SpanRecord| {
            let parent = span.parent_span_id;
            parent.is_some_and(|parent| trace.span(parent).is_some())
        };
        let added = match inserted {
            Inserted::New(position) => {
                let span = &trace.by_position()[position];
                self.completeness.add(span, parent_is_here(span), origin);
                if trace.answer(span.span_id).is_some() {
                    self.completeness.answer(span.span_id);
                }
                AddedSpan::New
            }
            Inserted::Kept => AddedSpan::Duplicate,
            Inserted::Replaced(position, old) => {
                let span = &trace.by_position()[position];
                self.completeness.replace(&old, span, parent_is_here(span));
                AddedSpan::Duplicate
            }
        };
        self.bytes = self.trace.bytes() + self.completeness.heap_bytes() + Self::PLACE;
        added
    }

    /// Returns when to complete it or give it up if nothing more comes.
    pub(super) fn due(&self, options: &TraceCollectorOptions) -> Timestamp {
        self.last_arrival + self.patience(options)
    }

    fn patience(&self, options: &TraceCollectorOptions) -> Duration {
        if self.completeness.is_connected() {
            options.quiet_time
        } else {
            options.give_up_time
        }
    }
}
