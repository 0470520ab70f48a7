//! The traces of a collector, and what bounds them.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::active_trace::ActiveTrace;
use super::completed_trace::{CompletedTrace, Completion};
use super::completeness::BatchSource;
use super::early_losses::EarlyLosses;
use super::kept_traces::{KeptTrace, KeptTraces, LateSpan};
use super::news::{News, OpenTrace};
use super::options::TraceCollectorOptions;
use super::running::RunningTraces;
use super::service_names::ServiceNames;
use super::stats::TraceCollectorStats;
use super::trace::{AddedSpan, Trace};
use crate::collector::{SpanBatch, SpanView};
use crate::process::clock::{Clock, Stopwatch};
use crate::process::maps::{HashMap, HashSet};
use crate::stream::decode::{Part, PartReport, PartState, TraceLosses};
use crate::value::{SpanRecord, Timestamp, TraceId};

#[derive(Debug, Default)]
pub(super) struct Store {
    /// Boxed, since a map grows by as much as it has.
    active: HashMap<TraceId, Box<ActiveTrace>>,
    /// Every active trace once, under a time that is not later than when it is due:
    /// a span that comes makes it due later, which is noticed when its turn comes.
    queue: BTreeSet<(Duration, TraceId)>,
    /// What the active traces take.
    bytes: usize,
    kept: KeptTraces,
    running: RunningTraces,
    early_losses: EarlyLosses,
    names: ServiceNames,
    stopwatch: Stopwatch,
    /// How many tracers were shut down.
    pub(super) shutdowns: usize,
    pub(super) hook_panics: u64,
    stats: TraceCollectorStats,
}

/// The time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// By the clock, which may be set.
    shown: Timestamp,
    /// What has passed since the first look at it, by which all is waited for.
    passed: Duration,
}

impl Store {
    pub(super) fn now(&mut self, clock: &Clock) -> Now {
        Now {
            shown: clock.now(),
            passed: self.stopwatch.read(clock),
        }
    }

    /// Adds spans of a batch, and after the last one its ends; returns what is to be told,
    /// and whether `spans` has more.
    ///
    /// It has if the traces that were given up for want of room take a part of what
    /// all may: they are freed when the caller has told of them.
    pub(super) fn collect<'a>(
        &mut self,
        batch: &SpanBatch<'_>,
        spans: &mut impl Iterator<Item = SpanView<'a>>,
        now: Now,
        options: &TraceCollectorOptions,
    ) -> (News, bool) {
        let source = batch_source(batch);
        let mut news = News::default();
        let mut given_up = 0;
        for span in spans {
            let before = news.completed.len();
            self.add(span.to_record(), source, now, options, &mut news);
            if self.all_bytes() > options.max_bytes {
                self.make_room(now, options, &mut news);
            }
            let new = news.completed.iter().skip(before);
            given_up += new.map(|given| given.trace.bytes()).sum::<usize>();
            if given_up > options.max_bytes / 32 {
                return (news, true);
            }
        }
        match batch.resource().reports() {
            Some(reports) => self.note(reports, source.key, now),
            None => {
                for trace_id in batch.completed_traces() {
                    if let Some(active) = self.active.get_mut(&trace_id) {
                        active.completeness.end_part(source);
                    }
                }
            }
        }
        // Traces that end in one batch are completed in the order in which they ended.
        let lossy = batch.losses().map(|(trace_id, _)| trace_id);
        let others = batch.spans().map(|span| span.trace_id());
        let mut seen = HashSet::default();
        for trace_id in batch.completed_traces().chain(lossy).chain(others) {
            if seen.insert(trace_id) {
                self.look_at(trace_id, now, options, &mut news);
            }
        }
        self.make_room(now, options, &mut news);
        self.tick(now, options, &mut news);
        (news, false)
    }

    /// Notes which parts of traces run, and what was lost of them.
    fn note(&mut self, reports: &[PartReport], source: u64, now: Now) {
        for report in reports {
            let Part { trace, number } = report.part;
            match report.state {
                PartState::Open => {
                    let part = (source, number);
                    self.running.open(trace, part, report.began, now.passed);
                }
                PartState::Ended => self.end_part(trace, (source, number)),
                PartState::GivenUp => {
                    self.end_part(trace, (source, number));
                    if let Some(active) = self.active.get_mut(&trace) {
                        active.was_cut = Some(Completion::Stopped);
                    }
                }
            }
            if let Some(losses) = &report.losses {
                self.lose(trace, losses);
            }
        }
    }

    fn end_part(&mut self, trace_id: TraceId, part: (u64, u32)) {
        if let Some(ended) = self.running.end(trace_id, part)
            && let Some(active) = self.active.get_mut(&trace_id)
        {
            active.was_cut = active.was_cut.or(ended.was_cut);
        }
    }

    fn lose(&mut self, trace_id: TraceId, losses: &TraceLosses) {
        if let Some(active) = self.active.get_mut(&trace_id) {
            Arc::make_mut(&mut active.trace).lose(losses);
        } else if let Some(kept) = self.kept.get_mut(trace_id) {
            let was_complete = kept.lose(losses);
            self.stats.traces_incomplete += u64::from(was_complete);
        } else {
            self.early_losses.add(trace_id, losses);
        }
    }

    /// Completes or gives up what is due.
    pub(super) fn tick(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        while let Some((due, trace_id)) = self.next_due(options)
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
        self.tell_open(now, options, news);
        self.discard(options, news);
    }

    /// Tells of traces that go on for long, each once.
    fn tell_open(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        let long = options.give_up_time;
        while let Some((trace_id, running)) = self.running.take_long(now.passed, long) {
            let trace = self.active.get(&trace_id).map(|active| &active.trace);
            let began = running.began.or(trace.and_then(|trace| trace.start()));
            let heard_of = now.passed.saturating_sub(running.heard_of);
            news.open.push(OpenTrace {
                trace_id,
                open_for: began.map_or(heard_of, |began| heard_of.max(now.shown - began)),
                spans: trace.map_or(0, |trace| trace.len()),
            });
        }
    }

    /// Completes what misses nothing, and with `all` also the rest.
    pub(super) fn flush(&mut self, all: bool, now: Now, options: &TraceCollectorOptions) -> News {
        // In the order in which they would have become due.
        let queued: Vec<TraceId> = self.queue.iter().map(|(_, trace_id)| *trace_id).collect();
        let mut news = News::default();
        for trace_id in queued {
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
        let traces = self.active.values();
        traces.map(|active| Arc::clone(&active.trace)).collect()
    }

    pub(super) fn completed(&self) -> Vec<CompletedTrace> {
        self.kept.completed().cloned().collect()
    }

    pub(super) fn find(&self, trace_id: TraceId) -> Option<CompletedTrace> {
        self.kept.find(trace_id).cloned()
    }

    /// What traces take, and what is known of others.
    fn all_bytes(&self) -> usize {
        self.bytes + self.kept.bytes() + self.running.bytes() + self.names.bytes()
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

    fn add(
        &mut self,
        mut span: SpanRecord,
        source: BatchSource,
        now: Now,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        self.stats.spans_received += 1;
        let trace_id = span.trace_id;
        self.names.share(&mut span.service_name, options.max_bytes);
        if let Some(active) = self.active.get(&trace_id) {
            let is_full = active.trace.len() >= options.max_spans_per_trace;
            if is_full && !active.trace.has(&span) {
                let completed = self.complete(trace_id, Completion::TooManySpans, now);
                news.completed.extend(completed);
                return self.add_late(span, options);
            }
        } else if self.kept.has(trace_id) || self.revive(trace_id, now) {
            return self.add_late(span, options);
        }
        let active = self.active.entry(trace_id).or_insert_with(|| {
            self.queue.insert((now.passed, trace_id));
            let losses = self.early_losses.take(trace_id);
            Box::new(ActiveTrace::new(trace_id, losses, now.passed))
        });
        self.bytes = self.bytes.saturating_sub(active.bytes);
        if active.add(span, source, now.passed, &self.names) == AddedSpan::Duplicate {
            self.stats.spans_duplicate += 1;
        }
        self.bytes += active.bytes;
    }

    /// Begins to keep again what comes of a trace that was told and discarded; returns
    /// whether it is one.
    fn revive(&mut self, trace_id: TraceId, now: Now) -> bool {
        let losses = || self.early_losses.take(trace_id);
        let Some(completion) = self.kept.revive(trace_id, losses, now.shown) else {
            return false;
        };
        self.stats.traces_completed += 1;
        self.stats.traces_incomplete += u64::from(!completion.is_complete());
        true
    }

    /// Adds a span to its completed trace, which is kept.
    fn add_late(&mut self, span: SpanRecord, options: &TraceCollectorOptions) {
        let max_spans = options.max_spans_per_trace;
        let (became, was_complete) = self.kept.add_late(span, max_spans, &self.names);
        self.stats.traces_incomplete += u64::from(was_complete);
        *match became {
            LateSpan::Added => &mut self.stats.spans_late,
            LateSpan::Duplicate => &mut self.stats.spans_duplicate,
            LateSpan::Dropped => &mut self.stats.spans_dropped,
        } += 1;
    }

    /// Completes a trace of which nothing more comes, and queues one that is due earlier
    /// than before. Tells one again that was complete.
    fn look_at(
        &mut self,
        trace_id: TraceId,
        now: Now,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        let runs = self.running.has(trace_id);
        let Some(active) = self.active.get_mut(&trace_id) else {
            // While a part runs, more comes.
            let kept = self.kept.get_mut(trace_id).filter(|_| !runs);
            news.completed.extend(kept.and_then(KeptTrace::take_news));
            return;
        };
        if !runs && active.is_over(options) {
            let completion = active.end();
            news.completed
                .extend(self.complete(trace_id, completion, now));
            return;
        }
        let due = active.due(runs, options);
        if due < active.queued_for {
            self.queue.remove(&(active.queued_for, trace_id));
            self.queue.insert((due, trace_id));
            active.queued_for = due;
        }
    }

    /// Gives up active traces above the limits.
    fn make_room(&mut self, now: Now, options: &TraceCollectorOptions, news: &mut News) {
        while self.active.len() > options.max_active_traces {
            let Some((_, trace_id)) = self.next_due(options) else {
                return;
            };
            let completed = self.complete(trace_id, Completion::Evicted, now);
            news.completed.extend(completed);
        }
        self.discard(options, news);
        while self.all_bytes() > options.max_bytes {
            let Some((_, trace_id)) = self.next_due(options) else {
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

    /// Returns which active trace is due first, and when.
    fn next_due(&mut self, options: &TraceCollectorOptions) -> Option<(Duration, TraceId)> {
        loop {
            let (queued_for, trace_id) = *self.queue.first()?;
            let Some(active) = self.active.get_mut(&trace_id) else {
                self.queue.pop_first(); // Cannot be: the queue names active traces only.
                continue;
            };
            let due = active.due(self.running.has(trace_id), options);
            if due <= queued_for {
                return Some((due, trace_id));
            }
            self.queue.pop_first();
            self.queue.insert((due, trace_id));
            active.queued_for = due;
        }
    }

    fn is_connected(&self, trace_id: TraceId) -> bool {
        let active = self.active.get(&trace_id);
        let is_connected = active.is_some_and(|active| active.completeness.is_connected());
        is_connected && !self.running.has(trace_id)
    }

    fn complete(
        &mut self,
        trace_id: TraceId,
        completion: Completion,
        now: Now,
    ) -> Option<CompletedTrace> {
        let active = self.active.remove(&trace_id)?;
        self.queue.remove(&(active.queued_for, trace_id));
        self.stats.traces_completed += 1;
        let completion = active.reason(completion);
        self.running.cut(trace_id, completion);
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
        self.bytes = self.bytes.saturating_sub(active.bytes);
        self.kept.push(completed.clone());
        Some(completed)
    }
}

/// Two tracers of one service are told apart by their other tags, such as
/// `service.instance.id`.
fn batch_source(batch: &SpanBatch<'_>) -> BatchSource {
    let mut hasher = DefaultHasher::new();
    let resource = batch.resource();
    resource.service_name.hash(&mut hasher);
    for tag in &resource.tags {
        tag.key.hash(&mut hasher);
        tag.value.to_string().hash(&mut hasher);
    }
    BatchSource {
        key: hasher.finish(),
        reports_ends: resource.says_ends(),
        is_tracer: resource.reports().is_some(),
    }
}
