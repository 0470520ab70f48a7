//! What is known of a recorded trace from its beginning.
//!
//! A head is copied into each scope of the trace, so it is small: what few traces carry
//! is behind one pointer. It does not change after the first scope has begun; baggage
//! that changes later is the scope's.

use std::sync::Arc;

use crate::stream::Chunk;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// What is known of a trace from its beginning.
#[derive(Clone, Debug)]
pub(in crate::record) struct Head {
    /// The halves of the trace's id, which so takes no more room than it needs.
    trace_id: [u64; 2],
    /// The span of another process under which the trace goes on here, or zero.
    pub(in crate::record) remote_parent: u64,
    /// What few traces have.
    carried: Option<Arc<Carried>>,
    pub(in crate::record) flags: TraceFlags,
    /// By which look at the clock the trace's times are to be read.
    looks: u32,
}

/// What came with a trace.
#[derive(Clone, Debug, Default)]
struct Carried {
    tracestate: TraceState,
    /// As it was when the trace began; scopes change copies of their own.
    baggage: Baggage,
}

impl Head {
    /// That of no trace.
    pub(in crate::record) fn none() -> Self {
        Self {
            trace_id: [0, 0],
            remote_parent: 0,
            carried: None,
            flags: TraceFlags::default(),
            looks: 0,
        }
    }

    pub(in crate::record) fn trace_id(&self) -> TraceId {
        TraceId::from_stream(self.trace_id)
    }

    /// Begins another trace, after so many looks at the clock.
    #[inline]
    pub(in crate::record) fn begin(&mut self, trace_id: TraceId, flags: TraceFlags, looks: u32) {
        self.looks = looks;
        self.trace_id = trace_id.to_words();
        self.flags = flags;
        self.remote_parent = 0;
    }

    /// Keeps the trace state with which the trace came, unless it is empty, which costs
    /// nothing.
    pub(in crate::record) fn set_tracestate(&mut self, tracestate: &TraceState) {
        if !tracestate.as_str().is_empty() {
            self.carried().tracestate = tracestate.clone();
        }
    }

    /// Keeps the baggage with which the trace came, unless it is empty.
    pub(in crate::record) fn set_baggage(&mut self, baggage: &Baggage) {
        if !baggage.is_empty() {
            self.carried().baggage = baggage.clone();
        }
    }

    /// What came with the trace, for a change: shared with no other head from here on.
    fn carried(&mut self) -> &mut Carried {
        Arc::make_mut(self.carried.get_or_insert_default())
    }

    /// The baggage with which the trace began.
    pub(in crate::record) fn baggage(&self) -> Baggage {
        let carried = self.carried.as_ref();
        carried.map_or_else(Baggage::default, |carried| carried.baggage.clone())
    }

    #[inline]
    pub(in crate::record) fn tracestate(&self) -> &str {
        let carried = self.carried.as_ref();
        carried.map_or("", |carried| carried.tracestate.as_str())
    }

    /// The context of a span of the trace.
    pub(in crate::record) fn context(
        &self,
        span: u64,
        parent_span_id: Option<SpanId>,
        baggage: Baggage,
    ) -> TraceContext {
        let carried = self.carried.as_ref();
        TraceContext {
            trace_id: self.trace_id(),
            span_id: SpanId::from_stream(span),
            parent_span_id,
            flags: self.flags,
            tracestate: carried
                .map_or_else(TraceState::default, |carried| carried.tracestate.clone()),
            baggage,
            is_remote: false,
        }
    }

    /// Lets go of what is shared with others.
    #[inline]
    pub(in crate::record) fn clear(&mut self) {
        if self.carried.is_some() {
            self.carried = None;
        }
    }

    /// Begins a piece of the stream of one of the trace's scopes. The numbers are those of
    /// the scope and of the part of the trace.
    #[inline]
    pub(in crate::record) fn begin_piece(&self, [scope, part]: [u32; 2], chunk: &mut Chunk) {
        chunk.begin_piece(
            [scope, part, self.looks],
            self.trace_id(),
            self.flags,
            self.tracestate(),
            self.remote_parent,
        );
    }
}
