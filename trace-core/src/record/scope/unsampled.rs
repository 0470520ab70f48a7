//! A trace that is not recorded, in one scope.
//!
//! Its context is still propagated, so its ids, state and baggage are kept. It records nothing
//! and reads no clock. It does not allocate if the thread has kept the box of an earlier
//! trace.
//!
//! Each scope of such a trace has its own copy. So copies on several threads share only the
//! tracer, and a change of the baggage in one copy is not visible in another. Their ends are
//! not counted, because such a trace is never "complete".

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use crate::diagnostics::NotSampledBy;
use crate::propagation::TraceStart;
use crate::record::thread;
use crate::record::trace::TracerCore;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// A trace that is not recorded, in one scope.
///
/// Without a tracer it is the caller's trace, whose context is passed through unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Unsampled {
    /// `None` without a tracer.
    tracer: Option<Arc<TracerCore>>,
    /// Who decided that nothing is recorded, for diagnostics.
    by: NotSampledBy,
    /// What leaves it.
    passes: Passes,
    /// A number that is unique to this scope, drawn from the numbers of scopes.
    key: u32,
    flags: TraceFlags,
    trace_id: TraceId,
    /// Drawn when it is first needed, which is rare. This is a `OnceLock` and not a `Cell`,
    /// because it may belong to a held span, which threads share.
    span_id: OnceLock<SpanId>,
    parent_span_id: Option<SpanId>,
    tracestate: TraceState,
    baggage: Baggage,
}

/// What leaves a trace that is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passes {
    /// A context of its own.
    Own,
    /// The caller's context, unchanged.
    Caller,
    /// What the caller sent without a context: there is no trace.
    Start(TraceStart),
    /// Nothing: there is no trace.
    Nothing,
}

thread_local! {
    /// The allocation for the thread's next unrecorded trace. The thread owns it.
    ///
    /// It has a destructor. Code that runs later, at the end of the thread, has to allocate.
    static SPARE: Cell<Option<Box<Unsampled>>> = const { Cell::new(None) };
}

impl Unsampled {
    /// Begins such a trace. The thread's stack must not be borrowed, because a spare may drop
    /// its reference to another tracer.
    #[inline]
    pub(in crate::record) fn begin(
        tracer: &Arc<TracerCore>,
        trace_id: TraceId,
        flags: TraceFlags,
        by: NotSampledBy,
    ) -> Box<Self> {
        // `try_with` fails at the end of a thread, after the destructor of the thread-local.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut unsampled = spare.unwrap_or_else(Self::empty);
        // Usually the tracer is the same, and its reference is reused, because threads contend
        // for the reference count of a tracer.
        let is_same = |own: &Arc<TracerCore>| Arc::ptr_eq(own, tracer);
        if !unsampled.tracer.as_ref().is_some_and(is_same) {
            unsampled.tracer = Some(Arc::clone(tracer));
        }
        // Written into the box field by field. The old values have no destructors. `end` has
        // emptied the state, the baggage and the span id.
        unsampled.key = thread::new_scope();
        unsampled.by = by;
        unsampled.passes = Passes::Own;
        unsampled.trace_id = trace_id;
        unsampled.flags = flags;
        unsampled.parent_span_id = None;
        unsampled
    }

    /// Passes a context through: there is no tracer, or nothing is to be recorded.
    #[cold]
    pub(super) fn passing(tracer: Option<&Arc<TracerCore>>, context: &TraceContext) -> Box<Self> {
        let mut unsampled = Self::empty();
        unsampled.tracer = tracer.cloned();
        unsampled.passes = Passes::Caller;
        unsampled.key = thread::new_scope();
        unsampled.flags = context.flags;
        unsampled.trace_id = context.trace_id;
        unsampled.begin_below(context.parent_span_id, &context.tracestate);
        unsampled.set_span_id(context.span_id);
        unsampled
    }

    /// Passes on what came without a context. No trace runs in it.
    #[cold]
    pub(super) fn passing_start(tracer: Option<&Arc<TracerCore>>, start: TraceStart) -> Box<Self> {
        let mut unsampled = Self::empty();
        unsampled.tracer = tracer.cloned();
        unsampled.passes = Passes::Start(start);
        unsampled.key = thread::new_scope();
        unsampled
    }

    /// Records nothing and passes nothing on, where code is not to be recorded.
    #[cold]
    pub(super) fn nothing(tracer: &Arc<TracerCore>) -> Box<Self> {
        let mut unsampled = Self::empty();
        unsampled.tracer = Some(Arc::clone(tracer));
        unsampled.passes = Passes::Nothing;
        unsampled.key = thread::new_scope();
        unsampled
    }

    /// Lets the trace begin below a span, with the trace state that came with it.
    pub(in crate::record) fn begin_below(&mut self, span: Option<SpanId>, tracestate: &TraceState) {
        self.parent_span_id = span;
        self.tracestate = tracestate.clone();
    }

    /// Sets the span id to propagate, instead of a drawn one.
    pub(in crate::record) fn set_span_id(&mut self, span_id: SpanId) {
        self.span_id = OnceLock::from(span_id);
    }

    /// Makes a new box, for a thread that has no spare. `begin` sets its fields.
    #[cold]
    fn empty() -> Box<Self> {
        Box::new(Self {
            tracer: None,
            by: NotSampledBy::Sampler,
            passes: Passes::Own,
            key: 0,
            flags: TraceFlags::default(),
            trace_id: TraceId::PLACEHOLDER,
            span_id: OnceLock::new(),
            parent_span_id: None,
            tracestate: TraceState::default(),
            baggage: Baggage::default(),
        })
    }

    /// Makes a copy for another scope, with the same context.
    #[cold]
    pub(in crate::record) fn copy_for_scope(&self) -> Box<Self> {
        // Drawn now, so that both copies have the same id. Otherwise each would draw its own.
        self.span_id();
        Box::new(Self {
            key: thread::new_scope(),
            ..self.clone()
        })
    }

    /// The tracer; `None` if the context is only passed through.
    pub(in crate::record) const fn tracer(&self) -> Option<&Arc<TracerCore>> {
        self.tracer.as_ref()
    }

    /// Who decided that nothing is recorded.
    pub(in crate::record) const fn refused_by(&self) -> NotSampledBy {
        self.by
    }

    /// Whether code in this scope is not recorded because it is not to be. Without a tracer, a
    /// context is passed on by roots that should be recorded.
    pub(in crate::record) const fn is_meant(&self) -> bool {
        !matches!(self.passes, Passes::Own) && self.tracer.is_some()
    }

    /// A number that is unique to this scope, by which an entered copy is found.
    pub(in crate::record) const fn key(&self) -> u32 {
        self.key
    }

    const fn has_trace(&self) -> bool {
        matches!(self.passes, Passes::Own | Passes::Caller)
    }

    /// The id of the trace, if there is one.
    pub(in crate::record) fn trace_id(&self) -> Option<TraceId> {
        self.has_trace().then_some(self.trace_id)
    }

    /// The propagated span id, drawn at the first call. If several threads call this at once,
    /// all get the same id.
    fn span_id(&self) -> SpanId {
        *self.span_id.get_or_init(|| self.new_span_id())
    }

    fn new_span_id(&self) -> SpanId {
        let tracer = self.tracer.as_ref();
        // Without a tracer, the caller's id was set at the beginning.
        tracer.map_or(SpanId::PLACEHOLDER, |tracer| tracer.ids.span_id())
    }

    /// The context to propagate, if there is a trace.
    pub(in crate::record) fn context(&self) -> Option<TraceContext> {
        self.has_trace().then(|| TraceContext {
            trace_id: self.trace_id,
            span_id: self.span_id(),
            parent_span_id: self.parent_span_id,
            flags: self.flags,
            tracestate: self.tracestate.clone(),
            baggage: self.baggage.clone(),
            is_remote: false,
        })
    }

    /// The context for one call to another service. Each call gets its own span id, so that
    /// calls can be distinguished. A context that is only passed through is not changed.
    pub(in crate::record) fn context_of_call(&self) -> Option<TraceContext> {
        let context = self.context()?;
        Some(match &self.tracer {
            Some(tracer) if self.passes == Passes::Own => TraceContext {
                span_id: tracer.ids.span_id(),
                ..context
            },
            _ => context,
        })
    }

    /// What came without a context, to be passed on with the baggage.
    pub(in crate::record) fn start(&self) -> Option<(TraceStart, Baggage)> {
        match self.passes {
            Passes::Start(start) => Some((start, self.baggage.clone())),
            Passes::Own | Passes::Caller | Passes::Nothing => None,
        }
    }

    /// The baggage, if there is a trace, or if baggage is passed on without one. Code in this scope may change it for later code in
    /// the scope.
    pub(in crate::record) fn baggage(&mut self) -> Option<&mut Baggage> {
        let has_baggage = !matches!(self.passes, Passes::Nothing);
        has_baggage.then_some(&mut self.baggage)
    }

    /// Ends the trace in this scope, and keeps the box for the thread's next such trace. The
    /// thread's stack must not be borrowed, because this may drop the previous spare, and with
    /// it a tracer.
    #[inline]
    pub(in crate::record) fn end(mut self: Box<Self>) {
        // The next trace must not see these values, and an unused spare must not keep shared
        // values alive.
        self.span_id.take();
        if !self.tracestate.as_str().is_empty() {
            self.tracestate = TraceState::default();
        }
        if !self.baggage.is_empty() {
            self.baggage = Baggage::default();
        }
        // At the end of a thread the closure does not run, and the box is dropped with it.
        let _kept = SPARE.try_with(|spare| spare.set(Some(self)));
    }
}
