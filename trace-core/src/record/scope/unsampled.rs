//! A trace that is not recorded, as far as it runs on a thread.
//!
//! Its context still travels, so its ids, state and baggage are kept. It records nothing and
//! reads no clock. It allocates nothing if the thread has kept one of an earlier trace.
//!
//! Each scope of such a trace has a copy of its own. So copies on several threads share
//! nothing but the tracer, and a change of the baggage in one is not seen in another. Their
//! ends are not counted: such a trace is never "complete".

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use crate::diagnostics::NotSampledBy;
use crate::record::thread;
use crate::record::trace::TracerCore;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// A trace that is not recorded, in one scope.
///
/// Without a tracer it is the caller's trace, whose context leaves as it came.
#[derive(Clone, Debug)]
pub(crate) struct Unsampled {
    /// `None` without a tracer.
    tracer: Option<Arc<TracerCore>>,
    /// Who decided that nothing is recorded, for diagnostics.
    by: NotSampledBy,
    /// Whether its context is only passed on, unchanged.
    passes: bool,
    /// A number that no other scope has, drawn from the numbers of scopes.
    key: u32,
    flags: TraceFlags,
    trace_id: TraceId,
    /// Drawn when it is first asked for, which is rare. A `OnceLock` and not a `Cell`: a held
    /// span that is not recorded is one of these, and threads share a held span.
    span_id: OnceLock<SpanId>,
    parent_span_id: Option<SpanId>,
    tracestate: TraceState,
    baggage: Baggage,
}

thread_local! {
    /// What the thread's next such trace need not allocate; owned by the thread.
    ///
    /// It has a destructor. Code that runs later at the end of the thread finds none, and
    /// allocates.
    static SPARE: Cell<Option<Box<Unsampled>>> = const { Cell::new(None) };
}

impl Unsampled {
    /// Begins such a trace. The thread's stack must not be borrowed, as a spare of another
    /// tracer drops its reference to that tracer.
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
        // Mostly the tracer is the same, and its reference is used again: threads that count
        // the references of one tracer wait for each other.
        let is_same = |own: &Arc<TracerCore>| Arc::ptr_eq(own, tracer);
        if !unsampled.tracer.as_ref().is_some_and(is_same) {
            unsampled.tracer = Some(Arc::clone(tracer));
        }
        // Written field by field into the box. What the fields hold has no destructor; state,
        // baggage and span id are empty since `end`.
        unsampled.key = thread::new_scope();
        unsampled.by = by;
        unsampled.passes = false;
        unsampled.trace_id = trace_id;
        unsampled.flags = flags;
        unsampled.parent_span_id = None;
        unsampled
    }

    /// Lets a context pass: there is no tracer, or nothing is to be recorded.
    #[cold]
    pub(super) fn passing(tracer: Option<&Arc<TracerCore>>, context: &TraceContext) -> Box<Self> {
        let mut unsampled = Self::empty();
        unsampled.tracer = tracer.cloned();
        unsampled.passes = true;
        unsampled.key = thread::new_scope();
        unsampled.flags = context.flags;
        unsampled.trace_id = context.trace_id;
        unsampled.begin_below(context.parent_span_id, &context.tracestate);
        unsampled.set_span_id(context.span_id);
        unsampled
    }

    /// Puts the beginning of the trace below a span, with the trace state that came with it.
    pub(in crate::record) fn begin_below(&mut self, span: Option<SpanId>, tracestate: &TraceState) {
        self.parent_span_id = span;
        self.tracestate = tracestate.clone();
    }

    /// Sets the id under which the trace travels, if it is not to be drawn.
    pub(in crate::record) fn set_span_id(&mut self, span_id: SpanId) {
        self.span_id = OnceLock::from(span_id);
    }

    /// A new one, for a thread that has no spare. Its fields are set by `begin`.
    #[cold]
    fn empty() -> Box<Self> {
        Box::new(Self {
            tracer: None,
            by: NotSampledBy::Sampler,
            passes: false,
            key: 0,
            flags: TraceFlags::default(),
            trace_id: TraceId::PLACEHOLDER,
            span_id: OnceLock::new(),
            parent_span_id: None,
            tracestate: TraceState::default(),
            baggage: Baggage::default(),
        })
    }

    /// A copy for another scope, with the same context.
    #[cold]
    pub(in crate::record) fn copy_for_scope(&self) -> Box<Self> {
        // Drawn now, so that both copies have the same: otherwise each would draw its own.
        self.span_id();
        Box::new(Self {
            key: thread::new_scope(),
            ..self.clone()
        })
    }

    /// The tracer; `None` where there is none, and the context only passes.
    pub(in crate::record) const fn tracer(&self) -> Option<&Arc<TracerCore>> {
        self.tracer.as_ref()
    }

    /// Who decided that nothing is recorded.
    pub(in crate::record) const fn refused_by(&self) -> NotSampledBy {
        self.by
    }

    /// A number that no other scope has. An entered copy is found again by it.
    pub(in crate::record) const fn key(&self) -> u32 {
        self.key
    }

    pub(in crate::record) const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id under which the trace travels, drawn at the first call. If several threads ask
    /// at once, all get the id of the first.
    fn span_id(&self) -> SpanId {
        *self.span_id.get_or_init(|| self.new_span_id())
    }

    fn new_span_id(&self) -> SpanId {
        let tracer = self.tracer.as_ref();
        // Without a tracer the caller's id was set at the beginning.
        tracer.map_or(SpanId::PLACEHOLDER, |tracer| tracer.ids.span_id())
    }

    /// The context with which the trace travels.
    pub(in crate::record) fn context(&self) -> TraceContext {
        TraceContext {
            trace_id: self.trace_id,
            span_id: self.span_id(),
            parent_span_id: self.parent_span_id,
            flags: self.flags,
            tracestate: self.tracestate.clone(),
            baggage: self.baggage.clone(),
            is_remote: false,
        }
    }

    /// The context of one call to another service: each has a span id of its own, so that
    /// calls can be told apart. What passes leaves as it came.
    pub(in crate::record) fn context_of_call(&self) -> TraceContext {
        let context = self.context();
        match &self.tracer {
            Some(tracer) if !self.passes => TraceContext {
                span_id: tracer.ids.span_id(),
                ..context
            },
            _ => context,
        }
    }

    /// The baggage, which code in this scope may change for what follows in it.
    pub(in crate::record) fn baggage(&mut self) -> &mut Baggage {
        &mut self.baggage
    }

    /// Ends the trace in this scope, and keeps the box for the thread's next such trace. The
    /// thread's stack must not be borrowed, as the spare that this one replaces may be
    /// dropped, and its tracer with it.
    #[inline]
    pub(in crate::record) fn end(mut self: Box<Self>) {
        // The next trace must not see these, and a sleeping spare must not keep what others
        // share with it.
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
