//! The recording side of a scope: how it begins, and its properties.
//!
//! There are three ways to begin: a new trace, another scope of a trace (`join`), and a visit
//! (in `visit.rs`). The other files of this folder use a recording after that.

use std::sync::Arc;

use super::scope_stream::ScopeStream;
use super::spare::Spare;
use crate::diagnostics;
use crate::record::thread::{self, Position};
use crate::record::trace::{LocalTrace, TracerCore};
use crate::value::{Baggage, TraceFlags, TraceId, TraceState};

/// The recording side of a scope. It is one pointer, because it is moved with each poll.
///
/// It has to be [ended](Self::end). If it is only dropped, its entries are lost, and its trace
/// stays open forever.
#[derive(Debug)]
pub(crate) struct Recording(pub(super) Box<ScopeStream>);

impl Recording {
    /// Begins a trace with one scope.
    #[inline]
    pub(in crate::record) fn begin(
        tracer: &Arc<TracerCore>,
        trace_id: TraceId,
        flags: TraceFlags,
    ) -> Self {
        // The spare stream was reset when the last scope ended, so only the differing fields
        // are set here.
        let mut stream = Spare::take_stream(tracer);
        let number = thread::new_scope();
        stream.number = number;
        // The first span of a trace has no parent.
        (stream.span, stream.is_base_own) = (0, false);
        // Written into the stream field by field. The old values have no destructors.
        stream.head.begin(trace_id, flags, tracer.clock.looks());
        Self(stream)
    }

    /// Lets the trace begin below a span, which may be in another process.
    pub(in crate::record) fn begin_below(
        &mut self,
        span: u64,
        remote_parent: u64,
        tracestate: &TraceState,
    ) {
        self.set_below(span);
        self.0.head.remote_parent = remote_parent;
        self.0.head.set_tracestate(tracestate);
        self.note_called();
    }

    /// Sets the baggage with which the trace begins.
    pub(in crate::record) fn begin_with_baggage(&mut self, baggage: &Baggage) {
        self.0.head.set_baggage(baggage);
        self.0.baggage = baggage.clone();
    }

    /// Begins another scope of a trace. Its spans are below `span`.
    pub(in crate::record) fn join(trace: &Arc<LocalTrace>, baggage: Baggage, span: u64) -> Self {
        // The scope is counted first. From now on the trace cannot end before this scope.
        trace.open_scope();
        let mut joined = Self::with_trace(Arc::clone(trace), baggage, thread::new_scope());
        joined.set_below(span);
        joined
    }

    /// Makes a recording of a shared trace. The caller has counted the scope in the trace.
    pub(super) fn with_trace(trace: Arc<LocalTrace>, baggage: Baggage, number: u32) -> Self {
        let mut stream = Spare::take_stream(&trace.tracer);
        stream.head = trace.head.clone();
        stream.number = number;
        stream.baggage = baggage;
        stream.shared = Some(trace);
        Self(stream)
    }

    /// Notes that this part of the trace calls another service, which may run in this process.
    pub(in crate::record) fn note_call(&mut self) {
        // Done once per scope, because the list of callers is behind a lock.
        if std::mem::replace(&mut self.0.has_called, true) {
            return;
        }
        self.0.tracer.queue.callers.add(self.0.part());
        self.0.set_known();
    }

    /// Notes that this part of the trace was called, if the caller may be in this process. The
    /// caller is another part of this tracer, which reports this part when it ends, or another
    /// tracer, which may have the same collector.
    fn note_called(&mut self) {
        let part = self.0.part();
        let queue = &self.0.tracer.queue;
        if queue.callers.add_called(part)
            || (diagnostics::has_other_tracers() && queue.open_part(part))
        {
            self.0.set_known();
        }
    }

    /// Whether the chunk has entries that were not handed over.
    #[inline]
    pub(super) fn has_recorded(&self) -> bool {
        !self.0.chunk.words.is_empty()
    }

    /// Makes another scope of this trace, below a span, with the current baggage of this
    /// scope.
    pub(in crate::record) fn join_below(&mut self, span: u64) -> Self {
        let baggage = self.0.baggage.clone();
        Self::join(self.trace(), baggage, span)
    }

    /// Makes a sibling of a scope that was made by `join`, below the same span. `None` if the
    /// scope is alone in its trace.
    pub(in crate::record) fn join_beside(&self) -> Option<Self> {
        let trace = self.0.shared.as_ref()?;
        Some(Self::join(trace, self.0.baggage.clone(), self.0.span))
    }

    /// The tracer with which the scope records.
    #[inline]
    pub(in crate::record) fn tracer(&self) -> &Arc<TracerCore> {
        &self.0.tracer
    }

    /// The trace, for another owner. From now on the scope shares its trace.
    #[inline]
    pub(in crate::record) fn trace(&mut self) -> &Arc<LocalTrace> {
        self.0.share_trace()
    }

    pub(in crate::record) fn trace_id(&self) -> TraceId {
        self.0.head.trace_id()
    }

    /// Whether the scope was begun for a visit.
    pub(in crate::record) fn is_visit(&self) -> bool {
        self.0.is_visit
    }

    /// The number of the scope.
    #[inline]
    pub(in crate::record) fn number(&self) -> u32 {
        self.0.number
    }

    /// Where the scope's code continues at each poll.
    #[inline]
    pub(in crate::record) fn position(&self) -> Position {
        Position {
            scope: self.0.number,
            span: self.0.span,
            foreign_base: if self.0.is_base_own { 0 } else { self.0.span },
            plain: self.0.plain,
        }
    }

    /// The position, if nothing else has to be done before the scope's code runs.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn simple_position(&self) -> Option<Position> {
        let home = self.0.home();
        // A resting home must first be set busy. Until then, other threads write the ends of
        // its spans themselves.
        let is_simple = home.is_none_or(|home| home.is_busy());
        is_simple.then(|| self.position())
    }

    /// Whether there is nothing to do at the end of a poll that has recorded nothing.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn can_rest(&self) -> bool {
        let stream = &*self.0;
        match (stream.home(), stream.chunk.words.is_empty()) {
            // The scope keeps nothing. A large chunk would have to be given back before the
            // scope sleeps.
            (None, true) => !stream.has_large_chunk(),
            // The home has to be set resting, because everything was handed over.
            (Some(_), true) => false,
            // The scope keeps entries. If the tick has changed, the clock has to be read. If
            // ends were left here, they have to be written.
            (home, false) => {
                stream.tick == stream.tracer.queue.ticks.now()
                    && home.is_none_or(|home| !home.has_ends())
            }
        }
    }

    /// Sets the span that is current when the scope's code runs next. It was opened in this
    /// scope, so the scope may write to it.
    pub(in crate::record) fn set_base(&mut self, span: u64) {
        (self.0.span, self.0.is_base_own) = (span, true);
    }

    /// Puts the scope below another span, to which it must not write.
    pub(in crate::record) fn set_below(&mut self, span: u64) {
        (self.0.span, self.0.is_base_own) = (span, false);
    }

    pub(in crate::record) fn baggage(&mut self) -> &mut Baggage {
        &mut self.0.baggage
    }
}
