//! The facts of a recorded trace that are known from its beginning.
//!
//! A head is copied into each scope of the trace, so it is small. Data that few traces have is
//! behind one pointer. A head does not change after the first scope has begun. Later changes
//! of the baggage belong to the scope.

use std::sync::Arc;

use crate::stream::Chunk;
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// The facts of a trace that are known from its beginning. The head of a scope is reused for
/// the next scope, so it can be empty.
#[derive(Clone, Debug)]
pub(in crate::record) struct Head {
    /// The halves of the trace's id. Two words need no padding; a `u128` would.
    trace_id: [u64; 2],
    /// The span of another process under which the trace continues here; zero if there is none.
    pub(in crate::record) remote_parent: u64,
    /// Data that only few traces have.
    carried: Option<Arc<Carried>>,
    pub(in crate::record) flags: TraceFlags,
    /// How many looks at the clock came before the trace. The worker uses this number to find
    /// the anchor for the trace's times.
    looks: u32,
}

/// The data that a trace has received from its caller.
#[derive(Clone, Debug, Default)]
struct Carried {
    tracestate: TraceState,
    /// The baggage when the trace began. Scopes change their own copies.
    baggage: Baggage,
}

impl Head {
    /// Returns an empty head.
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

    /// Begins another trace, after `looks` looks at the clock. The caller has
    /// [cleared](Self::clear) the state and baggage of the previous trace.
    #[inline]
    pub(in crate::record) fn begin(&mut self, trace_id: TraceId, flags: TraceFlags, looks: u32) {
        self.looks = looks;
        self.trace_id = trace_id.to_words();
        self.flags = flags;
        self.remote_parent = 0;
    }

    /// Keeps the trace state from the caller. An empty one takes no memory.
    pub(in crate::record) fn set_tracestate(&mut self, tracestate: &TraceState) {
        if !tracestate.as_str().is_empty() {
            self.carried().tracestate = tracestate.clone();
        }
    }

    /// Keeps the baggage from the caller. An empty one takes no memory.
    pub(in crate::record) fn set_baggage(&mut self, baggage: &Baggage) {
        if !baggage.is_empty() {
            self.carried().baggage = baggage.clone();
        }
    }

    /// Returns a mutable reference to the data of the caller. From now on it is not shared
    /// with another head.
    fn carried(&mut self) -> &mut Carried {
        Arc::make_mut(self.carried.get_or_insert_default())
    }

    /// Returns the baggage with which the trace began.
    pub(in crate::record) fn baggage(&self) -> Baggage {
        let carried = self.carried.as_ref();
        carried.map_or_else(Baggage::default, |carried| carried.baggage.clone())
    }

    /// Returns the trace state from the caller.
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

    /// Drops the shared data before the head is kept for reuse. [`begin`](Self::begin)
    /// overwrites the rest.
    #[inline]
    pub(in crate::record) fn clear(&mut self) {
        // The check keeps the drop, which is a call, away from the usual case.
        if self.carried.is_some() {
            self.carried = None;
        }
    }

    /// Begins a piece of the stream of a scope. The numbers are those of the scope and of the
    /// part of the trace. Each piece repeats these facts, so that it can be read without
    /// earlier pieces.
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
