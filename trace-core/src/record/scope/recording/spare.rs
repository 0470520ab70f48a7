//! What the next scope of a thread uses again: an empty stream, and a trace that has
//! ended.
//!
//! Both keep their tracer, as mostly the next scope is of the same one. Nothing of the
//! application may be dropped here, as the thread's stack may be borrowed. So what
//! belongs to another tracer stays until a scope ends.

use std::cell::Cell;
use std::sync::Arc;

use super::scope_stream::ScopeStream;
use super::spare_chunks;
use crate::delivery::Tick;
use crate::record::trace::{Head, LocalTrace, TracerCore};
use crate::stream::Chunk;
use crate::value::Baggage;

/// What the next scope on this thread need not allocate.
pub(super) struct Spare {
    /// An empty stream.
    stream: Cell<Option<Box<ScopeStream>>>,
    /// A trace that has ended, with its tracer.
    trace: Cell<Option<Arc<LocalTrace>>>,
}

thread_local! {
    static SPARE: Spare = const {
        Spare {
            stream: Cell::new(None),
            trace: Cell::new(None),
        }
    };
}

impl Spare {
    /// An empty stream for a scope of a tracer.
    #[inline]
    pub(super) fn take_stream(tracer: &Arc<TracerCore>) -> Box<ScopeStream> {
        let spare = SPARE.try_with(|spare| spare.stream.take());
        match spare.ok().flatten() {
            Some(stream) if Arc::ptr_eq(&stream.tracer, tracer) => stream,
            other => Self::new_stream(tracer, other),
        }
    }

    /// A stream for another tracer's scope than the last one was. The other one stays until it
    /// is replaced: with its tracer code of the application may be dropped, for which this is
    /// no moment.
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

    /// A trace with one open scope: the one that is kept, if it is of this tracer and
    /// nobody has it any more.
    pub(super) fn take_trace(tracer: &Arc<TracerCore>, head: Head, scope: u32) -> Arc<LocalTrace> {
        let spare = SPARE.try_with(|spare| spare.trace.take());
        if let Ok(Some(mut trace)) = spare {
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

    /// Lets go of the last trace, if it is of this tracer.
    #[cold]
    fn forget_tracer(tracer: &Arc<TracerCore>) {
        let trace = SPARE.try_with(|spare| spare.trace.take()).ok().flatten();
        if let Some(trace) = trace.filter(|trace| !Arc::ptr_eq(&trace.tracer, tracer)) {
            let _kept = SPARE.try_with(|spare| spare.trace.set(Some(trace)));
        }
    }

    /// Keeps a stream, and the trace if it has ended. At the end of a thread they go
    /// back to the allocator.
    #[inline]
    pub(super) fn keep_stream(mut stream: Box<ScopeStream>, trace: Option<Arc<LocalTrace>>) {
        if cfg!(loom) {
            // Loom's threads share one, and nothing may outlive a model.
            return;
        }
        // The next scope is probably short.
        spare_chunks::exchange_for_short(&mut stream.chunk);
        let tracer = Arc::as_ptr(&stream.tracer);
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
            // The stream that was kept before was of another tracer: its trace goes with
            // it. Here no stack is borrowed, so the application's code may run.
            Self::forget_tracer(&other.tracer);
        }
    }
}
