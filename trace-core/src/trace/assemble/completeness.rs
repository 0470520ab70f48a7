//! When a trace that arrives in parts is complete.
//!
//! A tracer says exactly when a part of a trace that runs in its process begins and ends
//! ([`SpanBatch::completed_traces`]), but nobody says which other processes take
//! part, and spans of a file or of another system come without such a report. These
//! states follow, each defined by what has come, not by its order:
//!
//! - **Running**: a tracer has said that a part goes on, and not that it has ended. No
//!   time limits it: the end comes. (The parts are in the store, which knows of those
//!   without a span, too.)
//! - **Open**: something is certain to be missing, on its way or lost. No span without
//!   a parent is here, or a parent is missing, or a source that reports ends has not
//!   reported any.
//! - **Whole**: all that is here comes from one tracer, of which no part runs, and no
//!   parent is missing but in other processes. If nobody else sends spans, nothing more
//!   comes, whoever was called or has called.
//! - **Connected**: not open. Parts that nothing here points to may still come: a span
//!   points to its parent and not to its children.
//! - **Settled**: connected, and nothing can come that the spans here do not rule out:
//!   1. no part runs, and every source that is no tracer has reported as many ends as the
//!      trace has entered it. A source is told by its [`Resource`]; the trace enters it
//!      with a root, a span with a remote parent, or, where parents are not known to be
//!      remote, a server or consumer span;
//!   2. every client span, and every span whose context was put into headers, has a
//!      child from elsewhere, or the other end of its call has come with its id. A call
//!      of a service that is not traced never has one, which cannot be told from an
//!      answer that is late;
//!   3. no span is a producer: any number of consumers may come at any time;
//!   4. no two different contents came for one span id, but for the ends of a call.
//!
//! A settled trace is complete at once, without a timer; a trace that stays in one
//! process and makes no calls is settled when its root and all its tasks have ended.
//! A connected one is complete after the quiet time, since "nothing more comes" is
//! then a guess. An open one is given up later. A context that left a process from an
//! internal span, and not by [`span::inject`](crate::span::inject), is not seen by
//! point 2, and spans from there may be late.
//!
//! [`SpanBatch::completed_traces`]: crate::SpanBatch::completed_traces
//! [`Resource`]: crate::Resource

use super::allocation::table_bytes;
use super::batch_source::BatchSource;
use crate::process::maps::{HashMap, HashSet};
use crate::value::{SpanId, SpanKind, SpanRecord};

/// What decides the state of one trace, kept up to date span by span, so that
/// asking takes constant time.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    roots: usize,
    /// Parents that are not here.
    missing: HashMap<SpanId, MissingParent>,
    /// Of these, those that should be in the process of a child.
    missing_here: usize,
    /// Spans that point 2 speaks of, without a child from elsewhere.
    unanswered: HashSet<SpanId>,
    producers: usize,
    sources: HashMap<u64, SourceState>,
    /// Ends that are still to be reported, over all sources.
    unreported: usize,
    /// Sources that will report and have not yet.
    running: usize,
    /// Set if two different spans came with one id, which is point 4; never unset.
    is_doubtful: bool,
}

#[derive(Debug, Default)]
struct MissingParent {
    children: usize,
    /// Of these, those in whose process it should be.
    near_children: usize,
    /// Whether one of the children is from elsewhere.
    is_answered: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct SourceState {
    entries: usize,
    ends: usize,
    /// Set if a batch of it reported ends; never unset.
    reports_ends: bool,
    /// Set if a batch of it came from a tracer; never unset.
    is_tracer: bool,
}

impl Completeness {
    /// Nothing is certain to be missing.
    pub(super) fn is_connected(&self) -> bool {
        self.roots > 0 && self.missing.is_empty() && self.running == 0
    }

    /// All comes from one tracer, and what it has is all here, if none of its parts runs.
    pub(super) fn is_whole(&self) -> bool {
        self.missing_here == 0 && self.is_of_one_tracer()
    }

    pub(super) fn is_of_one_tracer(&self) -> bool {
        self.sources.len() == 1 && self.sources.values().all(|source| source.is_tracer)
    }

    /// Connected, and nothing can come that the spans do not rule out.
    pub(super) fn is_settled(&self) -> bool {
        self.is_connected()
            && self.unreported == 0
            && self.unanswered.is_empty()
            && self.producers == 0
            && !self.is_doubtful
    }

    /// Takes in a span with an id that was not here.
    pub(super) fn add(&mut self, span: &SpanRecord, parent_is_here: bool, source: BatchSource) {
        let waiting = self.missing.remove(&span.span_id);
        if waiting
            .as_ref()
            .is_some_and(|waiting| waiting.near_children > 0)
        {
            self.missing_here = self.missing_here.saturating_sub(1);
        }
        if (span.kind.is_call() || span.context_sent)
            && !waiting.is_some_and(|waiting| waiting.is_answered)
        {
            self.unanswered.insert(span.span_id);
        }
        if span.kind == SpanKind::Producer {
            self.producers += 1;
        }
        self.link(span, parent_is_here);
        // A tracer knows which parents are remote; a server span of it with a local
        // parent is no entry.
        let is_entry = span.parent_span_id.is_none()
            || span.parent_is_remote
            || (!source.reports_ends && is_from_elsewhere(span));
        self.change_source(source.key, |state| {
            state.entries += usize::from(is_entry);
            state.reports_ends |= source.reports_ends;
            state.is_tracer |= source.is_tracer;
        });
    }

    /// Notes that two different spans came with one id.
    pub(super) fn mark_doubtful(&mut self) {
        self.is_doubtful = true;
    }

    /// Puts `span` in the place of `old`, which has the same id.
    pub(super) fn replace(&mut self, old: &SpanRecord, span: &SpanRecord, parent_is_here: bool) {
        match old.other_parent() {
            None => self.roots = self.roots.saturating_sub(1),
            Some(parent) => {
                if let Some(missing) = self.missing.get_mut(&parent) {
                    missing.children = missing.children.saturating_sub(1);
                    if !old.parent_is_remote {
                        missing.near_children = missing.near_children.saturating_sub(1);
                        let is_last = missing.near_children == 0;
                        self.missing_here = self.missing_here.saturating_sub(is_last.into());
                    }
                    if missing.children == 0 {
                        self.missing.remove(&parent);
                    }
                }
            }
        }
        self.link(span, parent_is_here);
    }

    /// Notes that a part of the trace has ended in one source.
    pub(super) fn end_part(&mut self, source: BatchSource) {
        // A source without spans here took part in nothing that is kept.
        if self.sources.contains_key(&source.key) {
            self.change_source(source.key, |state| {
                state.ends += 1;
                state.reports_ends = true;
            });
        }
    }

    /// Notes that the other end of this span's call is here, which has its id.
    pub(super) fn note_answer(&mut self, span_id: SpanId) {
        self.unanswered.remove(&span_id);
    }

    /// Returns what it takes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        table_bytes(
            self.missing.capacity(),
            size_of::<(SpanId, MissingParent)>(),
        ) + table_bytes(self.unanswered.capacity(), size_of::<SpanId>())
            + table_bytes(self.sources.capacity(), size_of::<(u64, SourceState)>())
    }

    fn link(&mut self, span: &SpanRecord, parent_is_here: bool) {
        let Some(parent) = span.other_parent() else {
            self.roots += 1;
            return;
        };
        let is_answer = is_from_elsewhere(span);
        if parent_is_here {
            if is_answer {
                self.unanswered.remove(&parent);
            }
        } else {
            let missing = self.missing.entry(parent).or_default();
            missing.children += 1;
            missing.is_answered |= is_answer;
            if !span.parent_is_remote {
                missing.near_children += 1;
                self.missing_here += usize::from(missing.near_children == 1);
            }
        }
    }

    fn change_source(&mut self, key: u64, change: impl FnOnce(&mut SourceState)) {
        let before = self.sources.get(&key).copied();
        let state = self.sources.entry(key).or_default();
        change(state);
        let unreported = self.unreported + state.unreported();
        let running = self.running + usize::from(state.is_running());
        self.unreported = unreported.saturating_sub(before.map_or(0, SourceState::unreported));
        self.running = running - usize::from(before.is_some_and(SourceState::is_running));
    }
}

impl SourceState {
    /// At least one end must be reported, also where the entry does not show. Which parts
    /// of a tracer go on is known.
    fn unreported(self) -> usize {
        if self.is_tracer {
            return 0;
        }
        self.entries.max(1).saturating_sub(self.ends)
    }

    /// Whether nothing of it has ended. After the first end the count of entries is
    /// all there is, and that is no certainty.
    fn is_running(self) -> bool {
        self.reports_ends && self.ends == 0 && !self.is_tracer
    }
}

fn is_from_elsewhere(span: &SpanRecord) -> bool {
    span.parent_is_remote || (span.parent_span_id.is_some() && span.kind.is_answer())
}
