//! Leaves a scope, whether or not it is the innermost one.
//!
//! A scope that is left out of order is removed from the middle of the stack, and the running
//! scope keeps running. So leaving never makes a scope current that was left or has ended.
//!
//! Each function returns the scope's state to its caller. The caller puts the state back or
//! ends it after the borrow of the stack.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::entered_scope::EnteredScope;
use super::on_thread::ENTERED;
use super::stack::Stack;
use crate::record::if_recording::RECORDING_BUILT;
use crate::record::scope::active::Active;
use crate::record::scope::recording::{Recording, Visiting};
use crate::record::thread::{self, Block, Position};
use crate::record::trace::LocalTrace;

/// Leaves a scope until its next poll. Returns what surrounded its code, or `None` if the
/// scope is not entered on this thread.
///
/// If it is not the innermost scope, the innermost scope keeps running.
#[inline]
pub(in crate::record) fn leave_scope(number: u32) -> Option<Active> {
    if !RECORDING_BUILT {
        return None;
    }
    thread::with_block(|block| {
        ENTERED.with(|stack| pop_simple_scope::<false>(stack, block, number))
    })
}

/// Leaves a scope for the last time. Next, the caller ends the scope, which hands over its
/// entries.
#[inline]
pub(in crate::record) fn leave_scope_for_good(number: u32) -> Option<Active> {
    if !RECORDING_BUILT {
        return None;
    }
    thread::with_block(|block| ENTERED.with(|stack| pop_simple_scope::<true>(stack, block, number)))
}

/// Leaves the only scope on the stack, if it has recorded nothing since it was entered and
/// there is nothing else to do. Otherwise calls the general function.
#[inline(never)]
fn pop_simple_scope<const IS_LAST: bool>(
    stack: &RefCell<ManuallyDrop<Stack>>,
    block: &Block,
    number: u32,
) -> Option<Active> {
    if block.is_stage_empty()
        && let Ok(mut stack) = stack.try_borrow_mut()
        && let Some(scope) = stack.scopes.only_one()
        && scope.number == number
        // All values read here are in the block, in the first place of the stack, or in the
        // scope's stream.
        && scope.can_rest()
        // This comes last, because it changes the block. After it, the scope is left.
        && block.go_at_once(0, 0, 0, None)
    {
        let active = scope.take_active();
        stack.scopes.pop_first();
        return Some(active);
    }
    // The borrow above has ended with the `if`: `pop_scope` borrows the stack again.
    if IS_LAST {
        pop_scope(stack, number, Recording::end_last_poll)
    } else {
        pop_scope(stack, number, Recording::end_poll)
    }
}

/// Leaves a scope after `end_poll` has done the work at the end of the poll. Compiled once for
/// each way to end a poll.
#[inline(never)]
fn pop_scope(
    stack: &RefCell<ManuallyDrop<Stack>>,
    number: u32,
    end_poll: impl FnOnce(&mut Recording),
) -> Option<Active> {
    let stack = &mut *stack.borrow_mut();
    let top = stack.scopes.top_mut();
    let Some(scope) = top.filter(|scope| scope.number == number) else {
        // The scope is not the innermost one, or is not entered on this thread.
        return leave_from_below(stack, number);
    };
    // This happens while the thread is still in the scope, so the stage belongs to it.
    if let Some(recording) = scope.recording_of_stage() {
        end_poll(recording);
    }
    let active = take_from_stack(scope);
    go_to_scope_below(stack);
    Some(active)
}

/// Leaves a scope while the code of another scope runs and continues to run.
#[cold]
fn leave_from_below(stack: &mut Stack, number: u32) -> Option<Active> {
    let at = stack.find_scope(number)?;
    let running = stack.scopes.top_mut();
    if let Some(running) = running.and_then(EnteredScope::recording_of_stage) {
        // The stage belongs to the running scope. The scope that is left may hand over below,
        // and would then move the stage into its own chunk.
        running.take_stage();
    }
    // The scope is moved to the top, where it can be removed. The others keep their order. The
    // block stays at the running scope.
    stack.scopes.raise(at);
    let mut active = take_from_stack(stack.scopes.top_mut()?);
    stack.scopes.pop();
    if let Active::Recorded(recording) = &mut active {
        // Its own stage was moved when a scope was entered above it.
        recording.leave_while_suspended();
    }
    Some(active)
}

/// Empties a place on the stack, so that it is vacant.
///
/// This drops the trace of a visit that recorded nothing, while the stack is borrowed. It is
/// not the last reference, because the caller that leaves a visit holds another one.
#[inline]
fn take_from_stack(scope: &mut EnteredScope) -> Active {
    if scope.visiting.trace.is_some() {
        scope.visiting = Visiting::NONE;
    }
    scope.take_active()
}

/// Leaves the innermost scope, if it was entered for a visit of this span and nothing was
/// recorded in it. Returns the reference to the trace, which the visit held.
#[inline]
pub(in crate::record) fn leave_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with(|stack| pop_visit(stack, span))
}

/// Takes the trace back from a visit that has recorded nothing, and leaves the scope.
#[inline(never)]
fn pop_visit(stack: &RefCell<ManuallyDrop<Stack>>, span: u64) -> Option<Arc<LocalTrace>> {
    let stack = &mut *stack.borrow_mut();
    // Something was recorded in the visit, or an entered span may belong to it. The caller has
    // to leave it with `leave_span`.
    if !thread::is_stage_empty() || stack.spans.depth() > 0 {
        return None;
    }
    let scope = stack.scopes.top_mut()?;
    if scope.visitor != span {
        return None;
    }
    // If the visit has a recording, the recording has the trace, and this returns `None`.
    let trace = scope.visiting.trace.take()?;
    drop(std::mem::take(&mut scope.visiting.baggage));
    go_to_scope_below(stack);
    Some(trace)
}

/// Removes the innermost scope, whose place is vacant, and returns the thread to the scope
/// below it.
#[inline]
fn go_to_scope_below(stack: &mut Stack) {
    stack.scopes.pop();
    match stack.scopes.top_mut() {
        Some(outer) => thread::go_to(&outer.position),
        None => thread::go_to(&Position::NOWHERE),
    }
}
