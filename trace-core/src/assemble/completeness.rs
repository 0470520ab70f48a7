//! When a trace that arrives in parts is complete.
//!
//! Every tracer says exactly when the part of a trace that ran in its process has
//! ended ([`SpanBatch::completed_traces`]), but nobody says which other processes
//! take part. Three states follow, each defined by what is here, not by how it
//! came:
//!
//! - **Open**: no span without a parent is here, or a parent is missing. Something
//!   is certain to be missing, on its way or lost.
//! - **Connected**: a root is here and no parent is missing. Parts that nothing here
//!   points to may still come: a span points to its parent and not to its children.
//! - **Settled**: connected, and nothing can come that the spans here do not rule
//!   out:
//!   1. every source has reported the end of as many parts as it entered. A source
//!      is a tracer, told by its [`Resource`]; it enters the trace with a root, a span
//!      with a remote parent, or a server or consumer span;
//!   2. every client span has a child from elsewhere. A call of a service that is not
//!      traced never has one, which cannot be told from an answer that is late;
//!   3. no span is a producer: any number of consumers may come at any time;
//!   4. no two different contents came for one span id.
//!
//! A settled trace is complete at once, without a timer; a trace that stays in one
//! process and makes no calls is settled when its root and all its tasks have ended.
//! A connected one is complete after the quiet time, since "nothing more comes" is
//! then a guess. An open one is given up later. If a context left a process through
//! a span that is neither client nor producer, point 2 cannot see it, and spans from
//! there may be late.
//!
//! [`SpanBatch::completed_traces`]: crate::SpanBatch::completed_traces
//! [`Resource`]: crate::Resource

use std::collections::{HashMap, HashSet};

use crate::id::SpanId;
use crate::span_record::{SpanKind, SpanRecord};

/// Tells the tracers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SourceKey(pub(super) u64);

/// What decides the state of one trace, kept up to date span by span, so that
/// asking takes constant time.
#[derive(Debug, Default)]
pub(super) struct Completeness {
    roots: usize,
    /// Parents that are not here.
    missing: HashMap<SpanId, Missing>,
    /// Client and producer spans without a child from elsewhere.
    unanswered: HashSet<SpanId>,
    producers: usize,
    sources: HashMap<SourceKey, Source>,
    /// Ends that are still to be reported, over all sources.
    unreported: usize,
    /// Set if a span was replaced; never unset.
    is_doubtful: bool,
}

#[derive(Debug, Default)]
struct Missing {
    children: usize,
    /// Whether one of the children is from elsewhere.
    is_answered: bool,
}

#[derive(Debug, Default)]
struct Source {
    entries: usize,
    reports: usize,
}

impl Completeness {
    /// A root is here and no parent is missing.
    pub(super) fn is_connected(&self) -> bool {
        self.roots > 0 && self.missing.is_empty()
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
    pub(super) fn add(&mut self, span: &SpanRecord, parent_is_here: bool, source: SourceKey) {
        let waiting = self.missing.remove(&span.span_id);
        if matches!(span.kind, SpanKind::Client | SpanKind::Producer)
            && !waiting.is_some_and(|waiting| waiting.is_answered)
        {
            self.unanswered.insert(span.span_id);
        }
        if span.kind == SpanKind::Producer {
            self.producers += 1;
        }
        self.link(span, parent_is_here);
        let is_entry = span.parent_span_id.is_none() || is_from_elsewhere(span);
        self.change_source(source, |source| source.entries += usize::from(is_entry));
    }

    /// Puts `span` in the place of `old`, which has the same id.
    pub(super) fn replace(&mut self, old: &SpanRecord, span: &SpanRecord, parent_is_here: bool) {
        self.is_doubtful = true;
        match old.parent_span_id {
            None => self.roots = self.roots.saturating_sub(1),
            Some(parent) => {
                if let Some(missing) = self.missing.get_mut(&parent) {
                    missing.children = missing.children.saturating_sub(1);
                    if missing.children == 0 {
                        self.missing.remove(&parent);
                    }
                }
            }
        }
        self.link(span, parent_is_here);
    }

    /// Notes that a part of the trace has ended in one source.
    pub(super) fn report(&mut self, source: SourceKey) {
        // A source without spans here took part in nothing that is kept.
        if self.sources.contains_key(&source) {
            self.change_source(source, |source| source.reports += 1);
        }
    }

    fn link(&mut self, span: &SpanRecord, parent_is_here: bool) {
        let Some(parent) = span.parent_span_id else {
            self.roots += 1;
            return;
        };
        let is_answer = is_from_elsewhere(span);
        if parent_is_here || parent == span.span_id {
            if is_answer {
                self.unanswered.remove(&parent);
            }
        } else {
            let missing = self.missing.entry(parent).or_default();
            missing.children += 1;
            missing.is_answered |= is_answer;
        }
    }

    fn change_source(&mut self, key: SourceKey, change: impl FnOnce(&mut Source)) {
        let (is_new, source) = match self.sources.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                (true, entry.insert(Source::default()))
            }
            std::collections::hash_map::Entry::Occupied(entry) => (false, entry.into_mut()),
        };
        let before = if is_new { 0 } else { source.unreported() };
        change(source);
        self.unreported = (self.unreported + source.unreported()).saturating_sub(before);
    }
}

impl Source {
    /// At least one report must come, also where the entry does not show.
    fn unreported(&self) -> usize {
        self.entries.max(1).saturating_sub(self.reports)
    }
}

fn is_from_elsewhere(span: &SpanRecord) -> bool {
    span.parent_is_remote
        || (span.parent_span_id.is_some()
            && matches!(span.kind, SpanKind::Server | SpanKind::Consumer))
}
