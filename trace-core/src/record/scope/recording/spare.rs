//! What the next scope of a thread reuses: an empty stream, and a trace that has ended.
//!
//! Both keep their tracer, because the next scope usually has the same one. They may be taken
//! while the thread's stack is borrowed, so nothing is dropped at that moment. A spare of
//! another tracer stays until a scope ends, when the stack is not borrowed.
//!
//! So a thread keeps the core of one tracer alive until the thread ends, or until a scope of
//! another tracer has ended on it.

use std::cell::Cell;
use std::sync::Arc;

use super::scope_stream::ScopeStream;
use super::spare_chunks;
use crate::delivery::Tick;
use crate::record::trace::{Head, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::value::Baggage;

/// Allocations that the next scope on this thread reuses. The thread owns them.
pub(super) struct Spare {
    /// An empty stream. It is missing while a scope of the thread uses it. A second scope at
    /// the same time allocates its own.
    stream: Cell<Option<Box<ScopeStream>>>,
    /// A trace that has ended, with its tracer. Ended spans may still have references to it.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    // It has a destructor, which drops the tracer at the end of the thread. Scopes that begin
    // after that have to allocate.
    static SPARE: Spare = const {
        Spare {
            stream: Cell::new(None),
            trace: Cell::new(None),
        }
    };
}

impl Spare {
    /// Takes an empty stream for a scope of a tracer. Drops nothing.
    #[inline]
    pub(super) fn take_stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        match spare.ok().flatten() {
            Some(stream) if Arc::ptr_eq(&stream.tracer, tracer) => stream,
            other => Self::new_stream(tracer, other),
        }
    }

    /// Makes a stream for a scope whose tracer differs from that of the last scope. The old
    /// stream stays until it is replaced, because dropping its tracer may drop the
    /// application's sampler, which must not happen here.
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

    /// Returns a trace with one open scope. This is the spare, if it has this tracer and there
    /// is no other reference to it. Drops nothing.
    pub(super) fn take_trace(tracer: &Arc<TracerCore>, head: Head, scope: u32) -> Arc<LocalTrace> {
        let spare = SPARE.try_with(|spare| spare.trace.take());
        if let Ok(Some(mut trace)) = spare {
            // `get_mut` synchronizes with the drops of all other references, so the trace can
            // be reset without atomics.
            if let Some(ended) = Arc::get_mut(&mut trace)
                && Arc::ptr_eq(&ended.tracer, tracer)
            {
                ended.reuse_for(head, scope);
                return trace;
            }
            // It must not be dropped here, as in `new_stream`.
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
        Arc::new(LocalTrace::new(Arc::clone(tracer), head, scope))
    }

    /// Drops the last trace, if it has this tracer. The stack must not be borrowed.
    #[cold]
    fn forget_tracer(tracer: &Arc<TracerCore>) {
        let trace = SPARE.try_with(|spare| spare.trace.take()).ok().flatten();
        if let Some(trace) = trace.filter(|trace| !Arc::ptr_eq(&trace.tracer, tracer)) {
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
    }

    /// Keeps a stream, and a trace that has ended, if given. At the end of a thread both are
    /// freed instead. The stack must not be borrowed.
    #[inline]
    pub(super) fn keep_stream(mut stream: Box<ScopeStream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one thread of the system, and no value may outlive a model.
            return;
        }
        // The next scope is probably short. A large chunk is kept separately, for a scope that
        // needs it.
        spare_chunks::exchange_for_short(&mut stream.chunk);
        let tracer = Arc::as_ptr(&stream.tracer);
        // The new values are set before anything is dropped. A sampler that is dropped here
        // may begin a root, which then finds a usable spare.
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
            // The previous stream has another tracer, so the trace of that tracer is dropped,
            // too. Otherwise it would keep the tracer alive.
            Self::forget_tracer(&other.tracer);
        }
    }
}
