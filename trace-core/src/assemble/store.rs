//! The traces of a collector, and what bounds them.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::active_trace::ActiveTrace;
use super::completed_trace::{CompletedTrace, Completion};
use super::completeness::Origin;
use super::early_losses::EarlyLosses;
use super::heap_bytes::{heap_bytes, table_bytes};
use super::options::TraceCollectorOptions;
use super::service_names::ServiceNames;
use super::trace::{AddedSpan, Inserted, Trace};
use crate::batch::{Part, PartReport, PartState, SpanBatch, SpanView, TraceLosses};
use crate::id::TraceId;
use crate::maps::{HashMap, HashSet};
use crate::span_record::SpanRecord;
use crate::timestamp::Timestamp;

/// What a [`TraceCollector`](crate::TraceCollector) has taken and what became of it.
///
/// Counts begin with the collector; those that say *at the moment* go up and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceCollectorStats {
    /// Spans that came, all of them.
    pub spans_received: u64,
    /// Of these, spans whose id was there.
    pub spans_duplicate: u64,
    /// Of these, spans added to a completed trace.
    pub spans_late: u64,
    /// Of these, spans that came for a completed trace that is as large as it may be.
    pub spans_dropped: u64,
    /// Traces that were completed or given up, for whatever reason.
    pub traces_completed: u64,
    /// Of these, traces that missed a root or a parent, or were cut off by a limit.
    pub traces_incomplete: u64,
    /// Of these, traces given up for want of room: too many traces or bytes.
    pub traces_evicted: u64,
    /// Completed traces that were discarded for want of room.
    pub traces_discarded: u64,
    /// Traces being assembled at the moment.
    pub active_traces: usize,
    /// Completed traces kept at the moment.
    pub kept_traces: usize,
    /// What all traces take at the moment, in bytes; the process grows by that, give or
    /// take a quarter.
    pub bytes: usize,
    /// Calls of the hook that panicked.
    pub hook_panics: u64,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    /// Boxed, since a map grows by as much as it has.
    active: HashMap<TraceId, Box<ActiveTrace>>,
    /// Every active trace once, under a time that is not later than when it is due:
    /// a span that comes makes it due later, which is noticed when its turn comes.
    queue: BTreeSet<(Timestamp, TraceId)>,
    /// In the order of completion.
    completed: VecDeque<KeptTrace>,
    /// Numbers, counted from the first trace ever completed.
    by_id: HashMap<TraceId, usize>,
    /// How many completed traces were discarded: the number of the first kept.
    discarded: usize,
    bytes: usize,
    /// Parts of traces that tracers know to run: of which tracer, and their numbers.
    running: HashMap<TraceId, Running>,
    early_losses: EarlyLosses,
    names: ServiceNames,
    /// Shutdowns of feeders.
    pub(super) shutdowns: usize,
    pub(super) hook_panics: u64,
    stats: TraceCollectorStats,
}

#[derive(Debug)]
struct KeptTrace {
    completed: CompletedTrace,
    bytes: usize,
    /// Whether it has changed since it was told.
    has_changed: bool,
}

/// The parts of a trace that tracers know to run.
#[derive(Debug, Default)]
struct Running {
    /// Of which tracer, and their numbers.
    parts: Vec<(u64, u32)>,
    /// Set if the trace was completed for want of room meanwhile.
    was_cut: Option<Completion>,
}

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Traces that are completed, given up, or completed before and have changed.
    pub(super) completed: Vec<CompletedTrace>,
    /// Traces that go on for long.
    pub(super) running: Vec<Arc<Trace>>,
}

impl KeptTrace {
    /// What one takes in the store, besides its trace: its places in the list and the
    /// map, of which two thirds are in use, on average.
    const PLACE: usize = (size_of::<Self>() + size_of::<(TraceId, usize)>() + 1) * 3 / 2;
}

impl Store {
    /// Adds spans of a batch, and after the last one its ends; returns what is to be told,
    /// and whether `spans` has more.
    ///
    /// It has if the traces that were given up for want of room take a part of what
    /// all may: they are freed when the caller has told of them.
    pub(super) fn collect<'a>(
        &mut self,
        batch: &SpanBatch<'_>,
        spans: &mut impl Iterator<Item = SpanView<'a>>,
        now: Timestamp,
        options: &TraceCollectorOptions,
    ) -> (News, bool) {
        let origin = origin(batch);
        let mut news = News::default();
        let mut given_up = 0;
        for span in spans {
            let before = news.completed.len();
            self.add(span.to_record(), origin, now, options, &mut news);
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
            Some(reports) => self.note(reports, origin.source),
            None => {
                for trace_id in batch.completed_traces() {
                    if let Some(active) = self.active.get_mut(&trace_id) {
                        active.completeness.end_part(origin);
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
    fn note(&mut self, reports: &[PartReport], source: u64) {
        for report in reports {
            let Part { trace, number } = report.part;
            match report.state {
                PartState::Open => {
                    let running = self.running.entry(trace).or_default();
                    running.parts.push((source, number));
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
        if self.running.is_empty() {
            return;
        }
        let Some(running) = self.running.get_mut(&trace_id) else {
            return;
        };
        running.parts.retain(|other| *other != part);
        if running.parts.is_empty() {
            let was_cut = running.was_cut;
            self.running.remove(&trace_id);
            if let Some(active) = self.active.get_mut(&trace_id) {
                active.was_cut = active.was_cut.or(was_cut);
            }
        }
    }

    fn lose(&mut self, trace_id: TraceId, losses: &TraceLosses) {
        if let Some(active) = self.active.get_mut(&trace_id) {
            Arc::make_mut(&mut active.trace).lose(losses);
        } else if let Some(kept) = self.kept_mut(trace_id) {
            Arc::make_mut(&mut kept.completed.trace).lose(losses);
            kept.has_changed = true;
            let was_complete = kept.completed.turn(Completion::SpansLost);
            self.stats.traces_incomplete += u64::from(was_complete);
        } else {
            self.early_losses.add(trace_id, losses);
        }
    }

    /// Whether a part of the trace is known to run.
    fn runs(&self, trace_id: TraceId) -> bool {
        self.running.contains_key(&trace_id)
    }

    /// Completes or gives up what is due.
    pub(super) fn tick(
        &mut self,
        now: Timestamp,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        while let Some((due, trace_id)) = self.next_due(options)
            && due <= now
        {
            if self.runs(trace_id) {
                if let Some(active) = self.active.get_mut(&trace_id) {
                    active.is_said_open = true;
                    news.running.push(Arc::clone(&active.trace));
                }
                continue;
            }
            let completion = if self.is_connected(trace_id) {
                Completion::Complete
            } else {
                Completion::TimedOut
            };
            news.completed
                .extend(self.complete(trace_id, completion, now));
        }
        self.discard(options, news);
    }

    /// Completes what misses nothing, and with `all` also the rest.
    pub(super) fn flush(
        &mut self,
        all: bool,
        now: Timestamp,
        options: &TraceCollectorOptions,
    ) -> News {
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
            for kept in &mut self.completed {
                if std::mem::take(&mut kept.has_changed) {
                    news.completed.push(kept.completed.clone());
                }
            }
        }
        self.discard(options, &mut news);
        news
    }

    pub(super) fn active(&self) -> Vec<Arc<Trace>> {
        let traces = self.active.values();
        traces.map(|active| Arc::clone(&active.trace)).collect()
    }

    pub(super) fn completed(&self) -> Vec<CompletedTrace> {
        let kept = self.completed.iter();
        kept.map(|kept| kept.completed.clone()).collect()
    }

    pub(super) fn find(&self, trace_id: TraceId) -> Option<CompletedTrace> {
        let index = self.by_id.get(&trace_id)?.checked_sub(self.discarded)?;
        Some(self.completed.get(index)?.completed.clone())
    }

    /// What traces take, and what is known of those that run.
    fn all_bytes(&self) -> usize {
        let running = table_bytes(self.running.capacity(), size_of::<(TraceId, Running)>());
        // Mostly one part of each runs.
        let parts = heap_bytes(4 * size_of::<(u64, u32)>());
        self.bytes + running + self.running.len() * parts + self.names.bytes()
    }

    fn kept_mut(&mut self, trace_id: TraceId) -> Option<&mut KeptTrace> {
        let index = self.by_id.get(&trace_id)?.checked_sub(self.discarded)?;
        self.completed.get_mut(index)
    }

    pub(super) fn stats(&self) -> TraceCollectorStats {
        TraceCollectorStats {
            active_traces: self.active.len(),
            kept_traces: self.completed.len(),
            bytes: self.all_bytes(),
            hook_panics: self.hook_panics,
            ..self.stats
        }
    }

    fn add(
        &mut self,
        mut span: SpanRecord,
        origin: Origin,
        now: Timestamp,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        self.stats.spans_received += 1;
        let trace_id = span.trace_id;
        self.names.share(&mut span.service_name, options.max_bytes);
        if let Some(active) = self.active.get(&trace_id)
            && active.trace.len() >= options.max_spans_per_trace
            && !active.trace.has(&span)
        {
            let completed = self.complete(trace_id, Completion::TooManySpans, now);
            news.completed.extend(completed);
        }
        if let Some(number) = self.by_id.get(&trace_id) {
            return self.add_late(*number, span, options);
        }
        let active = self.active.entry(trace_id).or_insert_with(|| {
            self.queue.insert((now, trace_id));
            let losses = self.early_losses.take(trace_id);
            Box::new(ActiveTrace::new(trace_id, losses, now))
        });
        self.bytes = self.bytes.saturating_sub(active.bytes);
        if active.add(span, origin, now, &self.names) == AddedSpan::Duplicate {
            self.stats.spans_duplicate += 1;
        }
        self.bytes += active.bytes;
    }

    /// Adds a span to the completed trace of this number.
    fn add_late(&mut self, number: usize, span: SpanRecord, options: &TraceCollectorOptions) {
        let Some(kept) = number
            .checked_sub(self.discarded)
            .and_then(|index| self.completed.get_mut(index))
        else {
            self.stats.spans_dropped += 1; // Cannot be: `by_id` names kept traces only.
            return;
        };
        let is_full = kept.completed.trace.len() >= options.max_spans_per_trace;
        if is_full && !kept.completed.trace.has(&span) {
            self.stats.spans_dropped += 1;
            kept.completed.dropped_spans += 1;
            kept.has_changed = true;
            let was_complete = kept.completed.turn(Completion::TooManySpans);
            self.stats.traces_incomplete += u64::from(was_complete);
            return;
        }
        let trace = Arc::make_mut(&mut kept.completed.trace);
        match trace.insert(span, &self.names) {
            Inserted::New(_) => {
                self.stats.spans_late += 1;
                kept.completed.late_spans += 1;
                kept.has_changed = true;
            }
            Inserted::Copy | Inserted::Other | Inserted::Replaced(..) => {
                self.stats.spans_duplicate += 1;
            }
        }
        let bytes = trace.bytes() + KeptTrace::PLACE;
        self.bytes = (self.bytes + bytes).saturating_sub(kept.bytes);
        kept.bytes = bytes;
    }

    /// Completes a trace of which nothing more comes, and queues one that is due earlier
    /// than before. Tells one again that was complete.
    fn look_at(
        &mut self,
        trace_id: TraceId,
        now: Timestamp,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        let runs = self.runs(trace_id);
        let Some(active) = self.active.get_mut(&trace_id) else {
            // While a part runs, more comes.
            let kept = self.kept_mut(trace_id).filter(|_| !runs);
            if let Some(kept) = kept
                && std::mem::take(&mut kept.has_changed)
            {
                news.completed.push(kept.completed.clone());
            }
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
    fn make_room(&mut self, now: Timestamp, options: &TraceCollectorOptions, news: &mut News) {
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
        while self.completed.len() > options.max_completed_traces
            || self.all_bytes() > options.max_bytes
        {
            let Some(oldest) = self.completed.pop_front() else {
                return;
            };
            if oldest.has_changed {
                news.completed.push(oldest.completed.clone());
            }
            self.by_id.remove(&oldest.completed.trace.trace_id);
            self.discarded += 1;
            self.stats.traces_discarded += 1;
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
        }
    }

    /// Returns which active trace is due first, and when.
    fn next_due(&mut self, options: &TraceCollectorOptions) -> Option<(Timestamp, TraceId)> {
        loop {
            let (queued_for, trace_id) = *self.queue.first()?;
            let Some(active) = self.active.get_mut(&trace_id) else {
                self.queue.pop_first(); // Cannot be: the queue names active traces only.
                continue;
            };
            let due = active.due(self.running.contains_key(&trace_id), options);
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
        is_connected && !self.runs(trace_id)
    }

    fn complete(
        &mut self,
        trace_id: TraceId,
        completion: Completion,
        now: Timestamp,
    ) -> Option<CompletedTrace> {
        let active = self.active.remove(&trace_id)?;
        self.queue.remove(&(active.queued_for, trace_id));
        self.stats.traces_completed += 1;
        let completion = active.reason(completion);
        if let Some(running) = self.running.get_mut(&trace_id) {
            running.was_cut = Some(completion);
        }
        if !completion.is_complete() {
            self.stats.traces_incomplete += 1;
        }
        if matches!(completion, Completion::Evicted | Completion::TooManyBytes) {
            self.stats.traces_evicted += 1;
        }
        let completed = CompletedTrace {
            trace: active.trace,
            completion,
            completed_at: now,
            late_spans: 0,
            dropped_spans: 0,
        };
        let bytes = completed.trace.bytes() + KeptTrace::PLACE;
        self.bytes = (self.bytes + bytes).saturating_sub(active.bytes);
        let number = self.discarded + self.completed.len();
        self.by_id.insert(trace_id, number);
        self.completed.push_back(KeptTrace {
            completed: completed.clone(),
            bytes,
            has_changed: false,
        });
        Some(completed)
    }
}

/// Two tracers of one service are told apart by their other tags, such as
/// `service.instance.id`.
fn origin(batch: &SpanBatch<'_>) -> Origin {
    let mut hasher = DefaultHasher::new();
    let resource = batch.resource();
    resource.service_name.hash(&mut hasher);
    for tag in &resource.tags {
        tag.key.hash(&mut hasher);
        tag.value.to_string().hash(&mut hasher);
    }
    Origin {
        source: hasher.finish(),
        reports_ends: resource.says_ends(),
        is_tracer: resource.reports().is_some(),
    }
}
