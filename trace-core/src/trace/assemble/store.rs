//! The traces of a collector, and the limits that bound them.
//!
//! The store decides which traces are completed, given up and discarded. [`intake`] adds spans
//! and reports. The store is behind the collector's lock, so it never calls a hook. Instead it
//! returns the traces to be announced.

mod intake;

use std::sync::Arc;
use std::time::Duration;

use super::active_traces::ActiveTraces;
use super::completed_trace::{CompletedTrace, Completion};
use super::early_losses::EarlyLosses;
use super::kept_traces::KeptTraces;
use super::news::{News, OpenTrace};
use super::options::TraceCollectorOptions;
use super::running_traces::RunningTraces;
use super::service_names::ServiceNames;
use super::stats::TraceCollectorStats;
use super::trace::Trace;
use crate::process::clock::{Clock, Stopwatch};
use crate::value::{Timestamp, TraceId};

/// All traces of a collector, and its counters.
#[derive(Debug, Default)]
pub(super) struct Store {
    active: ActiveTraces,
    kept: KeptTraces,
    running: RunningTraces,
    early_losses: EarlyLosses,
    names: ServiceNames,
    stopwatch: Stopwatch,
    /// How many tracers were shut down.
    pub(super) shutdowns: usize,
    pub(super) hook_panics: u64,
    /// The counters that never decrease. The others are computed.
    stats: TraceCollectorStats,
}

/// The time of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// The time by the clock, which may be set at any time.
    shown: Timestamp,
    /// The time since the first reading of the clock. All waiting uses it.
    passed: Duration,
}

impl Store {
    /// Reads the clock.
    pub(super) fn now(&mut self, clock: &Clock) -> Now {
        Now {
            shown: clock.now(),
            passed: self.stopwatch.read(clock),
        }
    }

    /// Completes or gives up the traces that are due.
    pub(super) fn tick(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        while let Some((due, trace_id)) = self.active.next_due(&self.running, options)
            && due <= now.passed
        {
            let completion = if self.is_connected(trace_id) {
                Completion::Complete
            } else {
                Completion::TimedOut
            };
            news.completed
                .extend(self.complete(trace_id, completion, now));
        }
        self.report_open(now, options, news);
        self.discard(options, news);
    }

    /// Announces the traces that have been open for the give-up time, each once.
    fn report_open(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        let long = options.give_up_time;
        while let Some((trace_id, running)) = self.running.take_long_running(now.passed, long) {
            let trace = self.active.get(trace_id).map(|active| &active.trace);
            let began = running.began.or(trace.and_then(|trace| trace.start()));
            let heard_of = now.passed.saturating_sub(running.heard_of);
            news.open.push(OpenTrace {
                trace_id,
                open_for: began.map_or(heard_of, |began| heard_of.max(now.shown - began)),
                spans: trace.map_or(0, |trace| trace.len()),
            });
        }
    }

    /// Completes the traces that lack nothing. With `all`, gives up the others.
    pub(super) fn flush(&mut self, all: bool, now: Now, options: &TraceCollectorOptions) -> News {
        let mut news = News::default();
        for trace_id in self.active.in_order() {
            let completed = if self.is_connected(trace_id) {
                self.complete(trace_id, Completion::Flushed, now)
            } else if all {
                self.complete(trace_id, Completion::Stopped, now)
            } else {
                None
            };
            news.completed.extend(completed);
        }
        if all {
            news.completed.extend(self.kept.take_news());
        }
        self.discard(options, &mut news);
        news
    }

    pub(super) fn active(&self) -> Vec<Arc<Trace>> {
        self.active.traces().cloned().collect()
    }

    pub(super) fn completed(&self) -> Vec<CompletedTrace> {
        self.kept.completed().cloned().collect()
    }

    pub(super) fn find(&self, trace_id: TraceId) -> Option<CompletedTrace> {
        self.kept.find(trace_id).cloned()
    }

    /// Returns the memory to which `max_bytes` applies.
    fn all_bytes(&self) -> usize {
        self.active.bytes() + self.kept.bytes() + self.running.bytes() + self.names.bytes()
    }

    pub(super) fn stats(&self) -> TraceCollectorStats {
        TraceCollectorStats {
            active_traces: self.active.len() as u64,
            kept_traces: self.kept.len() as u64,
            bytes: self.all_bytes() as u64,
            hook_panics: self.hook_panics,
            ..self.stats
        }
    }

    /// Gives up active traces above the limits, in the order in which they are due. To free
    /// memory, completed traces are discarded before active ones are given up.
    fn make_room(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        while self.active.len() > options.max_active_traces {
            let Some((_, trace_id)) = self.active.next_due(&self.running, options) else {
                return;
            };
            let completed = self.complete(trace_id, Completion::Evicted, now);
            news.completed.extend(completed);
        }
        self.discard(options, news);
        while self.all_bytes() > options.max_bytes {
            let Some((_, trace_id)) = self.active.next_due(&self.running, options) else {
                return;
            };
            let completed = self.complete(trace_id, Completion::TooManyBytes, now);
            news.completed.extend(completed);
            self.discard(options, news);
        }
    }

    /// Discards completed traces above the limits, the oldest first.
    fn discard(&mut self, options: &TraceCollectorOptions, news: &mut News) {
        while self.kept.len() > options.max_completed_traces || self.all_bytes() > options.max_bytes
        {
            let Some(told) = self.kept.discard(options.max_bytes) else {
                return;
            };
            news.completed.extend(told);
            self.stats.traces_discarded += 1;
        }
    }

    /// Returns whether nothing is certainly missing, and no part of the trace runs.
    fn is_connected(&self, trace_id: TraceId) -> bool {
        let active = self.active.get(trace_id);
        let is_connected = active.is_some_and(|active| active.completeness.is_connected());
        is_connected && !self.running.has(trace_id)
    }

    /// Moves an active trace to the completed ones. `completion` is the reason, unless a
    /// reason that precedes it is known. Returns the trace, to be announced.
    fn complete(
        &mut self,
        trace_id: TraceId,
        completion: Completion,
        now: Now,
    ) -> Option<CompletedTrace> {
        let active = self.active.remove(trace_id)?;
        self.stats.traces_completed += 1;
        let completion = active.first_reason(completion);
        self.running.note_cut(trace_id, completion);
        if !completion.is_complete() {
            self.stats.traces_incomplete += 1;
        }
        if matches!(completion, Completion::Evicted | Completion::TooManyBytes) {
            self.stats.traces_evicted += 1;
        }
        let completed = CompletedTrace {
            trace: active.trace,
            completion,
            completed_at: now.shown,
            told_before: false,
            late_spans: 0,
            dropped_spans: 0,
        };
        self.kept.push(completed.clone());
        Some(completed)
    }
}
