//! A trace that is not recorded, as far as it runs on a thread.
//!
//! Its context still travels, so its ids, state and baggage are kept. It records nothing,
//! reads no clock, and allocates nothing where the thread has one to use again.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use crate::diagnostics::NotSampledBy;
use crate::record::thread;
use crate::record::trace::TracerCore;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// A trace that is not recorded: its context still travels.
///
/// Where there is no tracer it is the caller's, which leaves as it came.
#[derive(Clone, Debug)]
pub(crate) struct Unsampled {
    /// `None` where there is none, and the context only passes.
    tracer: Option<Arc<TracerCore>>,
    /// Who decided that nothing is recorded: told in diagnostics.
    by: NotSampledBy,
    /// Whether it is only passed on, and leaves as it came.
    passes: bool,
    /// A number that nobody else has: that of a scope.
    key: u32,
    flags: TraceFlags,
    trace_id: TraceId,
    /// Drawn when it is first asked for, which is rare.
    span_id: OnceLock<SpanId>,
    parent_span_id: Option<SpanId>,
    tracestate: TraceState,
    baggage: Baggage,
}

thread_local! {
    /// What the thread's next such trace need not allocate.
    static SPARE: Cell<Option<Box<Unsampled>>> = const { Cell::new(None) };
}

impl Unsampled {
    /// Begins such a trace.
    #[inline]
    pub(in crate::record) fn begin(
        tracer: &Arc<TracerCore>,
        trace_id: TraceId,
        flags: TraceFlags,
        by: NotSampledBy,
    ) -> Box<Self> {
        // At the end of a thread there is none, and one is allocated.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut unsampled = spare.unwrap_or_else(Self::empty);
        let is_same = |own: &Arc<TracerCore>| Arc::ptr_eq(own, tracer);
        if !unsampled.tracer.as_ref().is_some_and(is_same) {
            unsampled.tracer = Some(Arc::clone(tracer));
        }
        // Written where it is: what is in it holds nothing.
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

    /// Puts the beginning of the trace below a span.
    pub(in crate::record) fn begin_below(&mut self, span: Option<SpanId>, tracestate: &TraceState) {
        self.parent_span_id = span;
        self.tracestate = tracestate.clone();
    }

    /// Gives the first span an id.
    pub(in crate::record) fn set_span_id(&mut self, span_id: SpanId) {
        self.span_id = OnceLock::from(span_id);
    }

    /// A new one, where the thread has none to use again.
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

    /// Another scope's copy, with the same context.
    #[cold]
    pub(in crate::record) fn copy_for_scope(&self) -> Box<Self> {
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

    /// A number that no other scope has, by which a copy that is entered is found again.
    pub(in crate::record) const fn key(&self) -> u32 {
        self.key
    }

    pub(in crate::record) const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id under which the trace travels, drawn at the first call.
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

    pub(in crate::record) fn baggage(&mut self) -> &mut Baggage {
        &mut self.baggage
    }

    /// Ends the trace on this thread, and keeps what is empty of it.
    #[inline]
    pub(in crate::record) fn end(mut self: Box<Self>) {
        // Not kept for the next trace, nor is anything below that is shared with others.
        self.span_id.take();
        if !self.tracestate.as_str().is_empty() {
            self.tracestate = TraceState::default();
        }
        if !self.baggage.is_empty() {
            self.baggage = Baggage::default();
        }
        let _kept = SPARE.try_with(|spare| spare.set(Some(self)));
    }
}
