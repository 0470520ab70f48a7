//! The parent of a span that has its own scope, and how far a remote context is trusted.
//!
//! Owns the choice between a root, a local parent and a remote parent. Does not read headers
//! (`propagation`) and does not ask the sampler (`record/scope/start.rs`).

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostics::stats::Counters;
use crate::propagation::trust::Trust;
use crate::propagation::{Extracted, HeaderProblem, TraceStart};
use crate::record::{Parentage, Scope, Start, TracerCore};
use crate::tracer::global;
use crate::value::{Baggage, Link, SpanId, SpanKind, TraceContext};

/// The parent of a span that has its own scope, and how it was found.
#[derive(Debug, Default)]
pub(crate) struct SpanOrigin {
    pub(super) parent: Parent,
    pub(super) trust: Trust,
    /// What a caller without a span wants the trace to begin with.
    pub(super) start: TraceStart,
    /// Baggage that came without a context.
    pub(super) extracted_baggage: Option<Baggage>,
    /// Headers, or entries in them, that could not be used.
    pub(super) bad_headers: u64,
}

/// See [`SpanOrigin`].
#[derive(Debug, Default)]
pub(super) enum Parent {
    /// None: the span is the root of a new trace.
    #[default]
    Absent,
    /// A span of another process.
    Remote(TraceContext),
    /// What the context says: the context is the span's own.
    Given(TraceContext),
    /// The span of a context of this process.
    Local(TraceContext),
    /// The span that is current where this one begins.
    Current,
}

impl SpanOrigin {
    /// Below the span of a context, or below the current one if there is no
    /// context.
    pub(crate) fn parent(extracted: Extracted) -> Self {
        Self {
            parent: match extracted.context {
                Some(context) if context.is_remote => Parent::Remote(context),
                Some(context) => Parent::Local(context),
                None => Parent::Current,
            },
            bad_headers: count(&extracted.problems),
            ..Self::default()
        }
    }

    /// Below the caller's span, or at the top of a trace if there is no context.
    pub(crate) fn remote(extracted: Extracted) -> Self {
        let mut origin = Self::default();
        origin.extract(extracted);
        origin
    }

    /// Sets how far a remote context is trusted.
    pub(crate) fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// Takes the context from the headers of a request; without one, the baggage.
    pub(super) fn extract(&mut self, extracted: Extracted) {
        self.bad_headers += count(&extracted.problems);
        match extracted.context {
            Some(context) => self.parent = Parent::Remote(context),
            None => {
                self.start = extracted.start;
                self.extracted_baggage = Some(extracted.baggage);
            }
        }
    }

    /// Begins the scope with the given tracer, or else with the current one.
    pub(super) fn begin(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        operation_name: &str,
        kind: SpanKind,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        if let Some(scope) = self.within_current_trace() {
            return scope;
        }
        let current = tracer.is_none().then(global::current).flatten();
        let tracer = tracer.or(current.as_ref());
        let tracer = tracer.filter(|tracer| !tracer.is_foreign())?;
        if self.bad_headers > 0 {
            Counters::add(&tracer.queue.counters.bad_headers, self.bad_headers);
        }
        let believed = self.believed(tracer);
        let parentage = match &self.parent {
            Parent::Absent => self.wish().map_or(Parentage::Nothing, Parentage::Wish),
            Parent::Current => Parentage::Nothing,
            Parent::Given(context) => Parentage::Given(context),
            Parent::Local(context) => Parentage::Local(context),
            Parent::Remote(_) => match &believed {
                None => Parentage::Nothing,
                Some(Cow::Borrowed(context)) => Parentage::Remote(context),
                Some(Cow::Owned(context)) => Parentage::Capped(context),
            },
        };
        let extracted = self.extracted_baggage.as_ref();
        let start = Start {
            operation_name,
            kind,
            parentage,
            baggage: baggage.or(extracted.filter(|_| self.trust != Trust::Restart)),
        };
        Some(Scope::start(tracer, start))
    }

    /// Returns what a caller without a span wants the trace to begin with, as far as it is
    /// trusted.
    fn wish(&self) -> Option<TraceStart> {
        let mut start = self.start;
        match self.trust {
            Trust::Restart => return None,
            // A caller could otherwise get around the cap by leaving out the ids.
            Trust::Capped { .. } => start.flags = start.flags.filter(|flags| !flags.is_sampled()),
            Trust::Continue => {}
        }
        (start != TraceStart::default()).then_some(start)
    }

    /// The caller's context, as far as it is trusted.
    fn believed(&self, tracer: &TracerCore) -> Option<Cow<'_, TraceContext>> {
        let Parent::Remote(context) = &self.parent else {
            return None;
        };
        match self.trust {
            Trust::Restart => None,
            Trust::Capped { per_second }
                if context.is_sampled()
                    && !tracer
                        .trust_allowances
                        .admits(per_second, context, &tracer.clock) =>
            {
                Some(Cow::Owned(TraceContext {
                    flags: context.flags.with_sampled(false),
                    ..context.clone()
                }))
            }
            Trust::Continue | Trust::Capped { .. } => Some(Cow::Borrowed(context)),
        }
    }

    /// Another scope of the trace that runs here, if the span belongs to it.
    fn within_current_trace(&self) -> Option<Option<Scope>> {
        match &self.parent {
            Parent::Current => Some(Scope::current()),
            Parent::Local(context) => Scope::current_below(context).map(Some),
            Parent::Absent | Parent::Remote(_) | Parent::Given(_) => None,
        }
    }

    /// A link to the caller's context, if the span does not continue its trace.
    pub(super) fn link(&self) -> Option<Link> {
        match (&self.parent, self.trust) {
            (Parent::Remote(context), Trust::Restart) => Some(Link::from(context)),
            _ => None,
        }
    }

    /// The id that the span has to have.
    pub(super) fn span_id(&self) -> Option<SpanId> {
        match &self.parent {
            Parent::Given(context) => Some(context.span_id),
            _ => None,
        }
    }
}

/// Counts the headers, and entries of headers, that could not be used.
fn count(problems: &[HeaderProblem]) -> u64 {
    problems.iter().map(HeaderProblem::count).sum()
}
