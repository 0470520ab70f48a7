//! The thread's stack of what is entered, and what surrounds the running code.
//!
//! The part of the thread's state that is not touched for every span. It is borrowed
//! only for moments in which no code but this crate's runs.

pub(in crate::record) mod departed;
pub(in crate::record) mod stack;

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::diagnostics::stats::Counters;
use crate::process::fork;
use crate::record::kept::RECORDS;
use crate::record::scope::active::Active;
use crate::record::scope::entered::stack::{EnteredScope, EnteredSpan, Stack, Visit};
use crate::record::scope::recording::Recording;
use crate::record::scope::recording::Visiting;
use crate::record::scope::unsampled::Unsampled;
use crate::record::thread::{self, Hot, Place};
use crate::record::trace::home::SpanEnd;
use crate::record::trace::local_trace::LocalTrace;
use crate::record::trace::tracer_core::TracerCore;
use crate::stream::Chunk;
use crate::value::{Baggage, Outcome, TraceContext, TraceId};

thread_local! {
    /// Without a destructor, so that code which runs at the very end of a thread,
    /// in destructors of other thread-locals, is recorded like any other. Nothing
    /// is leaked: whatever is entered is left, and outside it is empty.
    static ENTERED: RefCell<ManuallyDrop<Stack>> =
        const { RefCell::new(ManuallyDrop::new(Stack::new())) };
}

/// What a visit of a span was.
#[derive(Debug)]
pub(in crate::record) enum Left {
    /// It was the current one in its own scope.
    Span,
    /// A scope was entered for it.
    Scope(u32, Active),
}

/// Makes a scope the innermost one; returns its number. `visitor` is the span for whose
/// visit it is entered, or zero.
#[inline]
pub(in crate::record) fn enter(visitor: u64, active: Active) -> u32 {
    if fork::has_happened() {
        discard_unrecorded();
    }
    // The function that is given is small, here and below, so that `LocalKey::with` is
    // inlined.
    thread::with(|hot| ENTERED.with(|stack| push_scope(stack, hot, visitor, active)))
}

/// What is mostly to be done, in code that calls nothing but, at its end, the general
/// function: so it saves no registers. The same below.
#[inline(never)]
fn push_scope(
    stack: &RefCell<ManuallyDrop<Stack>>,
    hot: &Hot,
    visitor: u64,
    active: Active,
) -> u32 {
    if let Ok(mut stack) = stack.try_borrow_mut()
        && let Some(scope) = stack.scopes.first_vacant()
    {
        let number = match &active {
            Active::Recorded(recording) => recording.simple_place().and_then(|place| {
                let is_there = hot.go_at_once(place.scope, place.span, place.entry, place.plain);
                is_there.then_some(place.scope)
            }),
            _ if hot.go_at_once(0, 0, 0, None) => hot.next_scope(),
            _ => None,
        };
        if let Some(number) = number {
            scope.fill(visitor, number, active);
            stack.scopes.push_first();
            return number;
        }
    }
    push_any_scope(stack, visitor, active)
}

#[inline(never)]
fn push_any_scope(stack: &RefCell<ManuallyDrop<Stack>>, visitor: u64, active: Active) -> u32 {
    let stack = &mut *stack.borrow_mut();
    if let Some(outer) = stack.scopes.top_mut() {
        suspend(outer);
    }
    let number = if let Active::Recorded(recording) = &active {
        recording.begin_poll();
        thread::go_to(&recording.place());
        recording.number()
    } else {
        thread::go_to(&Place::NOWHERE);
        thread::new_scope()
    };
    if let Some(scope) = stack.scopes.push() {
        scope.fill(visitor, number, active);
    }
    number
}

/// Has a scope wait for the end of one that is entered above it.
fn suspend(outer: &mut EnteredScope) {
    // The stage is moved first, so that everything goes where it was recorded.
    if let Some(recording) = outer.recording_of_stage() {
        recording.suspend();
    }
    outer.place = thread::place();
}

/// Makes a scope the innermost one that is for a visit of a span away from its own scope,
/// until [`leave_span`], and records nothing yet. What its code says of the span comes in
/// the order that is given.
#[inline]
pub(in crate::record) fn enter_visit(
    trace: Arc<LocalTrace>,
    baggage: Baggage,
    span: u64,
    order: u32,
) {
    if fork::has_happened() {
        discard_unrecorded();
    }
    ENTERED.with(|stack| push_visit(stack, trace, baggage, span, order));
}

/// Not inlined, so that the values are in registers, and written once.
#[inline(never)]
fn push_visit(
    stack: &RefCell<ManuallyDrop<Stack>>,
    trace: Arc<LocalTrace>,
    baggage: Baggage,
    span: u64,
    order: u32,
) {
    let stack = &mut *stack.borrow_mut();
    let outer = stack.scopes.top_mut().map(|outer| {
        // The stage is moved first, so that everything goes where it was recorded. A
        // visit is short: whether the outer scope has waited for long is asked later.
        if let Some(recording) = outer.recording_of_stage() {
            recording.take_stage();
        }
        &mut outer.place
    });
    let number = thread::begin_visit(outer, span, trace.tracer.plain());
    if let Some(scope) = stack.scopes.push() {
        scope.visitor = span;
        scope.number = number;
        scope.visiting.order = order;
        // Not dropped: there is none in a vacant place.
        std::mem::forget(scope.visiting.trace.replace(trace));
        std::mem::forget(std::mem::replace(&mut scope.visiting.baggage, baggage));
    }
}

/// Leaves the scope that was entered last for a visit of a span, if nothing was recorded
/// in it, and no other one is above; returns the trace.
#[inline]
pub(in crate::record) fn leave_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with(|stack| pop_visit(stack, span))
}

#[inline(never)]
fn pop_visit(stack: &RefCell<ManuallyDrop<Stack>>, span: u64) -> Option<Arc<LocalTrace>> {
    let stack = &mut *stack.borrow_mut();
    if !thread::is_stage_empty() || stack.spans.depth() > 0 {
        return None;
    }
    let scope = stack.scopes.top_mut()?;
    if scope.visitor != span {
        return None;
    }
    let trace = scope.visiting.trace.take()?;
    drop(std::mem::take(&mut scope.visiting.baggage));
    go_back(stack);
    Some(trace)
}

/// Removes the innermost scope, of which everything was taken, and goes back to the one
/// below it.
#[inline]
fn go_back(stack: &mut Stack) {
    stack.scopes.pop();
    match stack.scopes.top_mut() {
        Some(outer) => thread::go_to(&outer.place),
        None => thread::go_to(&Place::NOWHERE),
    }
}

/// The trace of the last visit of a span on this thread away from its scope.
#[cold]
pub(in crate::record) fn trace_of_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with_borrow_mut(|stack| {
        let at = stack.scopes.rfind(|scope| scope.visitor == span)?;
        stack.scopes.get_mut(at)?.trace().cloned()
    })
}

/// Says for the visit of which span the innermost scope was entered.
pub(in crate::record) fn set_visitor(span: u64) {
    ENTERED.with_borrow_mut(|stack| {
        if let Some(scope) = stack.scopes.top_mut() {
            scope.visitor = span;
        }
    });
}

/// Leaves a scope until its next poll; returns what surrounded its code, if the scope is
/// entered on this thread.
///
/// Where it is not the innermost one, that stays what it is.
#[inline]
pub(in crate::record) fn leave(number: u32) -> Option<Active> {
    if !RECORDS {
        return None;
    }
    thread::with(|hot| ENTERED.with(|stack| pop_simple_scope::<false>(stack, hot, number)))
}

#[inline(never)]
fn pop_simple_scope<const IS_LAST: bool>(
    stack: &RefCell<ManuallyDrop<Stack>>,
    hot: &Hot,
    number: u32,
) -> Option<Active> {
    if hot.is_stage_empty()
        && let Ok(mut stack) = stack.try_borrow_mut()
        && let Some(scope) = stack.scopes.only_one()
        && scope.number == number
        && scope.can_rest()
        && hot.go_at_once(0, 0, 0, None)
    {
        let active = scope.take();
        stack.scopes.pop_first();
        return Some(active);
    }
    if IS_LAST {
        pop_scope(stack, number, Recording::end_last_poll)
    } else {
        pop_scope(stack, number, Recording::end_poll)
    }
}

/// The same for good: what was recorded is to be handed over next.
#[inline]
pub(in crate::record) fn leave_for_good(number: u32) -> Option<Active> {
    if !RECORDS {
        return None;
    }
    thread::with(|hot| ENTERED.with(|stack| pop_simple_scope::<true>(stack, hot, number)))
}

// Once for each way to end a poll.
#[inline(never)]
fn pop_scope(
    stack: &RefCell<ManuallyDrop<Stack>>,
    number: u32,
    end_poll: impl FnOnce(&mut Recording),
) -> Option<Active> {
    let stack = &mut *stack.borrow_mut();
    let top = stack.scopes.top_mut();
    let Some(scope) = top.filter(|scope| scope.number == number) else {
        return leave_from_below(stack, number);
    };
    if let Some(recording) = scope.recording_of_stage() {
        end_poll(recording);
    }
    let active = vacate(scope);
    go_back(stack);
    Some(active)
}

/// Takes everything out of a place.
#[inline]
fn vacate(scope: &mut EnteredScope) -> Active {
    if scope.visiting.trace.is_some() {
        scope.visiting = Visiting::NONE;
    }
    scope.take()
}

/// Leaves a scope while the code of another one runs, and goes on.
#[cold]
fn leave_from_below(stack: &mut Stack, number: u32) -> Option<Active> {
    let at = stack.find_scope(number)?;
    let running = stack.scopes.top_mut();
    if let Some(running) = running.and_then(EnteredScope::recording_of_stage) {
        // What is staged is that scope's, and this one hands over.
        running.take_stage();
    }
    stack.scopes.raise(at);
    let mut active = vacate(stack.scopes.top_mut()?);
    stack.scopes.pop();
    if let Active::Recorded(recording) = &mut active {
        // Its stage was moved when the scope above was entered.
        recording.leave_suspended();
    }
    Some(active)
}

/// Makes a span the current one, in the scope in which it was opened and which runs.
pub(in crate::record) fn enter_span(span: u64) {
    thread::forget_newest();
    let outer = thread::set_span(span);
    let scope = thread::scope();
    ENTERED.with_borrow_mut(|stack| {
        if let Some(entered) = stack.spans.push() {
            *entered = EnteredSpan { span, outer, scope };
        }
    });
}

/// Says of the last visit of a span on this thread, if there is one, that what its code
/// says of the span from now on comes after all that was said up to now. In the span's own
/// scope it asks whether something was said elsewhere.
pub(in crate::record) fn go_on(span: u64, is_behind: impl FnOnce() -> bool) {
    ENTERED.with_borrow_mut(|stack| {
        let at = match stack.find_visit(span) {
            Some(Visit::Scope(at)) => Some(at),
            Some(Visit::Span(at)) => {
                let entered = stack.spans.get(at);
                entered.and_then(|entered| stack.find_scope(entered.scope))
            }
            None => None,
        };
        let depth = stack.scopes.depth();
        let scope = at.and_then(|at| Some((at + 1 == depth, stack.scopes.get_mut(at)?)));
        let Some((runs, scope)) = scope else { return };
        if let Some(recording) = scope.recording() {
            if runs {
                recording.take_stage();
            }
            recording.go_on_with(span, is_behind);
        }
    });
}

/// Whether the innermost scope was entered for the visit of a span, and records.
pub(in crate::record) fn is_visit_of(span: u64) -> bool {
    let is_it = |stack: &mut ManuallyDrop<Stack>| {
        let top = stack.scopes.top_mut();
        top.is_some_and(|top| top.visitor == span)
    };
    thread::scope() != 0 && ENTERED.with_borrow_mut(is_it)
}

/// Ends the last visit of a span on this thread, if there is one.
pub(in crate::record) fn leave_span(span: u64) -> Option<Left> {
    let mut forgotten = None;
    let left = ENTERED.with_borrow_mut(|stack| match stack.find_visit(span)? {
        Visit::Scope(at) => {
            let is_running = at + 1 == stack.scopes.depth();
            let scope = stack.scopes.get_mut(at)?;
            let current = if is_running {
                thread::span()
            } else {
                scope.place.span
            };
            if current != span {
                forgotten = departed::note(scope);
            }
            Some((scope.number, scope.is_visit()))
        }
        Visit::Span(at) => {
            bring_back(stack, at);
            stack.spans.raise(at);
            stack.spans.pop();
            Some((0, false))
        }
    });
    drop(forgotten);
    let left = left?;
    let active = match left {
        (0, _) => return Some(Left::Span),
        (number, true) => leave_for_good(number),
        // The span's own, which goes on.
        (number, false) => leave(number),
    };
    active.map(|active| Left::Scope(left.0, active))
}

/// Makes the span current again that was so before a span that is left: where that is
/// current itself, or is brought back later.
fn bring_back(stack: &mut Stack, at: usize) {
    let Some(&mut EnteredSpan { span, outer, scope }) = stack.spans.get_mut(at) else {
        return;
    };
    for above in at + 1..stack.spans.depth() {
        if let Some(above) = stack.spans.get_mut(above)
            && (above.scope, above.outer) == (scope, span)
        {
            above.outer = outer;
            return;
        }
    }
    let Some(owner) = stack.find_scope(scope) else {
        return;
    };
    if owner + 1 == stack.scopes.depth() {
        if thread::span() == span {
            thread::set_span(outer);
        }
    } else if let Some(owner) = stack.scopes.get_mut(owner)
        && owner.place.span == span
    {
        owner.place.span = outer;
    }
}

/// Writes the end of a span in the scope that was entered for its visit, if that waits for
/// another one; returns whether it does.
pub(in crate::record) fn end_suspended_visit(end: &SpanEnd) -> bool {
    ENTERED.with_borrow_mut(|stack| {
        let Some(Visit::Scope(at)) = stack.find_visit(end.span) else {
            return false;
        };
        if at + 1 == stack.scopes.depth() {
            return false;
        }
        if let Some(scope) = stack.scopes.get_mut(at)
            && let Some(recording) = scope.recording()
        {
            recording.write_end(end);
        }
        true
    })
}

/// Ends a span whose scope is entered on this thread and waits for another one; returns
/// whether it is.
pub(in crate::record) fn close_suspended(
    number: u32,
    span: u64,
    outer: u64,
    outcome: Outcome,
) -> bool {
    ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number);
        let Some(scope) = at.and_then(|at| stack.scopes.get_mut(at)) else {
            return false;
        };
        if let Some(recording) = scope.recording() {
            recording.close(span, outcome);
            scope.place.span = outer;
        }
        true
    })
}

/// Makes a span the current one again in a scope that waits for another one; returns the
/// trace, also if the scope was left already.
pub(in crate::record) fn suspend_below(number: u32, outer: u64) -> Option<Arc<LocalTrace>> {
    let trace = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number)?;
        let scope = stack.scopes.get_mut(at)?;
        scope.place.span = outer;
        scope.trace().cloned()
    });
    trace.or_else(|| departed::trace_of(number))
}

/// Forgets what is entered on this thread, in the child of a `fork`: it is the parent's.
/// Async-signal-safe: nothing is dropped.
pub(in crate::record) fn forget() {
    let _is_free = ENTERED.try_with(|stack| {
        // It is free: no code that might fork runs while it is borrowed.
        if let Ok(mut stack) = stack.try_borrow_mut() {
            *stack = ManuallyDrop::new(Stack::new());
        }
    });
}

/// Drops what the stage holds if no scope is recorded: spans that the parent opened
/// are closed into it. Only in the child of a `fork`.
#[cold]
fn discard_unrecorded() {
    if with(|scope| scope.is_recorded()) != Some(true) {
        thread::discard_stage();
    }
}

/// Moves the thread's stage into the chunk of its scope.
#[cold]
pub(in crate::record) fn move_stage() {
    let moved = with_recording(Recording::make_room);
    if moved.is_none() {
        // Nobody is recorded: cannot happen, and the stage must have room.
        thread::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope, after making room for the entry of
/// `words` words that speaks of them, so that both get into the same chunk.
pub(in crate::record) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| recording.push_texts(words, texts));
}

/// Lets `read` see the scope of the running code, if that is in one.
#[inline]
pub(in crate::record) fn with<R>(read: impl FnOnce(&mut EnteredScope) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| stack.scopes.top_mut().map(read))
}

/// Lets `read` see the recording of this thread's scope, if there is one.
fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| {
        let running = stack.scopes.top_mut();
        running?.recording().map(read)
    })
}

/// Lets `read` see the tracer of this thread's scope, if there is one.
pub(crate) fn with_tracer<R>(read: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    with(|scope| scope.tracer().map(read)).flatten()
}

/// The tracer of this thread's scope, if there is one.
#[inline]
pub(crate) fn current_tracer() -> Option<Arc<TracerCore>> {
    let is_outside = ENTERED.with(|stack| {
        let stack = stack.try_borrow();
        stack.is_ok_and(|stack| stack.scopes.depth() == 0)
    });
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
    thread::drop_trace();
    with(|scope| {
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

/// The same for a span that may [give the trace back](thread::give_back).
#[inline(never)]
pub(in crate::record) fn lend_trace() -> Option<(Arc<LocalTrace>, Baggage)> {
    let (trace, baggage) = current_trace_and_baggage()?;
    if baggage.is_empty() {
        thread::lend_trace();
    }
    Some((trace, baggage))
}

/// The trace on this thread, if it is one that is not recorded.
#[cold]
pub(in crate::record) fn current_unsampled() -> Option<Box<Unsampled>> {
    with(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(unsampled.beside()),
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
    with(|scope| {
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
    let span = thread::span();
    let unsampled = with(|scope| match scope.active() {
        Active::Unsampled(unsampled) => Some(unsampled.context()),
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

/// Counts the spans of the thread's stage, so that the counters know them.
pub(crate) fn count_stage() {
    with_recording(Recording::take_stage);
}

/// Hands over what the scope of this thread has recorded so far.
pub(crate) fn hand_over() {
    with_recording(Recording::hand_over);
}

/// Hands over what all scopes that are entered on this thread have recorded so far: it ends
/// the process, and none of them goes on.
#[cold]
pub(crate) fn hand_over_all() {
    ENTERED.with(|stack| {
        // It is borrowed if the process is ended by the handler of a signal.
        let Ok(mut stack) = stack.try_borrow_mut() else {
            return;
        };
        // The innermost first, as the stage is that scope's.
        for at in (0..stack.scopes.depth()).rev() {
            let scope = stack.scopes.get_mut(at);
            let is_own = |scope: &&mut EnteredScope| {
                let tracer = scope.tracer();
                tracer.is_some_and(|tracer| !tracer.is_foreign())
            };
            let own = scope.filter(is_own);
            own.and_then(EnteredScope::recording_of_stage)
                .map(Recording::hand_over);
        }
    });
}

/// What is open of the traces of a tracer that surround this thread's code.
#[cfg(feature = "testing")]
pub(in crate::record) fn around(
    tracer: &Arc<TracerCore>,
) -> Vec<crate::record::trace::watch::Beside> {
    ENTERED.with_borrow_mut(|stack| {
        let depth = stack.scopes.depth();
        let mut found = Vec::new();
        for at in 0..depth {
            let Some(scope) = stack.scopes.get_mut(at) else {
                continue;
            };
            let is_innermost = at + 1 == depth;
            let span = if is_innermost {
                thread::span()
            } else {
                scope.place.span
            };
            if let Active::Recorded(recording) = scope.active()
                && Arc::ptr_eq(recording.tracer(), tracer)
            {
                if is_innermost {
                    recording.take_stage();
                }
                found.push(recording.beside(span));
            }
        }
        found
    })
}

/// Hands over what the scope of this thread has recorded, if all its spans have
/// ended: so nobody sees children whose parent is still to come.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}
