//! What the next scope of a thread uses again: an empty stream, and a trace that has
//! ended.
//!
//! Both keep their tracer, as mostly the next scope is of the same one. What is taken from
//! here may be taken while the thread's stack is borrowed, so nothing is dropped then: what
//! belongs to another tracer stays until a scope ends. At that moment no stack is borrowed.
//!
//! So a thread keeps the core of one tracer alive until it ends, or until a scope of another
//! tracer has ended on it.

use std::cell::Cell;
use std::sync::Arc;

use super::scope_stream::ScopeStream;
use super::spare_chunks;
use crate::delivery::Tick;
use crate::record::trace::{Head, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::value::Baggage;

/// What the next scope on this thread need not allocate. The thread owns it.
pub(super) struct Spare {
    /// An empty stream. It is not here while a scope of the thread has it; a second scope at
    /// the same time allocates.
    stream: Cell<Option<Box<ScopeStream>>>,
    /// A trace that has ended, with its tracer. Spans that have ended may still have
    /// references to it.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    // It has a destructor: at the end of a thread it drops the tracer, too. Scopes that begin
    // after that find nothing, and allocate.
    static SPARE: Spare = const {
        Spare {
            stream: Cell::new(None),
            trace: Cell::new(None),
        }
    };
}

impl Spare {
    /// An empty stream for a scope of a tracer. Nothing is dropped.
    #[inline]
    pub(super) fn take_stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        match spare.ok().flatten() {
            Some(stream) if Arc::ptr_eq(&stream.tracer, tracer) => stream,
            other => Self::new_stream(tracer, other),
        }
    }

    /// A stream for a scope of another tracer than the last one's. The other stream stays
    /// until it is replaced: with its tracer a sampler of the application may be dropped,
    /// which must not happen here.
    #[cold]
    fn new_stream(tracer: &Arc<TracerCore>, other: Option<Box<ScopeStream>>) -> Box<ScopeStream> {
        let _kept = SPARE.try_with(|spare| spare.stream.set(other));
        Box::new(ScopeStream {
            tracer: Arc::clone(tracer),
            head: Head::none(),
            shared: None,
            chunk: Chunk::new(),
            baggage: Baggage::default(),
            span: 0,
            since: 0,
            tick: Tick::NONE,
            number: 0,
            uncounted: 0,
            strays: 0,
            is_visit: false,
            order: 0,
            has_begun: false,
            is_base_own: false,
            has_said_end: false,
            needs_home: false,
            is_known: false,
            has_called: false,
            plain: tracer.plain(),
            rare: None,
        })
    }

    /// A trace with one open scope: the spare, if it is of this tracer and nobody else has a
    /// reference. Nothing is dropped.
    pub(super) fn take_trace(tracer: &Arc<TracerCore>, head: Head, scope: u32) -> Arc<LocalTrace> {
        let spare = SPARE.try_with(|spare| spare.trace.take());
        if let Ok(Some(mut trace)) = spare {
            // `get_mut` also synchronizes with the drops of all other references, so the
            // trace may be reset without atomics.
            if let Some(ended) = Arc::get_mut(&mut trace)
                && Arc::ptr_eq(&ended.tracer, tracer)
            {
                ended.reuse_for(head, scope);
                return trace;
            }
            // Not dropped: as in `new_stream`.
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
        Arc::new(LocalTrace::new(Arc::clone(tracer), head, scope))
    }

    /// Drops the last trace, if it is of this tracer. The stack must not be borrowed.
    #[cold]
    fn forget_tracer(tracer: &Arc<TracerCore>) {
        let trace = SPARE.try_with(|spare| spare.trace.take()).ok().flatten();
        if let Some(trace) = trace.filter(|trace| !Arc::ptr_eq(&trace.tracer, tracer)) {
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
    }

    /// Keeps a stream, and the trace if nothing of it remains. At the end of a thread both
    /// are freed. The stack must not be borrowed.
    #[inline]
    pub(super) fn keep_stream(mut stream: Box<ScopeStream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one thread of the system, and nothing may outlive a
            // model.
            return;
        }
        // The next scope is probably short. A large chunk is kept apart, for a scope that
        // needs it.
        spare_chunks::exchange_for_short(&mut stream.chunk);
        let tracer = Arc::as_ptr(&stream.tracer);
        // The new values are in place before anything is dropped: a sampler that is dropped
        // here may begin a root, which finds a usable spare.
        let other = SPARE.try_with(|spare| {
            let other = spare.stream.replace(Some(stream));
            if trace.is_some() {
                drop(spare.trace.replace(trace));
            }
            other
        });
        if let Ok(Some(other)) = other
            && !std::ptr::eq(Arc::as_ptr(&other.tracer), tracer)
        {
            // The stream that was kept before is of another tracer, so the trace of that
            // tracer goes, too. Otherwise it would keep the tracer alive.
            Self::forget_tracer(&other.tracer);
        }
    }
}
