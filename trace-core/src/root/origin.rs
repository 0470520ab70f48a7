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
use crate::sampler::SamplingTags;
use crate::tracer::global;
use crate::value::{Baggage, Link, SpanId, SpanKind, TraceContext};

/// The parent of a span that has its own scope, and how it was found.
#[derive(Debug, Default)]
pub(crate) struct SpanOrigin {
    pub(super) parent: Parent,
    pub(super) trust: Trust,
    /// The id or the decision for the new trace that a caller sent without a span.
    pub(super) start: TraceStart,
    /// Baggage of headers without a usable context.
    pub(super) extracted_baggage: Option<Baggage>,
    /// The problems with the headers.
    bad: BadHeaders,
}

/// The problems with the headers of a request.
#[derive(Clone, Copy, Debug, Default)]
struct BadHeaders {
    /// Headers, or entries in them, that could not be used.
    count: u64,
    /// There was a context, but it is lost.
    context: bool,
    /// The trace continues without its `tracestate`.
    tracestate: bool,
}

/// See [`SpanOrigin`].
#[derive(Debug, Default)]
pub(super) enum Parent {
    /// There is no parent: the span is the root of a new trace.
    #[default]
    Absent,
    /// The span with this context, in another process.
    Remote(TraceContext),
    /// The parent that is named in this context, which is the span's own context.
    Given(TraceContext),
    /// The span with this context, in this process.
    Local(TraceContext),
    /// The span that is current when this one begins.
    Current,
}

impl SpanOrigin {
    /// Makes an origin whose parent is the span of the context, or the current span if there
    /// is no context.
    pub(crate) fn parent(extracted: Extracted) -> Self {
        Self {
            bad: BadHeaders::in_extracted(&extracted),
            parent: match extracted.context {
                Some(context) if context.is_remote => Parent::Remote(context),
                Some(context) => Parent::Local(context),
                None => Parent::Current,
            },
            ..Self::default()
        }
    }

    /// Makes an origin whose parent is the caller's span. Without a context, the span begins a
    /// new trace.
    pub(crate) fn remote(extracted: Extracted) -> Self {
        Self::trusted(extracted, Trust::Continue)
    }

    /// Makes such an origin whose context is trusted as far as this says.
    #[inline]
    pub(super) fn trusted(extracted: Extracted, trust: Trust) -> Self {
        let bad = BadHeaders::in_extracted(&extracted);
        let Extracted {
            context,
            baggage,
            start,
            ..
        } = extracted;
        let is_new = context.is_none();
        Self {
            parent: context.map_or(Parent::Absent, Parent::Remote),
            trust,
            start: if is_new { start } else { TraceStart::default() },
            extracted_baggage: is_new.then_some(baggage),
            bad,
        }
    }

    /// Sets how far a remote context is trusted.
    pub(crate) fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// Takes the context from the headers of a request. If there is no context, takes only the
    /// baggage.
    pub(super) fn extract(&mut self, extracted: Extracted) {
        let bad = BadHeaders::in_extracted(&extracted);
        self.bad = BadHeaders {
            count: self.bad.count + bad.count,
            ..bad
        };
        match extracted.context {
            Some(context) => self.parent = Parent::Remote(context),
            None => {
                self.start = extracted.start;
                self.extracted_baggage = Some(extracted.baggage);
            }
        }
    }

    /// Begins the scope with the given tracer, or with the current tracer if none is given.
    /// Without a tracer, the scope only passes on a context. Returns `None` if there is no
    /// context either.
    pub(super) fn begin(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        operation_name: &str,
        kind: SpanKind,
        tags: SamplingTags<'_>,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        if let Some(scope) = self.within_current_trace() {
            return scope;
        }
        let begin = |tracer: &Arc<TracerCore>| {
            let is_own = !tracer.is_foreign();
            is_own.then(|| self.begin_with(tracer, operation_name, kind, tags, baggage))
        };
        let begun = match tracer {
            Some(tracer) => begin(tracer),
            None => global::with_current(begin).flatten(),
        };
        begun.or_else(|| self.passing(None, baggage))
    }

    /// Begins the scope with a tracer of this process.
    fn begin_with(
        &self,
        tracer: &Arc<TracerCore>,
        operation_name: &str,
        kind: SpanKind,
        tags: SamplingTags<'_>,
        baggage: Option<&Baggage>,
    ) -> Scope {
        let believed = self.believed(tracer);
        self.count_caller(&tracer.queue.counters, believed.as_deref());
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
        let start = Start {
            operation_name,
            kind,
            tags,
            parentage,
            baggage: baggage.or_else(|| self.believed_baggage()),
            cap: match self.trust {
                Trust::Capped { per_second } => Some(per_second),
                Trust::Continue | Trust::Restart => None,
            },
        };
        Scope::start(tracer, start)
    }

    /// Counts what happened to the context that the caller sent.
    fn count_caller(&self, counters: &Counters, believed: Option<&TraceContext>) {
        let callers = &counters.callers;
        let count = |counter, is_so: bool| {
            if is_so {
                Counters::add(counter, 1);
            }
        };
        if self.bad.count > 0 {
            Counters::add(&counters.bad_headers, self.bad.count);
            count(&callers.restarted_by_bad_header, self.bad.context);
            count(
                &callers.discarded_tracestates,
                self.bad.tracestate && believed.is_some(),
            );
        }
        if let Parent::Remote(context) = &self.parent {
            count(&callers.continued, believed.is_some());
            count(&callers.restarted_by_trust, believed.is_none());
            let is_capped = believed.is_some_and(|believed| believed.flags != context.flags);
            count(&callers.capped, is_capped);
        }
    }

    /// Begins a scope that only passes the caller's context on, if there is one, and in which
    /// nothing is to be recorded. `None` for the tracer means the current one.
    pub(super) fn pass_on(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        let current = || global::current().filter(|tracer| !tracer.is_foreign());
        let tracer = tracer.cloned().or_else(current);
        let passing = self.passing(tracer.as_ref(), baggage);
        passing.or_else(|| tracer.as_ref().map(Scope::nothing))
    }

    /// Returns the scope to use without a tracer, or where nothing is to be recorded. It passes
    /// on the received context as far as it is trusted, or else what came without a context.
    /// Returns `None` if nothing was received.
    #[cold]
    fn passing(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        match &self.parent {
            Parent::Remote(context) => {
                let context = self.passed_on(tracer, context)?;
                Some(Scope::passing(tracer, &context, baggage))
            }
            Parent::Given(context) | Parent::Local(context) => {
                Some(Scope::passing(tracer, context, baggage))
            }
            Parent::Absent => self.passing_start(tracer, baggage),
            Parent::Current => None,
        }
    }

    /// Returns a scope that passes on baggage, and the id or the decision for a new trace. In it
    /// no trace runs, because only a span would make one of them.
    fn passing_start(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        let start = self.wish().unwrap_or_default();
        let baggage = baggage.or_else(|| self.believed_baggage());
        let baggage = baggage.filter(|baggage| !baggage.is_empty());
        let has_any = start != TraceStart::default() || baggage.is_some();
        has_any.then(|| Scope::passing_start(tracer, start, baggage))
    }

    /// Returns the baggage that came without a context, if the caller is trusted.
    fn believed_baggage(&self) -> Option<&Baggage> {
        let extracted = self.extracted_baggage.as_ref();
        extracted.filter(|_| self.trust != Trust::Restart)
    }

    /// Returns the caller's context as it is passed on where nothing is recorded. Whoever gets
    /// it trusts this service: it would record what the cap is to keep out. An open decision
    /// counts as one to record, because it is not known what others decide.
    fn passed_on<'a>(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        context: &'a TraceContext,
    ) -> Option<Cow<'a, TraceContext>> {
        match self.trust {
            Trust::Restart => None,
            Trust::Capped { per_second }
                if (context.is_sampled() || context.flags.is_deferred())
                    && !tracer.is_some_and(|tracer| admits(tracer, per_second, context)) =>
            {
                if let Some(tracer) = tracer {
                    Counters::add(&tracer.queue.counters.callers.capped, 1);
                }
                Some(Cow::Owned(not_sampled(context)))
            }
            Trust::Continue | Trust::Capped { .. } => Some(Cow::Borrowed(context)),
        }
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

    /// Returns the caller's context as far as it is trusted: unchanged (borrowed), with the
    /// sampled flag cleared (owned), or not at all (`None`).
    fn believed(&self, tracer: &TracerCore) -> Option<Cow<'_, TraceContext>> {
        let Parent::Remote(context) = &self.parent else {
            return None;
        };
        match self.trust {
            Trust::Restart => None,
            Trust::Capped { per_second }
                if context.is_sampled() && !admits(tracer, per_second, context) =>
            {
                Some(Cow::Owned(not_sampled(context)))
            }
            Trust::Continue | Trust::Capped { .. } => Some(Cow::Borrowed(context)),
        }
    }

    /// Returns another scope of the current trace, if the span belongs to that trace. The
    /// outer `Option` is `Some` if it does.
    fn within_current_trace(&self) -> Option<Option<Scope>> {
        match &self.parent {
            Parent::Current => Some(Scope::current()),
            Parent::Local(context) => Scope::current_below(context).map(Some),
            Parent::Absent | Parent::Remote(_) | Parent::Given(_) => None,
        }
    }

    /// Returns a link to the caller's span, if this span does not continue the caller's trace.
    pub(super) fn link(&self) -> Option<Link> {
        match (&self.parent, self.trust) {
            (Parent::Remote(context), Trust::Restart) => Some(Link::from(context)),
            _ => None,
        }
    }

    /// Returns the id that the span must have, if its own context was given.
    pub(super) fn span_id(&self) -> Option<SpanId> {
        match &self.parent {
            Parent::Given(context) => Some(context.span_id),
            _ => None,
        }
    }
}

/// Takes one trace from the allowance of a cap. Returns whether one was left.
fn admits(tracer: &TracerCore, per_second: u32, context: &TraceContext) -> bool {
    let allowances = &tracer.trust_allowances;
    allowances.admits(per_second, context.trace_id, &tracer.clock)
}

fn not_sampled(context: &TraceContext) -> TraceContext {
    TraceContext {
        flags: context.flags.with_sampled(false),
        ..context.clone()
    }
}

impl BadHeaders {
    fn in_extracted(extracted: &Extracted) -> Self {
        let mut bad = Self {
            count: extracted.problems.iter().map(HeaderProblem::count).sum(),
            ..Self::default()
        };
        for problem in &extracted.problems {
            match problem {
                problem if problem.is_of_baggage() => {}
                HeaderProblem::Tracestate(_) => bad.tracestate = extracted.context.is_some(),
                _ => bad.context = extracted.context.is_none(),
            }
        }
        bad
    }
}
