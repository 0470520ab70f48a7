//! Begins a trace in this process, and decides whether it is recorded.
//!
//! The decision is made once, here, before anything is recorded. The sampler decides for a new
//! trace and for a trace from another process. A trace of this process keeps its first
//! decision. The trace state and baggage of the caller are kept in either case.
//!
//! Whether a caller is trusted is decided earlier, where a root begins. [`Parentage`] contains
//! the result.

use std::sync::Arc;

use super::active::Active;
use super::recording::Recording;
use super::scope::Scope;
use super::unsampled::Unsampled;
use crate::diagnostics::NotSampledBy;
use crate::diagnostics::stats::Counters;
use crate::propagation::TraceStart;
use crate::record::thread::{self, quietly};
use crate::record::trace::TracerCore;
use crate::sampler::{SamplingInput, SamplingTags};
use crate::value::{Baggage, SpanId, SpanKind, TraceContext, TraceFlags, TraceId};

/// Where a trace begins in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    /// The name of the first span, for the sampler.
    pub(crate) operation_name: &'a str,
    /// The kind of the first span, for the sampler.
    pub(crate) kind: SpanKind,
    /// The tags of the first span, for the sampler.
    pub(crate) tags: SamplingTags<'a>,
    /// The origin of the trace.
    pub(crate) parentage: Parentage<'a>,
    /// The baggage, if it differs from the context's.
    pub(crate) baggage: Option<&'a Baggage>,
    /// The allowance, in traces per second, for traces whose id is the caller's and whose
    /// decision is open. See [`Trust::Capped`](crate::Trust::Capped).
    pub(crate) cap: Option<u32>,
}

/// The origin of a trace, which determines who decides whether it is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parentage<'a> {
    /// The trace is new. The sampler decides.
    Nothing,
    /// The trace is new, but a caller sent an id or a decision for it.
    Wish(TraceStart),
    /// The trace continues a span of another process. The sampler gets its context and
    /// decides.
    Remote(&'a TraceContext),
    /// Like `Remote`, but the caller's allowance of sampled traces is used up. The context has
    /// the flag "not sampled".
    Capped(&'a TraceContext),
    /// The trace continues a span of this process. The decision was made when the trace began.
    Local(&'a TraceContext),
    /// The trace is new, and its first span has this context. The context decides.
    Given(&'a TraceContext),
}

impl Scope {
    /// Begins a trace, or continues one from another process, and decides whether to record
    /// it.
    pub(crate) fn start(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        // This code runs only because something is recorded. So no sampler is called and
        // nothing is counted. A function must behave the same whether it is recorded or not.
        if thread::is_quiet() {
            return Self::start_quietly(tracer, start);
        }
        let (name, kind, tags) = (start.operation_name, start.kind, &start.tags);
        let (scope, context) = match start.parentage {
            // `start_new` notes the beginning itself, because roots also call it directly.
            // `watch` below notes it again, which only increases the number of beginnings.
            Parentage::Nothing => (Self::start_new(tracer, name, kind, tags), None),
            Parentage::Wish(wish) => (Self::start_as(tracer, wish, &start), None),
            Parentage::Remote(context) => {
                let mut refused = ask_sampler(
                    tracer,
                    context.trace_id,
                    name,
                    kind,
                    tags,
                    Caller::Span(context),
                );
                if context.flags.is_deferred() {
                    refused =
                        refused.or_else(|| refused_by_cap(tracer, start.cap, context.trace_id));
                }
                let scope = Self::start_below(tracer, context, refused);
                (scope, Some(context))
            }
            Parentage::Capped(context) => {
                let refused = ask_sampler(
                    tracer,
                    context.trace_id,
                    name,
                    kind,
                    tags,
                    Caller::Span(context),
                );
                // The sampler is still called, with a context that says "not sampled", because
                // it may have its own rule to record the trace. The allowance is the reason
                // only if the sampler refuses as the caller did.
                let by_cap = refused.map(|by| match by {
                    NotSampledBy::Caller => NotSampledBy::Cap,
                    by => by,
                });
                (Self::start_below(tracer, context, by_cap), Some(context))
            }
            Parentage::Local(context) => {
                // The decision was made when the trace began, so the sampler is not called
                // again.
                let refused = (!context.is_sampled()).then_some(NotSampledBy::Caller);
                let scope = Self::start_below(tracer, context, refused);
                (scope, Some(context))
            }
            Parentage::Given(context) => (Self::start_given(tracer, context), Some(context)),
        };
        #[cfg(feature = "testing")]
        scope.watch(tracer, name);
        let baggage = start.baggage.or(context.map(|context| &context.baggage));
        scope.with_baggage(baggage)
    }

    /// Notes the beginning of a trace for a test that waits for its end. This happens before
    /// any code of the trace runs, so that the test never misses the trace.
    #[cfg(feature = "testing")]
    fn watch(&self, tracer: &TracerCore, operation_name: &str) {
        if let (Active::Recorded(recording), Some(watch)) = (&self.0, &tracer.watch) {
            watch.begin(recording.number(), operation_name);
        }
    }

    /// Begins a new trace.
    ///
    /// The arguments are not in a structure, so that they are passed in registers. If words
    /// are written one by one and then read in pairs, the processor has to wait for them.
    pub(crate) fn start_new(
        tracer: &Arc<TracerCore>,
        operation_name: &str,
        kind: SpanKind,
        tags: &SamplingTags<'_>,
    ) -> Self {
        // Drawn before the sampler is called, because it may decide by the id.
        let trace_id = tracer.ids.trace_id();
        // Recording is paused, as in `start`. The context is propagated, but nothing is
        // recorded or counted.
        if thread::is_quiet() {
            let flags = TraceFlags::RANDOM;
            return Self::unsampled(Unsampled::begin(
                tracer,
                trace_id,
                flags,
                NotSampledBy::Sampler,
            ));
        }
        let refused = ask_sampler(tracer, trace_id, operation_name, kind, tags, Caller::Nobody);
        let flags = TraceFlags::RANDOM.with_sampled(refused.is_none());
        match refused {
            None => {
                let scope = Self(Active::Recorded(Recording::begin(tracer, trace_id, flags)));
                #[cfg(feature = "testing")]
                scope.watch(tracer, operation_name);
                scope
            }
            Some(by) => {
                // Counted as sampled out. It is part of the law of conservation, but is not a
                // loss.
                tracer.queue.counters.refuse();
                Self::unsampled(Unsampled::begin(tracer, trace_id, flags, by))
            }
        }
    }

    /// Begins a trace with an id or a decision that a caller sent without a span.
    #[cold]
    fn start_as(tracer: &Arc<TracerCore>, wish: TraceStart, start: &Start<'_>) -> Self {
        let (name, kind, tags) = (start.operation_name, start.kind, &start.tags);
        let has_id = wish.trace_id.is_some();
        // It is not known whether a foreign id is random.
        let (trace_id, flags) = match wish.trace_id {
            Some(trace_id) => (trace_id, TraceFlags::NONE),
            None => (tracer.ids.trace_id(), TraceFlags::RANDOM),
        };
        let wish = wish.flags.unwrap_or(TraceFlags::DEFERRED);
        let caller = match wish.is_deferred() {
            true => Caller::Nobody,
            false => Caller::Decision(wish.is_sampled()),
        };
        let mut refused = ask_sampler(tracer, trace_id, name, kind, tags, caller);
        if has_id && wish.is_deferred() {
            refused = refused.or_else(|| refused_by_cap(tracer, start.cap, trace_id));
        }
        if let Some(by) = refused {
            tracer.queue.counters.refuse();
            return Self::unsampled(Unsampled::begin(tracer, trace_id, flags, by));
        }
        let sampled = match wish.is_debug() {
            true => TraceFlags::DEBUG,
            false => TraceFlags::SAMPLED,
        };
        let flags = sampled.with_random(flags.is_random());
        Self(Active::Recorded(Recording::begin(tracer, trace_id, flags)))
    }

    /// Begins a trace in code that runs only because something is recorded. No sampler is
    /// called and nothing is counted, but the context is propagated.
    #[cold]
    fn start_quietly(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        let context = match start.parentage {
            Parentage::Nothing | Parentage::Wish(_) => None,
            Parentage::Remote(context)
            | Parentage::Capped(context)
            | Parentage::Local(context)
            | Parentage::Given(context) => Some(context),
        };
        let scope = match start.parentage {
            Parentage::Nothing | Parentage::Wish(_) => {
                Self::start_new(tracer, start.operation_name, start.kind, &start.tags)
            }
            Parentage::Remote(context) | Parentage::Capped(context) | Parentage::Local(context) => {
                Self::unsampled_below(tracer, context, NotSampledBy::Sampler)
            }
            Parentage::Given(context) => Self::unsampled_as(tracer, context),
        };
        let baggage = start.baggage.or(context.map(|context| &context.baggage));
        scope.with_baggage(baggage)
    }

    /// A scope of a trace that is not recorded, below the span of a context.
    pub(super) fn unsampled_below(
        tracer: &Arc<TracerCore>,
        context: &TraceContext,
        by: NotSampledBy,
    ) -> Self {
        let flags = context.flags.with_sampled(false);
        let mut unsampled = Unsampled::begin(tracer, context.trace_id, flags, by);
        unsampled.begin_below(Some(context.span_id), &context.tracestate);
        Self::unsampled(unsampled)
    }

    /// A scope of a trace that is not recorded. The given context is that of its first span.
    /// This process does not decide, because the context says "not sampled".
    fn unsampled_as(tracer: &Arc<TracerCore>, context: &TraceContext) -> Self {
        let flags = context.flags.with_sampled(false);
        let by = NotSampledBy::Caller;
        let mut unsampled = Unsampled::begin(tracer, context.trace_id, flags, by);
        unsampled.begin_below(context.parent_span_id, &context.tracestate);
        unsampled.set_span_id(context.span_id);
        Self::unsampled(unsampled)
    }

    /// Passes a context through unchanged.
    pub(crate) fn passing(
        tracer: Option<&Arc<TracerCore>>,
        context: &TraceContext,
        baggage: Option<&Baggage>,
    ) -> Self {
        let scope = Self::unsampled(Unsampled::passing(tracer, context));
        scope.with_baggage(baggage.or(Some(&context.baggage)))
    }

    /// Passes on what came without a context.
    pub(crate) fn passing_start(
        tracer: Option<&Arc<TracerCore>>,
        start: TraceStart,
        baggage: Option<&Baggage>,
    ) -> Self {
        let scope = Self::unsampled(Unsampled::passing_start(tracer, start));
        scope.with_baggage(baggage)
    }

    /// Records nothing and passes nothing on.
    pub(crate) fn nothing(tracer: &Arc<TracerCore>) -> Self {
        Self::unsampled(Unsampled::nothing(tracer))
    }

    /// Begins below the span of a context. The trace is recorded unless `refused` has a
    /// reason.
    fn start_below(
        tracer: &Arc<TracerCore>,
        context: &TraceContext,
        refused: Option<NotSampledBy>,
    ) -> Self {
        let flags = context.flags.with_sampled(refused.is_none());
        let Some(by) = refused else {
            let span = context.span_id.get();
            let mut recording = Recording::begin(tracer, context.trace_id, flags);
            // The parent is in another process. So it is both the parent of the first span and
            // the remote parent in the piece.
            recording.begin_below(span, span, &context.tracestate);
            return Self(Active::Recorded(recording));
        };
        tracer.queue.counters.refuse();
        Self::unsampled_below(tracer, context, by)
    }

    /// Begins a trace whose first span has the given context. The caller opens that span with
    /// the context's id.
    fn start_given(tracer: &Arc<TracerCore>, context: &TraceContext) -> Self {
        if context.is_sampled() {
            let span = context.parent_span_id.map_or(0, SpanId::get);
            // The parent is in another process only if the context came from there.
            let remote_parent = if context.is_remote { span } else { 0 };
            let mut recording = Recording::begin(tracer, context.trace_id, context.flags);
            recording.begin_below(span, remote_parent, &context.tracestate);
            Self(Active::Recorded(recording))
        } else {
            tracer.queue.counters.refuse();
            Self::unsampled_as(tracer, context)
        }
    }

    /// Sets the initial baggage of the trace. This happens before the scope's code runs, so
    /// that all its spans see this baggage.
    pub(super) fn with_baggage(mut self, baggage: Option<&Baggage>) -> Self {
        if let Some(baggage) = baggage.filter(|baggage| !baggage.is_empty()) {
            match &mut self.0 {
                Active::Recorded(recording) => recording.begin_with_baggage(baggage),
                Active::Unsampled(unsampled) => {
                    if let Some(own) = unsampled.baggage() {
                        *own = baggage.clone();
                    }
                }
                Active::Attached(_) | Active::Nothing => {}
            }
        }
        self
    }
}

/// The decision of the caller, as the sampler sees it.
#[derive(Clone, Copy, Debug)]
enum Caller<'a> {
    /// There is no caller, or it left the decision open.
    Nobody,
    /// Sampled or not, without ids.
    Decision(bool),
    Span(&'a TraceContext),
}

/// Calls the sampler. Returns who refuses, or `None` if the trace is to be recorded.
///
/// The sampler is the application's code. If it panics, it refuses. Code that it calls is not
/// recorded. Otherwise a root that it begins would call it again, endlessly. The thread's
/// stack must not be borrowed.
#[inline]
fn ask_sampler(
    tracer: &TracerCore,
    trace_id: TraceId,
    operation_name: &str,
    kind: SpanKind,
    tags: &SamplingTags<'_>,
    caller: Caller<'_>,
) -> Option<NotSampledBy> {
    let mut input = SamplingInput::new(trace_id, operation_name, &tracer.clock);
    input.kind = kind;
    input.tags = *tags;
    match caller {
        Caller::Nobody => {}
        Caller::Decision(sampled) => input.decision_alone = Some(sampled),
        Caller::Span(parent) => input.parent = Some(parent),
    }
    // `quietly` also catches the panic, and does not drop a payload whose drop could panic
    // again.
    match quietly(|_| tracer.sampler.sample(&input).is_sampled()) {
        Some(true) => None,
        // A sampler that refuses what the caller refused usually just follows the caller.
        Some(false) if input.caller_decision() == Some(false) => Some(NotSampledBy::Caller),
        Some(false) => Some(NotSampledBy::Sampler),
        // It panicked. The root is not recorded, and the panic is counted.
        None => {
            Counters::add(&tracer.queue.counters.sampler_panics, 1);
            Some(NotSampledBy::Panic)
        }
    }
}

/// Asks the allowance about a trace that the sampler records. The caller has chosen its id, by
/// which many samplers decide, and could otherwise choose that the trace is recorded.
fn refused_by_cap(
    tracer: &TracerCore,
    cap: Option<u32>,
    trace_id: TraceId,
) -> Option<NotSampledBy> {
    let per_second = cap?;
    let allowances = &tracer.trust_allowances;
    if allowances.admits(per_second, trace_id, &tracer.clock) {
        return None;
    }
    Counters::add(&tracer.queue.counters.callers.capped, 1);
    Some(NotSampledBy::Cap)
}
