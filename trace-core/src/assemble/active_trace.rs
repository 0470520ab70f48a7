//! A trace that is being assembled.

use std::sync::Arc;
use std::time::Duration;

use super::completeness::{Completeness, Origin};
use super::options::TraceCollectorOptions;
use super::span_bytes::span_bytes;
use super::trace::{AddedSpan, Inserted, Trace};
use crate::batch::TraceLosses;
use crate::id::TraceId;
use crate::span_record::SpanRecord;
use crate::timestamp::Timestamp;

#[derive(Debug)]
pub(super) struct ActiveTrace {
    /// Shared with who asked for the active traces; copied on the next change only
    /// if somebody still holds it.
    pub(super) trace: Arc<Trace>,
    pub(super) completeness: Completeness,
    /// Approximate size.
    pub(super) bytes: usize,
    pub(super) first_arrival: Timestamp,
    pub(super) last_arrival: Timestamp,
    /// Whether somebody was told that it goes on for long.
    pub(super) is_said_open: bool,
    /// The time under which the store has queued it; never later than `due`.
    pub(super) queued_for: Timestamp,
}

impl ActiveTrace {
    pub(super) fn new(trace_id: TraceId, losses: TraceLosses, now: Timestamp) -> Self {
        let mut trace = Trace::new(trace_id);
        trace.lose(&losses);
        Self {
            trace: Arc::new(trace),
            completeness: Completeness::default(),
            bytes: 0,
            first_arrival: now,
            last_arrival: now,
            is_said_open: false,
            queued_for: now,
        }
    }

    /// Adds a span of this trace.
    pub(super) fn add(&mut self, span: SpanRecord, origin: Origin, now: Timestamp) -> AddedSpan {
        self.last_arrival = self.last_arrival.max(now);
        let span_id = span.span_id;
        let bytes = span_bytes(&span);
        let trace = Arc::make_mut(&mut self.trace);
        let inserted = trace.insert(span);
        let Some(span) = trace.span(span_id) else {
            return AddedSpan::Duplicate; // Cannot be: it was just inserted.
        };
        let parent_is_here = span
            .parent_span_id
            .is_some_and(|parent| trace.span(parent).is_some());
        match inserted {
            Inserted::New => {
                self.completeness.add(span, parent_is_here, origin);
                self.bytes += bytes;
                AddedSpan::New
            }
            Inserted::Kept => AddedSpan::Duplicate,
            Inserted::Replaced(old) => {
                self.completeness.replace(&old, span, parent_is_here);
                self.bytes = (self.bytes + bytes).saturating_sub(span_bytes(&old));
                AddedSpan::Duplicate
            }
        }
    }

    /// Whether nothing more comes, if no part of it runs.
    pub(super) fn is_over(&self, options: &TraceCollectorOptions) -> bool {
        let complete = &self.completeness;
        // With one tracer, nobody else has anything to send.
        let is_alone = options.feeders <= 1 && complete.is_of_one_tracer();
        let has_lost = !self.trace.losses().is_empty();
        complete.is_settled() || (is_alone && (complete.is_whole() || has_lost))
    }

    /// Returns when to complete it or give it up if nothing more comes. While a part of it
    /// is known to run: when to say so, and then never.
    pub(super) fn due(&self, runs: bool, options: &TraceCollectorOptions) -> Timestamp {
        if runs {
            return match self.is_said_open {
                true => Timestamp::from_unix_nanos(u64::MAX),
                false => self.first_arrival + options.give_up_time,
            };
        }
        let quiet = self.last_arrival + self.patience(options);
        quiet.min(self.first_arrival + options.max_age)
    }

    fn patience(&self, options: &TraceCollectorOptions) -> Duration {
        if self.completeness.is_connected() {
            options.quiet_time
        } else {
            options.give_up_time
        }
    }
}
