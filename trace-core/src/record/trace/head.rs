//! What is known about a recorded trace from its beginning.
//!
//! A head is copied into each scope of the trace, so it is small: what only few traces carry
//! is behind one pointer. It does not change after the first scope has begun. Baggage that
//! changes later belongs to the scope.

use std::sync::Arc;

use crate::stream::Chunk;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// What is known about a trace from its beginning. A scope's is reused for the next scope, so
/// it can be empty.
#[derive(Clone, Debug)]
pub(in crate::record) struct Head {
    /// The halves of the trace's id. Two words need no padding; a `u128` would.
    trace_id: [u64; 2],
    /// The span of another process under which the trace continues here; zero if there is none.
    pub(in crate::record) remote_parent: u64,
    /// What only few traces have.
    carried: Option<Arc<Carried>>,
    pub(in crate::record) flags: TraceFlags,
    /// How many looks at the clock came before the trace. The worker finds the anchor for the
    /// trace's times by this number.
    looks: u32,
}

/// What came with a trace from its caller.
#[derive(Clone, Debug, Default)]
struct Carried {
    tracestate: TraceState,
    /// The baggage when the trace began. Scopes change copies of their own.
    baggage: Baggage,
}

impl Head {
    /// Returns the head of no trace.
    pub(in crate::record) fn none() -> Self {
        Self {
            trace_id: [0, 0],
            remote_parent: 0,
            carried: None,
            flags: TraceFlags::default(),
            looks: 0,
        }
    }

    /// Returns the trace's id.
    pub(in crate::record) fn trace_id(&self) -> TraceId {
        TraceId::from_stream(self.trace_id)
    }

    /// Begins another trace, after `looks` looks at the clock. What was carried before was
    /// [cleared](Self::clear).
    #[inline]
    pub(in crate::record) fn begin(&mut self, trace_id: TraceId, flags: TraceFlags, looks: u32) {
        self.looks = looks;
        self.trace_id = trace_id.to_words();
        self.flags = flags;
        self.remote_parent = 0;
    }

    /// Keeps the trace state with which the trace came. An empty one takes no memory.
    pub(in crate::record) fn set_tracestate(&mut self, tracestate: &TraceState) {
        if !tracestate.as_str().is_empty() {
            self.carried().tracestate = tracestate.clone();
        }
    }

    /// Keeps the baggage with which the trace came. An empty one takes no memory.
    pub(in crate::record) fn set_baggage(&mut self, baggage: &Baggage) {
        if !baggage.is_empty() {
            self.carried().baggage = baggage.clone();
        }
    }

    /// Returns what came with the trace, to change it. Not shared with another head from here
    /// on.
    fn carried(&mut self) -> &mut Carried {
        Arc::make_mut(self.carried.get_or_insert_default())
    }

    /// Returns the baggage with which the trace began.
    pub(in crate::record) fn baggage(&self) -> Baggage {
        let carried = self.carried.as_ref();
        carried.map_or_else(Baggage::default, |carried| carried.baggage.clone())
    }

    /// Returns the trace state with which the trace came.
    #[inline]
    pub(in crate::record) fn tracestate(&self) -> &str {
        let carried = self.carried.as_ref();
        carried.map_or("", |carried| carried.tracestate.as_str())
    }

    /// Returns the context of a span of the trace. The baggage is that of the running scope,
    /// which may have changed it.
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

    /// Drops what may be shared with other heads, before the head is kept for reuse. The rest
    /// may stay: [`begin`](Self::begin) overwrites it.
    #[inline]
    pub(in crate::record) fn clear(&mut self) {
        // The check keeps the drop, which is a call, away from the usual case.
        if self.carried.is_some() {
            self.carried = None;
        }
    }

    /// Begins a piece of the stream of one of the trace's scopes. The numbers are those of
    /// the scope and of the part of the trace. Each piece repeats these facts, so that the
    /// reader needs no earlier piece to understand it.
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
