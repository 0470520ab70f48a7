//! What surrounds the running code: its tracer, its trace, and their context.
//!
//! All of it reads the scope on top of the stack. Nothing here changes what is entered.

use std::sync::Arc;

use super::on_thread::{ENTERED, with_recording, with_running_scope};
use crate::diagnostics::stats::Counters;
use crate::record::scope::active::Active;
use crate::record::scope::recording::Recording;
use crate::record::scope::unsampled::Unsampled;
use crate::record::thread;
use crate::record::trace::{LocalTrace, TracerCore};
use crate::value::{Baggage, TraceContext, TraceId};

/// Lets `read` see the tracer of this thread's scope, if there is one.
pub(crate) fn with_tracer<R>(read: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    with_running_scope(|scope| scope.tracer().map(read)).flatten()
}

/// The tracer of this thread's scope, if there is one.
#[inline]
pub(crate) fn current_tracer() -> Option<Arc<TracerCore>> {
    let is_outside = ENTERED.with(|stack| {
        let stack = stack.try_borrow();
        stack.is_ok_and(|stack| stack.scopes.depth() == 0)
    });
    // Looked at first, without the closure below: mostly a root begins where nothing is
    // entered.
    if is_outside {
        return None;
    }
    with_tracer(Arc::clone)
}

/// The innermost tracer around this thread's code that was not shut down, up to where only
/// the process's is current.
#[cold]
pub(crate) fn living_tracer() -> Option<Arc<TracerCore>> {
    ENTERED.with_borrow(|stack| {
        let scopes = (0..stack.scopes.depth()).rev();
        let mut tracers = scopes.map_while(|at| stack.scopes.get(at)?.tracer());
        tracers.find(|tracer| !tracer.has_ended()).cloned()
    })
}

/// Lets `change` see the baggage of this thread's scope, if a trace runs in it.
pub(crate) fn with_baggage<R>(change: impl FnOnce(&mut Baggage) -> R) -> Option<R> {
    // A span that takes the lent trace has the baggage of the trace's beginning, which is
    // about to change.
    thread::drop_lent_trace();
    with_running_scope(|scope| {
        if scope.visiting.trace.is_some() {
            return Some(change(&mut scope.visiting.baggage));
        }
        match scope.active() {
            Active::Nothing | Active::Attached(_) => None,
            Active::Unsampled(unsampled) => Some(change(unsampled.baggage())),
            Active::Recorded(recording) => Some(change(recording.baggage())),
        }
    })
    .flatten()
}

/// The trace that is recorded on this thread.
pub(in crate::record) fn current_trace() -> Option<Arc<LocalTrace>> {
    with_recording(|recording| Arc::clone(recording.trace()))
}

/// The trace that is recorded on this thread, and its baggage as it is now.
pub(in crate::record) fn current_trace_and_baggage() -> Option<(Arc<LocalTrace>, Baggage)> {
    with_recording(|recording| (Arc::clone(recording.trace()), recording.baggage().clone()))
}

/// The same for a span that may [give the trace back](thread::give_back_trace).
#[inline(never)]
pub(in crate::record) fn lend_trace() -> Option<(Arc<LocalTrace>, Baggage)> {
    let (trace, baggage) = current_trace_and_baggage()?;
    // With baggage a reference is not enough: it is not lent.
    if baggage.is_empty() {
        thread::lend_trace();
    }
    Some((trace, baggage))
}

/// The trace on this thread, if it is one that is not recorded.
#[cold]
pub(in crate::record) fn current_unsampled() -> Option<Box<Unsampled>> {
    with_running_scope(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(unsampled.copy_for_scope()),
        _ => None,
    })
    .flatten()
}

/// Whether the running code is there only because something is recorded, so that nothing
/// of it is.
pub(in crate::record) fn is_paused() -> bool {
    thread::scope() == 0 && thread::is_quiet()
}

/// The id of the trace that runs on this thread, recorded or not.
pub(in crate::record) fn trace_id() -> Option<TraceId> {
    with_running_scope(|scope| {
        if let Some(trace) = &scope.visiting.trace {
            return Some(trace.head.trace_id());
        }
        match scope.active() {
            Active::Nothing | Active::Attached(_) => None,
            Active::Unsampled(unsampled) => Some(unsampled.trace_id()),
            Active::Recorded(recording) => Some(recording.trace_id()),
        }
    })
    .flatten()
}

/// The context of the running code; `None` where no trace runs.
pub(in crate::record) fn context() -> Option<TraceContext> {
    context_by(Unsampled::context)
}

/// The context of one call out of the running code; `None` where no trace runs.
pub(in crate::record) fn context_of_call() -> Option<TraceContext> {
    context_by(Unsampled::context_of_call)
}

fn context_by(of_unsampled: fn(&Unsampled) -> TraceContext) -> Option<TraceContext> {
    let span = thread::span();
    let unsampled = with_running_scope(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(of_unsampled(unsampled)),
        _ => None,
    });
    match unsampled? {
        None => with_recording(|recording| {
            // Whoever is given it may go on with the trace in this process.
            recording.note_call();
            recording.context(span)
        }),
        unsampled => unsampled,
    }
}

/// Notes that the running trace's context is sent to somebody.
pub(in crate::record) fn note_call() {
    with_recording(Recording::note_call);
}

/// An id of the tracer's generator, and a reading of its clock.
#[cold]
pub(in crate::record) fn number_and_time() -> (u64, u64) {
    with_tracer(|tracer| (tracer.ids.number().get(), tracer.clock.raw())).unwrap_or((u64::MAX, 0))
}

/// A reading of the tracer's clock.
#[cold]
pub(in crate::record) fn now() -> u64 {
    with_tracer(|tracer| tracer.clock.raw()).unwrap_or(0)
}

/// Counts something that was said of no span.
#[cold]
pub(in crate::record) fn count_unattached() {
    with_tracer(|tracer| Counters::add(&tracer.queue.counters.unattached, 1));
}
