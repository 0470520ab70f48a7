//! How a trace begins in this process, and the decision whether it is recorded.
//!
//! The decision is made once, here, before anything is recorded. It is the sampler's for
//! a new trace and for one that comes from another process; a trace of this process goes
//! on as it is. What came with the trace (state, baggage) is kept in either case.
//!
//! Who believes which caller is decided before, where a root begins: [`Parentage`] says
//! what came of it.

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
use crate::sampler::SamplingInput;
use crate::value::{Baggage, SpanId, SpanKind, TraceContext, TraceFlags, TraceId};

/// Where a trace begins in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    /// The name of the first span, which the sampler is told.
    pub(crate) operation_name: &'a str,
    /// The kind of the first span, which the sampler is told.
    pub(crate) kind: SpanKind,
    /// What the trace continues.
    pub(crate) parentage: Parentage<'a>,
    /// Another baggage than that of the context.
    pub(crate) baggage: Option<&'a Baggage>,
}

/// What a trace is begun from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parentage<'a> {
    /// Nothing: it is new.
    Nothing,
    /// Nothing, but a caller sent an id or a decision for the new trace.
    Wish(TraceStart),
    /// A span of another process.
    Remote(&'a TraceContext),
    /// The same, of which too many were sampled: it is not.
    Capped(&'a TraceContext),
    /// A span of this process.
    Local(&'a TraceContext),
    /// A context that is the first span's own.
    Given(&'a TraceContext),
}

impl Scope {
    /// Begins a trace, or continues one of another process, and decides whether to record
    /// it.
    pub(crate) fn start(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        // This code runs only because something is recorded: no sampler is asked, and
        // nothing is counted.
        if thread::is_quiet() {
            return Self::start_quietly(tracer, start);
        }
        let (name, kind) = (start.operation_name, start.kind);
        let (scope, context) = match start.parentage {
            // It has noted its beginning.
            Parentage::Nothing => (Self::start_new(tracer, name, kind), None),
            Parentage::Wish(start) => (Self::start_as(tracer, start, name, kind), None),
            Parentage::Remote(context) => {
                let refused = refused(tracer, context.trace_id, name, kind, Caller::Span(context));
                let scope = Self::start_below(tracer, context, refused);
                (scope, Some(context))
            }
            Parentage::Capped(context) => {
                let refused = refused(tracer, context.trace_id, name, kind, Caller::Span(context));
                // The sampler is asked all the same, with a context that says "not
                // sampled": a rule of its own may record the trace. Only if it does not,
                // the allowance is the reason.
                let by_cap = refused.map(|by| match by {
                    NotSampledBy::Caller => NotSampledBy::Cap,
                    by => by,
                });
                (Self::start_below(tracer, context, by_cap), Some(context))
            }
            Parentage::Local(context) => {
                // The decision was made where the trace began: no sampler is asked again.
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

    /// Notes the beginning of a trace for a test that waits for its end.
    #[cfg(feature = "testing")]
    fn watch(&self, tracer: &TracerCore, operation_name: &str) {
        if let (Active::Recorded(recording), Some(watch)) = (&self.0, &tracer.watch) {
            watch.begin(recording.number(), operation_name);
        }
    }

    /// Begins a trace. What is passed is passed in registers: words that were just written
    /// are not there yet when they are read in pairs, for which the processor waits.
    pub(crate) fn start_new(
        tracer: &Arc<TracerCore>,
        operation_name: &str,
        kind: SpanKind,
    ) -> Self {
        // Drawn first: the sampler may decide by it.
        let trace_id = tracer.ids.trace_id();
        if thread::is_quiet() {
            let flags = TraceFlags::RANDOM;
            return Self::unsampled(Unsampled::begin(
                tracer,
                trace_id,
                flags,
                NotSampledBy::Sampler,
            ));
        }
        let refused = refused(tracer, trace_id, operation_name, kind, Caller::Nobody);
        let flags = TraceFlags::RANDOM.with_sampled(refused.is_none());
        match refused {
            None => {
                let scope = Self(Active::Recorded(Recording::begin(tracer, trace_id, flags)));
                #[cfg(feature = "testing")]
                scope.watch(tracer, operation_name);
                scope
            }
            Some(by) => {
                // Counted as sampled out, and so not lost.
                tracer.queue.counters.refuse();
                Self::unsampled(Unsampled::begin(tracer, trace_id, flags, by))
            }
        }
    }

    /// Begins a trace with an id or a decision that a caller sent without a span.
    #[cold]
    fn start_as(
        tracer: &Arc<TracerCore>,
        start: TraceStart,
        operation_name: &str,
        kind: SpanKind,
    ) -> Self {
        // It is not known whether a foreign id is random.
        let (trace_id, flags) = match start.trace_id {
            Some(trace_id) => (trace_id, TraceFlags::NONE),
            None => (tracer.ids.trace_id(), TraceFlags::RANDOM),
        };
        let wish = start.flags.unwrap_or(TraceFlags::DEFERRED);
        let caller = match wish.is_deferred() {
            true => Caller::Nobody,
            false => Caller::Decision(wish.is_sampled()),
        };
        let refused = refused(tracer, trace_id, operation_name, kind, caller);
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

    /// Begins where nothing is to be recorded: no sampler is asked, and nothing counted, but
    /// the context travels.
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
                Self::start_new(tracer, start.operation_name, start.kind)
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

    /// A scope of a trace that is not recorded, with a context that is the first span's
    /// own. Nobody here has decided: the context says "not sampled".
    fn unsampled_as(tracer: &Arc<TracerCore>, context: &TraceContext) -> Self {
        let flags = context.flags.with_sampled(false);
        let by = NotSampledBy::Caller;
        let mut unsampled = Unsampled::begin(tracer, context.trace_id, flags, by);
        unsampled.begin_below(context.parent_span_id, &context.tracestate);
        unsampled.set_span_id(context.span_id);
        Self::unsampled(unsampled)
    }

    /// Goes on below the span of a context.
    fn start_below(
        tracer: &Arc<TracerCore>,
        context: &TraceContext,
        refused: Option<NotSampledBy>,
    ) -> Self {
        let flags = context.flags.with_sampled(refused.is_none());
        let Some(by) = refused else {
            let span = context.span_id.get();
            let mut recording = Recording::begin(tracer, context.trace_id, flags);
            // The parent is in another process: the span is both where this begins and
            // what is said of the part.
            recording.begin_below(span, span, &context.tracestate);
            return Self(Active::Recorded(recording));
        };
        tracer.queue.counters.refuse();
        Self::unsampled_below(tracer, context, by)
    }

    /// Begins with a context that is the first span's own.
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

    /// Sets the baggage with which the trace begins.
    pub(super) fn with_baggage(mut self, baggage: Option<&Baggage>) -> Self {
        if let Some(baggage) = baggage.filter(|baggage| !baggage.is_empty()) {
            match &mut self.0 {
                Active::Recorded(recording) => recording.begin_with_baggage(baggage),
                Active::Unsampled(unsampled) => *unsampled.baggage() = baggage.clone(),
                Active::Attached(_) | Active::Nothing => {}
            }
        }
        self
    }
}

/// What a caller says of a trace.
#[derive(Clone, Copy, Debug)]
enum Caller<'a> {
    Nobody,
    /// Sampled or not, without ids.
    Decision(bool),
    Span(&'a TraceContext),
}

/// Asks the sampler, which is the application's code: if it panics, it refuses. Nothing of
/// what it calls is recorded, or a root that it begins would ask it again. Returns who
/// refuses, if anybody does.
#[inline]
fn refused(
    tracer: &TracerCore,
    trace_id: TraceId,
    operation_name: &str,
    kind: SpanKind,
    caller: Caller<'_>,
) -> Option<NotSampledBy> {
    let mut input = SamplingInput::new(trace_id, operation_name, &tracer.clock);
    input.kind = kind;
    match caller {
        Caller::Nobody => {}
        Caller::Decision(sampled) => input.decision_alone = Some(sampled),
        Caller::Span(parent) => input.parent = Some(parent),
    }
    // `quietly` also catches the panic, and drops nothing of it that could panic once
    // more.
    match quietly(|_| tracer.sampler.sample(&input).is_sampled()) {
        Some(true) => None,
        // Samplers that refuse what the caller does mostly do so as the caller does.
        Some(false) if input.caller_decision() == Some(false) => Some(NotSampledBy::Caller),
        Some(false) => Some(NotSampledBy::Sampler),
        None => {
            Counters::add(&tracer.queue.counters.sampler_panics, 1);
            Some(NotSampledBy::Panic)
        }
    }
}
