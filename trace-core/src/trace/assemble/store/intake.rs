//! Adds the spans, ends of parts, and losses of a batch to the store.

use std::sync::Arc;

use super::{Now, Store};
use crate::collector::{SpanBatch, SpanView};
use crate::process::maps::HashSet;
use crate::stream::decode::{Part, PartReport, PartState, TraceLosses};
use crate::trace::assemble::batch_source::BatchSource;
use crate::trace::assemble::completed_trace::Completion;
use crate::trace::assemble::kept_traces::{KeptTrace, LateSpan};
use crate::trace::assemble::news::News;
use crate::trace::assemble::options::TraceCollectorOptions;
use crate::trace::assemble::trace::AddedSpan;
use crate::value::{SpanRecord, TraceId};

impl Store {
    /// Adds spans of a batch, and after the last span its ends and losses. Returns the news to
    /// be announced, and whether to call this again with the rest of `spans`.
    ///
    /// To make room, it may give up traces, which are freed only after the caller has
    /// announced them. It stops early when they take 1/32 of `max_bytes`.
    pub(in crate::trace::assemble) fn collect<'a>(
        &mut self,
        batch: &SpanBatch<'_>,
        spans: &mut impl Iterator<Item = SpanView<'a>>,
        now: Now,
        options: &TraceCollectorOptions,
    ) -> (News, bool) {
        let source = BatchSource::from_batch(batch);
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
            Some(reports) => self.note_reports(reports, source.key, now),
            None => {
                for trace_id in batch.completed_traces() {
                    if let Some(active) = self.active.get_mut(trace_id) {
                        active.completeness.end_part(source);
                    }
                }
                for (trace_id, losses) in batch.losses() {
                    self.note_losses(trace_id, &losses);
                }
            }
        }
        // The ends come first, so traces that end in one batch are completed in the order in
        // which they ended.
        let lossy = batch.losses().map(|(trace_id, _)| trace_id);
        let others = batch.spans().map(|span| span.trace_id());
        let mut seen = HashSet::default();
        for trace_id in batch.completed_traces().chain(lossy).chain(others) {
            if seen.insert(trace_id) {
                self.review(trace_id, now, options, &mut news);
            }
        }
        self.make_room(now, options, &mut news);
        self.tick(now, options, &mut news);
        (news, false)
    }

    /// Notes a tracer's reports about parts of traces: which parts run or have ended, and
    /// which spans were lost.
    fn note_reports(&mut self, reports: &[PartReport], source: u64, now: Now) {
        for report in reports {
            let Part { trace, number } = report.part;
            match report.state {
                PartState::Open => {
                    let part = (source, number);
                    self.running
                        .open_part(trace, part, report.began, now.passed);
                }
                PartState::Ended => self.end_part(trace, (source, number)),
                PartState::GivenUp => {
                    self.end_part(trace, (source, number));
                    if let Some(active) = self.active.get_mut(trace) {
                        active.was_cut = Some(Completion::Stopped);
                    }
                }
            }
            if let Some(losses) = &report.losses {
                self.note_losses(trace, losses);
            }
        }
    }

    /// Notes the end of a part. If spans of the trace were completed or given up while the
    /// part ran, the trace cannot be complete, even if new spans came since.
    fn end_part(&mut self, trace_id: TraceId, part: (u64, u32)) {
        if let Some(ended) = self.running.end_part(trace_id, part)
            && let Some(active) = self.active.get_mut(trace_id)
        {
            active.was_cut = active.was_cut.or(ended.was_cut);
        }
    }

    /// Adds losses to the trace, or keeps them until its first span comes.
    fn note_losses(&mut self, trace_id: TraceId, losses: &TraceLosses) {
        if let Some(active) = self.active.get_mut(trace_id) {
            Arc::make_mut(&mut active.trace).add_losses(losses);
        } else if let Some(kept) = self.kept.get_mut(trace_id) {
            let was_complete = kept.add_losses(losses);
            self.stats.traces_incomplete += u64::from(was_complete);
        } else {
            self.early_losses.add(trace_id, losses);
        }
    }

    /// Adds a span to its trace, which may be active, completed, discarded or new.
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
        if let Some(active) = self.active.get(trace_id) {
            let is_full = active.trace.len() >= options.max_spans_per_trace;
            if is_full && !active.trace.has(&span) {
                let completed = self.complete(trace_id, Completion::TooManySpans, now);
                news.completed.extend(completed);
                return self.add_late(span, options);
            }
        } else if self.kept.has(trace_id) || self.revive(trace_id, now) {
            return self.add_late(span, options);
        }
        let (losses, names) = (&mut self.early_losses, &self.names);
        let added = self.active.add(span, source, now.passed, losses, names);
        if added == AddedSpan::Duplicate {
            self.stats.spans_duplicate += 1;
        }
    }

    /// Keeps a discarded trace again, without its earlier spans. Returns whether the trace was
    /// discarded.
    fn revive(&mut self, trace_id: TraceId, now: Now) -> bool {
        let losses = || self.early_losses.take(trace_id);
        let Some(completion) = self.kept.revive(trace_id, losses, now.shown) else {
            return false;
        };
        self.stats.traces_completed += 1;
        self.stats.traces_incomplete += u64::from(!completion.is_complete());
        true
    }

    /// Adds a span to a completed trace that is kept.
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

    /// Checks a trace that a batch has changed. Completes it if nothing more will come, or
    /// queues it earlier if it is now due earlier. Announces a completed trace again.
    fn review(
        &mut self,
        trace_id: TraceId,
        now: Now,
        options: &TraceCollectorOptions,
        news: &mut News,
    ) {
        let runs = self.running.has(trace_id);
        let Some(active) = self.active.get(trace_id) else {
            // While a part runs, more spans will come. They are announced together.
            let kept = self.kept.get_mut(trace_id).filter(|_| !runs);
            news.completed.extend(kept.and_then(KeptTrace::take_news));
            return;
        };
        if !runs && active.is_over(options) {
            let completion = active.end_reason();
            news.completed
                .extend(self.complete(trace_id, completion, now));
            return;
        }
        let due = active.due(runs, options);
        self.active.queue_earlier(trace_id, due);
    }
}
