//! How a scope is left, the innermost one or another.
//!
//! What is left out of order is taken out of the middle of the stack, and the running
//! scope stays what it is. So leaving never makes a scope current that has been left.

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

/// Leaves a scope until its next poll; returns what surrounded its code, if the scope is
/// entered on this thread.
///
/// Where it is not the innermost one, that stays what it is.
#[inline]
pub(in crate::record) fn leave_scope(number: u32) -> Option<Active> {
    if !RECORDING_BUILT {
        return None;
    }
    thread::with_block(|block| {
        ENTERED.with(|stack| pop_simple_scope::<false>(stack, block, number))
    })
}

/// The same for good: what was recorded is to be handed over next.
#[inline]
pub(in crate::record) fn leave_scope_for_good(number: u32) -> Option<Active> {
    if !RECORDING_BUILT {
        return None;
    }
    thread::with_block(|block| ENTERED.with(|stack| pop_simple_scope::<true>(stack, block, number)))
}

/// Leaves the only scope on the stack, if it has recorded nothing since it was entered
/// and nothing else is to be done.
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
        // All that is asked here is in the block, in the first place of the stack, and in
        // the scope's stream.
        && scope.can_rest()
        && block.go_at_once(0, 0, 0, None)
    {
        let active = scope.take_active();
        stack.scopes.pop_first();
        return Some(active);
    }
    if IS_LAST {
        pop_scope(stack, number, Recording::end_last_poll)
    } else {
        pop_scope(stack, number, Recording::end_poll)
    }
}

/// Leaves a scope after `end_poll` has done what is due at the end of the poll. Compiled
/// once for each way to end one.
#[inline(never)]
fn pop_scope(
    stack: &RefCell<ManuallyDrop<Stack>>,
    number: u32,
    end_poll: impl FnOnce(&mut Recording),
) -> Option<Active> {
    let stack = &mut *stack.borrow_mut();
    let top = stack.scopes.top_mut();
    let Some(scope) = top.filter(|scope| scope.number == number) else {
        // Not the innermost one, or not entered here at all.
        return leave_from_below(stack, number);
    };
    if let Some(recording) = scope.recording_of_stage() {
        end_poll(recording);
    }
    let active = take_from_stack(scope);
    go_to_scope_below(stack);
    Some(active)
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
    // To the top, from where it can be removed; the others keep their order.
    stack.scopes.raise(at);
    let mut active = take_from_stack(stack.scopes.top_mut()?);
    stack.scopes.pop();
    if let Active::Recorded(recording) = &mut active {
        // Its stage was moved when the scope above was entered.
        recording.leave_while_suspended();
    }
    Some(active)
}

/// Takes everything out of a place on the stack, so that it is vacant.
#[inline]
fn take_from_stack(scope: &mut EnteredScope) -> Active {
    if scope.visiting.trace.is_some() {
        scope.visiting = Visiting::NONE;
    }
    scope.take_active()
}

/// Leaves the scope that was entered last for a visit of a span, if nothing was recorded
/// in it, and no other one is above; returns the trace.
#[inline]
pub(in crate::record) fn leave_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with(|stack| pop_visit(stack, span))
}

/// Takes the trace of a visit back that has recorded nothing, and leaves it.
#[inline(never)]
fn pop_visit(stack: &RefCell<ManuallyDrop<Stack>>, span: u64) -> Option<Arc<LocalTrace>> {
    let stack = &mut *stack.borrow_mut();
    // Something was said in the visit, or an entered span may belong to it: the general
    // way.
    if !thread::is_stage_empty() || stack.spans.depth() > 0 {
        return None;
    }
    let scope = stack.scopes.top_mut()?;
    if scope.visitor != span {
        return None;
    }
    let trace = scope.visiting.trace.take()?;
    drop(std::mem::take(&mut scope.visiting.baggage));
    go_to_scope_below(stack);
    Some(trace)
}

/// Removes the innermost scope, of which everything was taken, and goes back to the one
/// below it.
#[inline]
fn go_to_scope_below(stack: &mut Stack) {
    stack.scopes.pop();
    match stack.scopes.top_mut() {
        Some(outer) => thread::go_to(&outer.position),
        None => thread::go_to(&Position::NOWHERE),
    }
}
