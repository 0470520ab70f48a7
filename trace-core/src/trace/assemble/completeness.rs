//! When a trace that arrives in parts is complete.
//!
//! A tracer reports exactly when a part of a trace begins and ends in its process
//! ([`SpanBatch::completed_traces`]). Nobody reports which other processes take part, and
//! the spans of a file or of another system come without any report. So there are several
//! states. Each is defined by what has come, and not by the order in which it came:
//!
//! - **Running**: a tracer has reported that a part began, and not that it ended. No timer
//!   limits this state, because the end will be reported. (The store has the list of these
//!   parts, because some have no span here.)
//! - **Open**: something is certainly missing, on its way or lost. No span without a parent
//!   is here, or a parent is missing, or a source that reports ends has reported none.
//! - **Whole**: all spans come from one tracer, no part of it runs, and every missing parent
//!   is in another process. If no other tracer sends spans, nothing more comes, no matter
//!   what the trace has called, or what has called it.
//! - **Connected**: not open. Parts to which no span here points may still come, because a
//!   span points to its parent and not to its children.
//! - **Settled**: connected, and the spans here rule out that more comes:
//!   1. no part runs, and every source that is no tracer has reported as many ends as the
//!      trace has entered it. A source is identified by its [`Resource`]. The trace enters
//!      it with a root, with a span that has a remote parent, or, if it is unknown whether
//!      parents are remote, with a server or consumer span;
//!   2. every client span, and every span whose context was put into headers, has a child
//!      from elsewhere, or the other end of its call came with the same id. A call of a
//!      service that is not traced never gets one, and looks like a late answer;
//!   3. no span is a producer, as any number of its consumers may come at any time;
//!   4. no two spans with different contents came for one id, except the two ends of a call.
//!
//! A settled trace is complete at once, without a timer. A trace that stays in one process
//! and makes no calls is settled when its root and all its tasks have ended. A connected
//! trace is complete after the quiet time, because "nothing more comes" is a guess there. An
//! open trace is given up later. Point 2 does not see a context that left the process from
//! an internal span by other means than [`span::inject`](crate::span::inject). Spans from
//! there may come late.
//!
//! This file decides only the states. The timers are in
//! [`active_trace`](super::active_trace).
//!
//! [`SpanBatch::completed_traces`]: crate::SpanBatch::completed_traces
//! [`Resource`]: crate::Resource

use super::allocation::table_bytes;
use super::batch_source::BatchSource;
use crate::process::maps::{HashMap, HashSet};
use crate::value::{SpanId, SpanKind, SpanRecord};

/// What decides the state of one trace. It is updated with each span, so to ask for the
/// state takes constant time.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    /// Spans without a parent, or that are their own.
    roots: usize,
    /// Parents that are not here, by id.
    missing: HashMap<SpanId, MissingParent>,
    /// Of these, the number of those that should be in the process of one of their children.
    missing_here: usize,
    /// Spans of point 2 that have no child from elsewhere.
    unanswered: HashSet<SpanId>,
    /// Spans of point 3.
    producers: usize,
    /// By the key of the source.
    sources: HashMap<u64, SourceState>,
    /// Sum of [`SourceState::unreported`] over all sources.
    unreported: usize,
    /// Number of sources for which [`SourceState::is_running`] holds.
    running: usize,
    /// Set if two different spans came with one id (point 4). Never unset.
    is_doubtful: bool,
}

/// A span that is not here, but has children here.
#[derive(Debug, Default)]
struct MissingParent {
    children: usize,
    /// Of these, the number of those in whose process the parent should be.
    near_children: usize,
    /// Set if a child came from elsewhere: as a call, the parent would be answered.
    is_answered: bool,
}

/// What one source has sent of the trace.
#[derive(Clone, Copy, Debug, Default)]
struct SourceState {
    /// How often the trace has entered the source, as far as its spans show.
    entries: usize,
    /// How many ends the source has reported.
    ends: usize,
    /// Set if a batch of the source reported ends. Never unset.
    reports_ends: bool,
    /// Set if a batch of the source came from a tracer. Never unset.
    is_tracer: bool,
}

impl Completeness {
    /// Returns whether nothing is certainly missing. Parts that run count elsewhere.
    pub(super) fn is_connected(&self) -> bool {
        self.roots > 0 && self.missing.is_empty() && self.running == 0
    }

    /// Returns whether all spans come from one tracer, and all parents that should come from
    /// it are here.
    pub(super) fn is_whole(&self) -> bool {
        self.missing_here == 0 && self.is_of_one_tracer()
    }

    /// Returns whether all spans come from one tracer.
    pub(super) fn is_of_one_tracer(&self) -> bool {
        self.sources.len() == 1 && self.sources.values().all(|source| source.is_tracer)
    }

    /// Returns whether the trace is connected and the spans rule out that more comes.
    pub(super) fn is_settled(&self) -> bool {
        self.is_connected()
            && self.unreported == 0
            && self.unanswered.is_empty()
            && self.producers == 0
            && !self.is_doubtful
    }

    /// Adds a span whose id was not here, or which is the other end of a call.
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
        // A tracer knows which parents are remote. So its server spans with a local parent
        // are no entries.
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
        // A source without spans here has no part in what is kept.
        if self.sources.contains_key(&source.key) {
            self.change_source(source.key, |state| {
                state.ends += 1;
                state.reports_ends = true;
            });
        }
    }

    /// Notes that both ends of a call with this id are here.
    pub(super) fn note_answer(&mut self, span_id: SpanId) {
        self.unanswered.remove(&span_id);
    }

    /// Returns how much memory this has on the heap, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        table_bytes(
            self.missing.capacity(),
            size_of::<(SpanId, MissingParent)>(),
        ) + table_bytes(self.unanswered.capacity(), size_of::<SpanId>())
            + table_bytes(self.sources.capacity(), size_of::<(u64, SourceState)>())
    }

    /// Counts the span as a root, or as a child of its parent.
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

    /// Changes the state of a source, and the two sums over all sources with it.
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
    /// Returns how many ends are still to be reported.
    ///
    /// There must be at least one, even if no span shows the entry. Tracers count as zero:
    /// which of their parts run is known exactly.
    fn unreported(self) -> usize {
        if self.is_tracer {
            return 0;
        }
        self.entries.max(1).saturating_sub(self.ends)
    }

    /// Returns whether the source reports ends, and has reported none: then a part certainly
    /// runs there. After the first end only the number of entries tells, which is a guess.
    fn is_running(self) -> bool {
        self.reports_ends && self.ends == 0 && !self.is_tracer
    }
}

/// Returns whether the span's parent seems to be in another process.
fn is_from_elsewhere(span: &SpanRecord) -> bool {
    span.parent_is_remote || (span.parent_span_id.is_some() && span.kind.is_answer())
}
