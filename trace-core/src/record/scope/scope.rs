//! Scopes: a root, a trace that goes on from another process, a spawned task.
//!
//! A scope owns the stream of everything recorded in it. While its code runs its
//! state is the thread's; between polls it is here.

use std::sync::Arc;

use crate::diagnostics::NotSampledBy;
use crate::diagnostics::stats::Counters;
use crate::process::fork;
use crate::record::scope::active::{Active, Attachment};
use crate::record::scope::entered::departed;
use crate::record::scope::entered::{self, Left};
use crate::record::scope::recording::Recording;
use crate::record::scope::unsampled::Unsampled;
use crate::record::thread;
use crate::record::thread::quietly;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::trace::tracer_core::TracerCore;
use crate::record::write;
use crate::sampler::SamplingInput;
use crate::value::{Baggage, Outcome, SpanId, SpanKind, TraceContext, TraceFlags, TraceId};

/// The state of a scope whose code does not run at the moment; two words.
///
/// Ends when dropped: what it recorded is handed over.
#[derive(Debug, Default)]
pub(crate) struct Scope(Active);

/// Where a trace begins in this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) operation_name: &'a str,
    pub(crate) kind: SpanKind,
    pub(crate) from: From<'a>,
    /// Another baggage than that of the context.
    pub(crate) baggage: Option<&'a Baggage>,
}

/// What a trace is begun from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From<'a> {
    /// Nothing: it is new.
    Nothing,
    /// A span of another process.
    Remote(&'a TraceContext),
    /// The same, of which too many were sampled: it is not.
    Capped(&'a TraceContext),
    /// A span of this process.
    Local(&'a TraceContext),
    /// A context that is the first span's own.
    Given(&'a TraceContext),
}

/// A scope's code runs on this thread until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    scope: &'a mut Scope,
    number: u32,
}

/// A scope whose code runs on this thread, and which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedEntered {
    number: u32,
}

impl Scope {
    /// Begins a trace, or goes on with a remote one: decides whether to record it.
    pub(crate) fn start(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        if thread::is_quiet() {
            return Self::start_quietly(tracer, start);
        }
        let (name, kind) = (start.operation_name, start.kind);
        let (scope, context) = match start.from {
            // It has noted its beginning.
            From::Nothing => (Self::start_new(tracer, name, kind), None),
            From::Remote(context) => {
                let refused = refused(tracer, context.trace_id, name, kind, Some(context));
                let scope = Self::start_below(tracer, context, refused);
                (scope, Some(context))
            }
            From::Capped(context) => {
                let refused = refused(tracer, context.trace_id, name, kind, Some(context));
                let by_cap = refused.map(|by| match by {
                    NotSampledBy::Caller => NotSampledBy::Cap,
                    by => by,
                });
                (Self::start_below(tracer, context, by_cap), Some(context))
            }
            From::Local(context) => {
                let refused = (!context.is_sampled()).then_some(NotSampledBy::Caller);
                let scope = Self::start_below(tracer, context, refused);
                (scope, Some(context))
            }
            From::Given(context) => (Self::start_given(tracer, context), Some(context)),
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
        let refused = refused(tracer, trace_id, operation_name, kind, None);
        let flags = TraceFlags::RANDOM.with_sampled(refused.is_none());
        match refused {
            None => {
                let scope = Self(Active::Recorded(Recording::begin(tracer, trace_id, flags)));
                #[cfg(feature = "testing")]
                scope.watch(tracer, operation_name);
                scope
            }
            Some(by) => {
                tracer.queue.counters.refuse();
                Self::unsampled(Unsampled::begin(tracer, trace_id, flags, by))
            }
        }
    }

    /// Begins where nothing is to be recorded: no sampler is asked, and nothing counted, but
    /// the context travels.
    #[cold]
    fn start_quietly(tracer: &Arc<TracerCore>, start: Start<'_>) -> Self {
        let context = match start.from {
            From::Nothing => None,
            From::Remote(context)
            | From::Capped(context)
            | From::Local(context)
            | From::Given(context) => Some(context),
        };
        let scope = match start.from {
            From::Nothing => Self::start_new(tracer, start.operation_name, start.kind),
            From::Remote(context) | From::Capped(context) | From::Local(context) => {
                Self::unsampled_below(tracer, context, NotSampledBy::Sampler)
            }
            From::Given(context) => Self::unsampled_as(tracer, context),
        };
        let baggage = start.baggage.or(context.map(|context| &context.baggage));
        scope.with_baggage(baggage)
    }

    /// A scope of a trace that is not recorded, below the span of a context.
    fn unsampled_below(tracer: &Arc<TracerCore>, context: &TraceContext, by: NotSampledBy) -> Self {
        let flags = context.flags.with_sampled(false);
        let mut unsampled = Unsampled::begin(tracer, context.trace_id, flags, by);
        unsampled.begin_below(Some(context.span_id), &context.tracestate);
        Self::unsampled(unsampled)
    }

    /// A scope of a trace that is not recorded, with a context that is the first span's own.
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
    fn with_baggage(mut self, baggage: Option<&Baggage>) -> Self {
        if let Some(baggage) = baggage.filter(|baggage| !baggage.is_empty()) {
            match &mut self.0 {
                Active::Recorded(recording) => recording.begin_with_baggage(baggage),
                Active::Unsampled(unsampled) => *unsampled.baggage() = baggage.clone(),
                Active::Attached(_) | Active::Nothing => {}
            }
        }
        self
    }

    /// A scope that is outside any trace, and in which the process's tracer is current.
    pub(crate) fn nowhere() -> Self {
        Self(Active::Nothing)
    }

    /// A scope outside the trace that runs on this thread, in which its tracer is current.
    pub(crate) fn outside() -> Self {
        entered::with_tracer(Arc::clone).map_or_else(Self::nowhere, Self::attached)
    }

    /// A scope in which the tracer is current and no trace runs.
    pub(crate) fn attached(tracer: Arc<TracerCore>) -> Self {
        Self(Active::Attached(Attachment::new(tracer)))
    }

    /// Another scope of the trace that runs on this thread, if it is one that is not
    /// recorded.
    pub(crate) fn capture_unsampled() -> Option<Self> {
        entered::current_unsampled().map(Self::unsampled)
    }

    /// A scope of a trace that is not recorded.
    fn unsampled(unsampled: Box<Unsampled>) -> Self {
        Self(Active::Unsampled(unsampled))
    }

    /// Another scope of the trace that runs on this thread, below its current span.
    ///
    /// Where no trace runs: one in which the same tracer is current, if there is one. For code
    /// of which nothing is recorded: one that is not recorded, below that span.
    pub(crate) fn capture() -> Self {
        let span = thread::span();
        if entered::is_paused()
            && entered::with(|scope| scope.is_recorded()) == Some(true)
            && let Some(context) = entered::context()
            && let Some(tracer) = entered::with_tracer(Arc::clone)
        {
            let scope = Self::unsampled_below(&tracer, &context, NotSampledBy::Sampler);
            return scope.with_baggage(Some(&context.baggage));
        }
        let captured = entered::with(|scope| match scope.join(span) {
            Some(joined) => Self(Active::Recorded(joined)),
            None => Self::unrecorded_beside(scope.active()),
        });
        captured.unwrap_or_else(Self::nowhere)
    }

    /// Another scope of the trace of one that was [captured](Self::capture), below the same
    /// span.
    pub(crate) fn fork(&self) -> Self {
        match &self.0 {
            Active::Recorded(recording) => match recording.again() {
                Some(again) => Self(Active::Recorded(again)),
                None => Self::nowhere(),
            },
            active => Self::unrecorded_beside(active),
        }
    }

    fn unrecorded_beside(active: &Active) -> Self {
        match active {
            Active::Unsampled(unsampled) => Self::unsampled(unsampled.beside()),
            Active::Attached(attachment) => Self(Active::Attached(attachment.carry())),
            Active::Nothing | Active::Recorded(_) => Self::nowhere(),
        }
    }

    /// Another scope of the trace that runs on this thread, if one does.
    pub(crate) fn current() -> Option<Self> {
        entered::trace_id().map(|_| Self::capture())
    }

    /// Another scope of the trace that runs on this thread, below the span of a
    /// context, if that is of the same trace.
    pub(crate) fn current_below(context: &TraceContext) -> Option<Self> {
        let is_same = entered::trace_id() == Some(context.trace_id);
        let mut scope = is_same.then(Self::capture)?;
        if let Active::Recorded(recording) = &mut scope.0 {
            recording.set_below(context.span_id.get());
        }
        Some(scope)
    }

    /// Whether spans of this scope are recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.0.is_recorded()
    }

    /// Makes a span that was opened in this scope the one with which its code goes on.
    pub(in crate::record) fn set_base(&mut self, span: u64) {
        if let Active::Recorded(recording) = &mut self.0 {
            recording.set_base(span);
        }
    }

    /// Takes what surrounds the scope's code; it can be put back.
    pub(in crate::record) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Puts back what was taken, after the scope was entered and left.
    pub(in crate::record) fn put_back(&mut self, active: Active) {
        self.0 = active;
    }

    /// The context of a trace that is not recorded.
    pub(crate) fn unsampled_context(&self) -> Option<TraceContext> {
        self.unsampled_trace().map(Unsampled::context)
    }

    /// Whether it is of a trace that is not recorded.
    pub(crate) fn is_unsampled(&self) -> bool {
        self.unsampled_trace().is_some()
    }

    pub(in crate::record) fn unsampled_trace(&self) -> Option<&Unsampled> {
        match &self.0 {
            Active::Unsampled(unsampled) => Some(unsampled),
            _ => None,
        }
    }

    /// Enters another scope of a trace that is not recorded, until
    /// [`leave_copy`](Self::leave_copy).
    pub(crate) fn enter_copy(&self) {
        if let Some(unsampled) = self.unsampled_trace() {
            let key = visit_key(unsampled);
            Self::unsampled(unsampled.beside()).enter_for(key);
        }
    }

    /// Leaves what [`enter_copy`](Self::enter_copy) entered last on this thread; returns
    /// whether there was something.
    pub(crate) fn leave_copy(&self) -> bool {
        let key = self.unsampled_trace().map(visit_key);
        key.is_some_and(leave_span)
    }

    /// Makes the thread run this scope's code.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        let number = self.push(0);
        Entered {
            scope: self,
            number,
        }
    }

    /// Makes the thread run this scope's code, without a borrow.
    pub(crate) fn enter_owned(mut self) -> OwnedEntered {
        OwnedEntered {
            number: self.push(0),
        }
    }

    /// Makes the thread run this scope's code for the visit of a span, which
    /// [`entered::leave_span`] ends.
    pub(in crate::record) fn enter_for(mut self, span: u64) {
        self.push(span);
    }

    #[inline]
    fn push(&mut self, visitor: u64) -> u32 {
        self.keep_own();
        entered::enter(visitor, std::mem::take(&mut self.0))
    }

    /// Forgets what is of another process, if a `fork` has made it that: it is neither
    /// gone on with nor ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn keep_own(&mut self) {
        if fork::has_happened() {
            self.forget_foreign();
        }
    }

    #[cold]
    fn forget_foreign(&mut self) {
        if self.0.is_foreign() {
            // Not dropped: it may be the last that holds a sampler, which is not known to
            // end well in another process.
            std::mem::forget(std::mem::take(&mut self.0));
        }
    }
}

/// A key for visits of a trace that is not recorded. Unlike any span's id, but by accident.
fn visit_key(unsampled: &Unsampled) -> u64 {
    !u64::from(unsampled.key())
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
    parent: Option<&TraceContext>,
) -> Option<NotSampledBy> {
    let mut input = SamplingInput::new(trace_id, operation_name, &tracer.clock);
    input.kind = kind;
    input.parent = parent;
    match quietly(|_| tracer.sampler.sample(&input).is_sampled()) {
        Some(true) => None,
        // Samplers that refuse what the caller does mostly do so as the caller does.
        Some(false) if parent.is_some_and(|parent| !parent.is_sampled()) => {
            Some(NotSampledBy::Caller)
        }
        Some(false) => Some(NotSampledBy::Sampler),
        None => {
            Counters::add(&tracer.queue.counters.sampler_panics, 1);
            Some(NotSampledBy::Panic)
        }
    }
}

/// Leaves the last visit of a span on this thread, and ends the scope that was entered
/// for it; returns whether there was one.
pub(in crate::record) fn leave_span(span: u64) -> bool {
    let left = entered::leave_span(span);
    let is_left = left.is_some();
    if let Some(Left::Scope(_, active)) = left {
        end(active);
    }
    is_left
}

/// Ends a span that was opened in a scope, mostly as the current one, and makes `outer`
/// the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::span() == span {
        write::close(span, outer, outcome);
    } else {
        close_in(scope, span, outer, outcome);
    }
}

/// Ends a span that was opened in a scope, which may wait for another one to be left, or
/// was left before.
#[inline(never)]
pub(in crate::record) fn close_in(scope: u32, span: u64, outer: u64, outcome: Outcome) {
    if thread::scope() == scope {
        write::close(span, outer, outcome);
    } else if !entered::close_suspended(scope, span, outer, outcome)
        && let Some(trace) = departed::trace_of(scope)
    {
        let (baggage, order) = (trace.head.baggage(), trace.order_of_visit());
        entered::enter_visit(trace, baggage, span, order);
        write::close(span, span, outcome);
        leave_span(span);
    }
}

/// Enters a scope of a trace for a span that is to begin below `parent`, and begins it.
pub(in crate::record) fn enter_to_open(
    trace: &Arc<LocalTrace>,
    parent: u64,
    open: impl FnOnce() -> u64,
) {
    let recording = Recording::join(trace, trace.head.baggage(), parent);
    Scope(Active::Recorded(recording)).enter_for(0);
    entered::set_visitor(open());
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        self.keep_own();
        end(std::mem::take(&mut self.0));
    }
}

/// Ends a scope that was left.
#[inline]
pub(in crate::record) fn end(active: Active) {
    match active {
        Active::Recorded(recording) => recording.end(),
        Active::Unsampled(unsampled) => unsampled.end(),
        Active::Attached(_) | Active::Nothing => {}
    }
}

impl Entered<'_> {
    /// The number of the scope.
    pub(in crate::record) fn number(&self) -> u32 {
        self.number
    }

    /// Leaves the scope, which ends.
    #[inline]
    pub(crate) fn end(self) {
        if let Some(active) = entered::leave_for_good(self.number) {
            end(active);
        }
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = entered::leave(self.number) {
            // Not dropped: it was taken when the scope was entered.
            std::mem::forget(std::mem::replace(&mut self.scope.0, active));
        }
    }
}

impl Drop for OwnedEntered {
    /// Leaves the scope, which so ends.
    fn drop(&mut self) {
        if let Some(active) = entered::leave_for_good(self.number) {
            end(active);
        }
    }
}
