//! The thread's stack of what is entered, and what surrounds the running code.
//!
//! The part of the thread's state that is not touched for every span. It is borrowed
//! only for moments in which no code but this crate's runs.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::active::Active;
use super::hot::{self, Place};
use super::local_trace::LocalTrace;
use super::recording::Recording;
use super::stack::{EnteredScope, EnteredSpan, Frame, Stack};
use super::tracer_core::TracerCore;
use super::unsampled::Unsampled;
use crate::baggage::Baggage;
use crate::context::TraceContext;
use crate::fork;
use crate::id::TraceId;
use crate::span_record::Outcome;
use crate::stats::Counters;
use crate::stream::Chunk;

thread_local! {
    /// Without a destructor, so that code which runs at the very end of a thread,
    /// in destructors of other thread-locals, is recorded like any other. Nothing
    /// is leaked: whatever is entered is left, and outside it is empty.
    static ENTERED: RefCell<ManuallyDrop<Stack>> =
        const { RefCell::new(ManuallyDrop::new(Stack::new())) };
}

/// What a visit of a span was.
#[derive(Debug)]
pub(super) enum Left {
    /// It was the current one in its own scope.
    Span,
    /// A scope was entered for it.
    Scope(u32, Active),
}

/// Makes a scope the innermost one. `visitor` is the span for whose visit it is entered,
/// or zero.
#[inline]
pub(super) fn enter(number: u32, visitor: u64, mut active: Active, place: Place) {
    if fork::has_happened() {
        discard_unrecorded();
    }
    ENTERED.with_borrow_mut(|stack| {
        if let Active::Recorded(recording) = &mut active {
            recording.begin_poll();
        }
        // The stage is moved first, so that everything goes where it was recorded.
        let outer = stack.running();
        if let Some(EnteredScope {
            active,
            place: kept,
            ..
        }) = outer
        {
            if let Active::Recorded(recording) = active {
                recording.suspend();
            }
            *kept = hot::go_to(place);
        } else {
            hot::go_to(place);
        }
        stack.push(Frame::Scope(EnteredScope {
            number,
            visitor,
            active,
            place,
        }));
    });
}

/// Says for the visit of which span the innermost scope was entered.
pub(super) fn set_visitor(span: u64) {
    ENTERED.with_borrow_mut(|stack| {
        if let Some(scope) = stack.running() {
            scope.visitor = span;
        }
    });
}

/// Leaves a scope, for good or until its next poll; returns what surrounded its code, if
/// the scope is entered on this thread.
///
/// Where it is not the innermost one, that stays what it is.
#[inline]
pub(super) fn leave(number: u32, is_last: bool) -> Option<Active> {
    ENTERED.with_borrow_mut(|stack| {
        let top = stack.depth().wrapping_sub(1);
        match stack.get_mut(top) {
            Some(Frame::Scope(scope)) if scope.number == number => leave_top(stack, is_last),
            _ => leave_from_below(stack, number, is_last),
        }
    })
}

#[inline]
fn leave_top(stack: &mut Stack, is_last: bool) -> Option<Active> {
    let Frame::Scope(mut scope) = stack.pop() else {
        return None;
    };
    end_poll(&mut scope.active, is_last);
    let outer = stack.running().map(|outer| outer.place);
    hot::go_to(outer.unwrap_or_default());
    Some(scope.active)
}

#[inline]
fn end_poll(active: &mut Active, is_last: bool) {
    match active {
        Active::Recorded(recording) if is_last => recording.end_last_poll(),
        Active::Recorded(recording) => recording.end_poll(),
        _ => {}
    }
}

/// Leaves a scope in which spans are still entered, or another scope.
#[cold]
fn leave_from_below(stack: &mut Stack, number: u32, is_last: bool) -> Option<Active> {
    let at = stack.find_scope(number)?;
    let is_running = stack.running_at() == Some(at);
    stack.for_each_span_above(at + 1, |span| span.is_void = true);
    let Frame::Scope(mut scope) = stack.remove(at) else {
        return None;
    };
    if is_running {
        end_poll(&mut scope.active, is_last);
        let outer = stack.running().map(|outer| outer.place);
        hot::go_to(outer.unwrap_or_default());
    } else if let Active::Recorded(recording) = &mut scope.active {
        // Its stage was moved when the scope above was entered.
        recording.leave_suspended();
    }
    Some(scope.active)
}

/// Makes a span the current one, in the scope in which it was opened.
pub(super) fn enter_span(span: u64) {
    let outer = hot::set_span(span);
    let frame = Frame::Span(EnteredSpan {
        span,
        outer,
        is_void: false,
    });
    ENTERED.with_borrow_mut(|stack| stack.push(frame));
}

/// Ends the last visit of a span on this thread, if there is one.
pub(super) fn leave_span(span: u64) -> Option<Left> {
    let number = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_span(span)?;
        if let Some(scope) = stack.scope_mut(at) {
            return Some(scope.number);
        }
        let Frame::Span(left) = stack.remove(at) else {
            return None;
        };
        if !left.is_void {
            bring_back(stack, at, &left);
        }
        Some(0)
    })?;
    match number {
        0 => Some(Left::Span),
        number => leave(number, true).map(|active| Left::Scope(number, active)),
    }
}

/// Makes the span current again that was so before a span that was left: where that is
/// current itself, or brings it back later.
fn bring_back(stack: &mut Stack, at: usize, left: &EnteredSpan) {
    let mut is_above = false;
    stack.for_each_span_above(at, |above| {
        if above.outer == left.span && !is_above {
            above.outer = left.outer;
            is_above = true;
        }
    });
    if is_above {
        return;
    }
    let owner = stack.scope_below(at);
    if owner == stack.running_at() {
        if hot::span() == left.span {
            hot::set_span(left.outer);
        }
    } else if let Some(owner) = owner.and_then(|owner| stack.scope_mut(owner))
        && owner.place.span == left.span
    {
        owner.place.span = left.outer;
    }
}

/// Ends a span whose scope is entered on this thread and waits for another one.
///
/// Where it is not, nothing can be done: a coroutine has moved to another thread, or
/// another process.
#[cold]
pub(super) fn close_suspended(number: u32, span: u64, outer: u64, outcome: Outcome) {
    ENTERED.with_borrow_mut(|stack| {
        let Some(at) = stack.find_scope(number) else {
            return;
        };
        if let Some(EnteredScope { active, place, .. }) = stack.scope_mut(at)
            && let Active::Recorded(recording) = active
        {
            recording.close(span, outcome);
            if place.span == span {
                place.span = outer;
            }
        }
    });
}

/// Forgets what is entered on this thread, in the child of a `fork`: it is the parent's.
/// Async-signal-safe: nothing is dropped.
pub(super) fn forget() {
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
    if with_recording(|_| ()).is_none() {
        hot::discard_stage();
    }
}

/// Moves the thread's stage into the chunk of its scope.
#[cold]
pub(super) fn move_stage() {
    let moved = with_recording(Recording::make_room);
    if moved.is_none() {
        // Nobody is recorded: cannot happen, and the stage must have room.
        hot::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope, after making room for the entry of
/// `words` words that speaks of them, so that both get into the same chunk.
pub(super) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| recording.push_texts(words, texts));
}

/// Lets `read` see what surrounds the running code, if that is in a scope.
pub(super) fn with<R>(read: impl FnOnce(&mut Active) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| stack.running().map(|scope| read(&mut scope.active)))
}

/// Lets `read` see the recording of this thread's scope, if there is one.
fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    with(|active| active.recording().map(read)).flatten()
}

/// Lets `read` see the tracer of this thread's scope, if there is one.
pub(crate) fn with_tracer<R>(read: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    with(|active| active.tracer().map(read)).flatten()
}

/// Lets `change` see the baggage of this thread's scope, if a trace runs in it.
pub(crate) fn with_baggage<R>(change: impl FnOnce(&mut Baggage) -> R) -> Option<R> {
    with(|active| match active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(change(&mut unsampled.context.baggage)),
        Active::Recorded(recording) => Some(change(recording.baggage())),
    })
    .flatten()
}

/// The trace that is recorded on this thread.
pub(super) fn current_trace() -> Option<Arc<LocalTrace>> {
    with_recording(|recording| Arc::clone(recording.trace()))
}

/// The trace that is recorded on this thread, and its baggage as it is now.
pub(super) fn current_trace_and_baggage() -> Option<(Arc<LocalTrace>, Baggage)> {
    with_recording(|recording| (Arc::clone(recording.trace()), recording.baggage().clone()))
}

/// The trace on this thread, if it is one that is not recorded.
#[cold]
pub(super) fn current_unsampled() -> Option<Box<Unsampled>> {
    with(|active| match active {
        Active::Unsampled(unsampled) => Some(unsampled.clone()),
        _ => None,
    })
    .flatten()
}

/// Whether a trace runs on this thread that is not recorded.
#[cold]
pub(super) fn is_unsampled() -> bool {
    with(|active| matches!(active, Active::Unsampled(_))).unwrap_or(false)
}

/// The id of the trace that runs on this thread, recorded or not.
pub(super) fn trace_id() -> Option<TraceId> {
    with(|active| match active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(unsampled.context.trace_id),
        Active::Recorded(recording) => Some(recording.trace().head.trace_id),
    })
    .flatten()
}

/// The context of the running code; `None` where no trace runs.
pub(super) fn context() -> Option<TraceContext> {
    let span = hot::span();
    with(|active| match active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(unsampled.context.clone()),
        Active::Recorded(recording) => Some(recording.context(span)),
    })
    .flatten()
}

/// An id of the tracer's generator, and a reading of its clock.
#[cold]
pub(super) fn number_and_time() -> (u64, u64) {
    with_tracer(|tracer| (tracer.ids.number().get(), tracer.clock.raw())).unwrap_or((u64::MAX, 0))
}

/// A reading of the tracer's clock.
#[cold]
pub(super) fn now() -> u64 {
    with_tracer(|tracer| tracer.clock.raw()).unwrap_or(0)
}

/// Counts something that was said of no span.
#[cold]
pub(super) fn count_unattached() {
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

/// Hands over what the scope of this thread has recorded, if all its spans have
/// ended: so nobody sees children whose parent is still to come.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}
