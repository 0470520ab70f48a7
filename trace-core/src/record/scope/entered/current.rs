//! Reads what surrounds the running code: its tracer, its trace, and their context.
//!
//! These functions read the scope on top of the stack. None of them enters or leaves a scope.
//!
//! Returned values are clones, so that they can be used and dropped after the borrow of the
//! stack.

use std::sync::Arc;

use super::on_thread::{ENTERED, with_recording, with_running_scope};
use crate::diagnostics::stats::Counters;
use crate::propagation::TraceStart;
use crate::record::scope::active::Active;
use crate::record::scope::recording::Recording;
use crate::record::scope::unsampled::Unsampled;
use crate::record::thread;
use crate::record::trace::{LocalTrace, TracerCore};
use crate::value::{Baggage, TraceContext, TraceId};

/// Calls `read` with the tracer of this thread's scope, if there is one. The stack is borrowed
/// meanwhile, so `read` must not run code of the application.
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
    // This is checked first, because most roots begin where nothing is entered and need none
    // of the code below.
    if is_outside {
        return None;
    }
    with_tracer(Arc::clone)
}

/// The innermost tracer around this thread's code that was not shut down. The search goes from
/// the innermost scope outwards. It stops at the first scope in which only the process's
/// tracer is current.
#[cold]
pub(crate) fn living_tracer() -> Option<Arc<TracerCore>> {
    ENTERED.with_borrow(|stack| {
        let scopes = (0..stack.scopes.depth()).rev();
        let mut tracers = scopes.map_while(|at| stack.scopes.get(at)?.tracer());
        // Cloned within the borrow. The scope keeps its reference, so this is never the last
        // one.
        tracers.find(|tracer| !tracer.has_ended()).cloned()
    })
}

/// Calls `change` with the baggage of this thread's scope, if a trace runs in it. The stack is
/// borrowed meanwhile, so keys and values must be converted before the call.
pub(crate) fn with_baggage<R>(change: impl FnOnce(&mut Baggage) -> R) -> Option<R> {
    // A held span that takes the lent trace gets no baggage. This is correct only while the
    // scope has none, which is about to change.
    thread::drop_lent_trace();
    with_running_scope(|scope| {
        // A visit has its own copy of the baggage, which ends with the visit.
        if scope.visiting.trace.is_some() {
            return Some(change(&mut scope.visiting.baggage));
        }
        match scope.active() {
            Active::Nothing | Active::Attached(_) => None,
            Active::Unsampled(unsampled) => unsampled.baggage().map(change),
            Active::Recorded(recording) => Some(change(recording.baggage())),
        }
    })
    .flatten()
}

/// Another reference to the trace that is recorded on this thread. From now on the scope
/// shares its trace.
pub(in crate::record) fn current_trace() -> Option<Arc<LocalTrace>> {
    with_recording(|recording| Arc::clone(recording.trace()))
}

/// The trace that is recorded on this thread, and its current baggage.
pub(in crate::record) fn current_trace_and_baggage() -> Option<(Arc<LocalTrace>, Baggage)> {
    with_recording(|recording| (Arc::clone(recording.trace()), recording.baggage().clone()))
}

/// The same for a held span. When it ends, it may [give the trace
/// back](thread::give_back_trace), so that the next held span need not count a reference.
#[inline(never)]
pub(in crate::record) fn lend_trace() -> Option<(Arc<LocalTrace>, Baggage)> {
    let (trace, baggage) = current_trace_and_baggage()?;
    // A lent reference comes without baggage. So it is lent only if there is none.
    if baggage.is_empty() {
        thread::lend_trace();
    }
    Some((trace, baggage))
}

/// A copy of the trace that runs on this thread, if it is not recorded.
#[cold]
pub(in crate::record) fn current_unsampled() -> Option<Box<Unsampled>> {
    with_running_scope(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(unsampled.copy_for_scope()),
        _ => None,
    })
    .flatten()
}

/// Whether recording is paused here. Paused code runs only because something is recorded, and
/// is not recorded itself.
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
            Active::Unsampled(unsampled) => unsampled.trace_id(),
            Active::Recorded(recording) => Some(recording.trace_id()),
        }
    })
    .flatten()
}

/// The context of the running code; `None` if no trace runs.
///
/// The span is read first. Then the stack is borrowed twice in succession. This thread does
/// not enter or leave anything in between.
pub(in crate::record) fn context() -> Option<TraceContext> {
    context_by(Unsampled::context)
}

/// The context for one call to another service; `None` if no trace runs.
pub(in crate::record) fn context_of_call() -> Option<TraceContext> {
    context_by(Unsampled::context_of_call)
}

/// What a caller sent without a context, if that is passed on here.
#[cold]
pub(crate) fn start_passed_on() -> Option<(TraceStart, Baggage)> {
    with_running_scope(|scope| match scope.active() {
        Active::Unsampled(unsampled) => unsampled.start(),
        _ => None,
    })
    .flatten()
}

fn context_by(of_unsampled: fn(&Unsampled) -> Option<TraceContext>) -> Option<TraceContext> {
    let span = thread::span();
    let unsampled = with_running_scope(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(of_unsampled(unsampled)),
        _ => None,
    });
    match unsampled? {
        None => with_recording(|recording| {
            // The receiver of the context may be in this process, too.
            recording.note_call();
            recording.context(span)
        }),
        Some(context) => context,
    }
}

/// Notes that the context of the running trace is sent to another service.
pub(in crate::record) fn note_call() {
    with_recording(Recording::note_call);
}

/// A new span id from the tracer and a reading of its clock, for a tracer that is not plain.
/// Without a scope the values are invalid but harmless, because a span's opening is written
/// only in a recorded scope.
#[cold]
pub(in crate::record) fn number_and_time() -> (u64, u64) {
    with_tracer(|tracer| (tracer.ids.number().get(), tracer.clock.raw())).unwrap_or((u64::MAX, 0))
}

/// A reading of the tracer's clock.
#[cold]
pub(in crate::record) fn now() -> u64 {
    with_tracer(|tracer| tracer.clock.raw()).unwrap_or(0)
}

/// Counts something that was lost because there was no span to take it.
#[cold]
pub(in crate::record) fn count_unattached() {
    with_tracer(|tracer| Counters::add(&tracer.queue.counters.unattached, 1));
}
