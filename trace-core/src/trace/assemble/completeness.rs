//! Decides when a trace that arrives in parts is complete.
//!
//! A tracer reports exactly when a part of a trace begins and ends in its process
//! ([`SpanBatch::completed_traces`]). But no report names the other processes that take part,
//! and the spans of a file or of another system come without reports. So there are several
//! states. Each is defined by the spans and reports that have come, in any order:
//!
//! - **Running**: a tracer has reported that a part began, but not that it ended. No timer
//!   limits this state, because the end will be reported. (The list of these parts is in the
//!   store, because some parts have no span here.)
//! - **Open**: something is certainly missing, because it is late or lost. Either there is no
//!   span without a parent, or a parent is missing, or a source that reports ends has reported
//!   none yet.
//! - **Whole**: all spans come from one tracer, no part of it runs, and every missing parent
//!   is in another process. If no other tracer sends spans, nothing more comes, even if the
//!   trace has called other processes or was called by one.
//! - **Connected**: not open. More parts may still come: a span names its parent but not its
//!   children.
//! - **Settled**: connected, and the spans show that no more will come:
//!   1. No part runs. Every source that is not a tracer has reported at least as many ends as
//!      entries. A source is identified by its [`Resource`]. The trace enters a source with a
//!      root, or with a span that has a remote parent. If it is unknown whether parents are
//!      remote, it enters with a server or consumer span.
//!   2. Every client span, and every span whose context was put into headers, is answered. It
//!      has a child from another process, or the other end of its call came with the same id.
//!      A call to a service that is not traced is never answered, and looks like a call whose
//!      answer is late.
//!   3. No span is a producer, because any number of its consumers may come at any time.
//!   4. No two spans with different contents came with one id, except the two ends of a call.
//!
//! A settled trace is complete at once, without a timer. A trace that stays in one process
//! and makes no calls is settled when its root and all its tasks have ended. A connected trace
//! is complete after the quiet time, because it is only likely that no more spans come. An
//! open trace is given up later. Point 2 cannot see a context that an internal span sent out
//! of the process without [`span::inject`](crate::span::inject). The spans that continue this
//! context may come late.
//!
//! This file only decides the states. The timers are in [`active_trace`](super::active_trace).
//!
//! [`SpanBatch::completed_traces`]: crate::SpanBatch::completed_traces
//! [`Resource`]: crate::Resource

use super::allocation::table_bytes;
use super::batch_source::BatchSource;
use crate::process::maps::{HashMap, HashSet};
use crate::value::{SpanId, SpanKind, SpanRecord};

/// The facts that decide the state of one trace. They are updated with each span, so reading
/// the state takes constant time.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    /// The number of spans without a parent, or whose parent is the span itself.
    roots: usize,
    /// The missing parents, by id.
    missing: HashMap<SpanId, MissingParent>,
    /// How many of them should be in the process of one of their children.
    missing_here: usize,
    /// The spans of point 2 that have no answer yet.
    unanswered: HashSet<SpanId>,
    /// The number of spans of point 3.
    producers: usize,
    /// The sources, by key.
    sources: HashMap<u64, SourceState>,
    /// The sum of [`SourceState::unreported`] over all sources.
    unreported: usize,
    /// The number of sources for which [`SourceState::is_running`] holds.
    running: usize,
    /// Set if two different spans came with one id (point 4). Never unset.
    is_doubtful: bool,
}

/// A missing span whose children are here.
#[derive(Debug, Default)]
struct MissingParent {
    children: usize,
    /// How many of them should share a process with the parent.
    near_children: usize,
    /// Set if a child came from another process. If the parent is a call, it is answered.
    is_answered: bool,
}

/// What one source has sent for the trace.
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
    /// Returns whether nothing is certainly missing. Does not count parts that run.
    pub(super) fn is_connected(&self) -> bool {
        self.roots > 0 && self.missing.is_empty() && self.running == 0
    }

    /// Returns whether all spans come from one tracer, and none of its parents is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.missing_here == 0 && self.is_of_one_tracer()
    }

    /// Returns whether all spans come from one tracer.
    pub(super) fn is_of_one_tracer(&self) -> bool {
        self.sources.len() == 1 && self.sources.values().all(|source| source.is_tracer)
    }

    /// Returns whether the trace is connected and the spans show that no more will come.
    pub(super) fn is_settled(&self) -> bool {
        self.is_connected()
            && self.unreported == 0
            && self.unanswered.is_empty()
            && self.producers == 0
            && !self.is_doubtful
    }

    /// Adds a span with a new id, or the other end of a call.
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
        // A tracer knows which parents are remote. So its server spans with a local parent are
        // not entries.
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

    /// Replaces `old` by `span`, which has the same id.
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
        // A source without spans in this trace does not affect its state.
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

    /// Returns its memory on the heap, in bytes.
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

    /// Changes the state of a source, and updates the two sums over all sources.
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
    /// Each source must report at least one end, even if no span shows the entry. Tracers
    /// count as zero, because their running parts are known exactly.
    fn unreported(self) -> usize {
        if self.is_tracer {
            return 0;
        }
        self.entries.max(1).saturating_sub(self.ends)
    }

    /// Returns whether the source reports ends but has reported none. Then a part certainly
    /// runs there. After the first end, only the number of entries suggests whether a part
    /// runs.
    fn is_running(self) -> bool {
        self.reports_ends && self.ends == 0 && !self.is_tracer
    }
}

/// Returns whether the span's parent seems to be in another process.
fn is_from_elsewhere(span: &SpanRecord) -> bool {
    span.parent_is_remote || (span.parent_span_id.is_some() && span.kind.is_answer())
}
