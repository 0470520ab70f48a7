//! How a scope is made the innermost one.
//!
//! The usual case is one scope on an empty stack. Its code calls nothing. In the general
//! case the scope below has to wait first: its stage is moved into its chunk, and its
//! position is noted. Otherwise what is staged would get into the chunk of the new scope.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::entered_scope::EnteredScope;
use super::on_thread::{ENTERED, with_running_scope};
use super::stack::Stack;
use crate::process::fork;
use crate::record::scope::active::Active;
use crate::record::thread::{self, Block, Position};
use crate::record::trace::LocalTrace;
use crate::value::Baggage;

/// Makes a scope the innermost one; returns its number. `visitor` is the span for whose
/// visit it is entered, or zero.
#[inline]
pub(in crate::record) fn enter_scope(visitor: u64, active: Active) -> u32 {
    if fork::has_happened() {
        discard_unrecorded();
    }
    // The closures are small, here and below, so that `LocalKey::with` is inlined. The
    // function that they call is not.
    thread::with_block(|block| ENTERED.with(|stack| push_scope(stack, block, visitor, active)))
}

/// Enters a scope on an empty stack. It calls nothing but the general function, at its end,
/// so it saves no registers. `try_borrow_mut` and not `borrow_mut`: a panic would be one
/// more exit.
#[inline(never)]
fn push_scope(
    stack: &RefCell<ManuallyDrop<Stack>>,
    block: &Block,
    visitor: u64,
    active: Active,
) -> u32 {
    if let Ok(mut stack) = stack.try_borrow_mut()
        && let Some(scope) = stack.scopes.first_vacant()
    {
        // The block goes to the new position before the place is filled. If it cannot (a
        // home rests, a trace was lent, or ids need a seed), nothing has changed, and the
        // general function does it. The stage is empty: there was no scope to write to it.
        let number = match &active {
            Active::Recorded(recording) => recording.simple_position().and_then(|position| {
                let is_there = block.go_at_once(
                    position.scope,
                    position.span,
                    position.foreign_base,
                    position.plain,
                );
                is_there.then_some(position.scope)
            }),
            // Not recorded: the number serves only to find the scope again. If the thread
            // has none left, the block is nowhere already, and the general function goes
            // there once more.
            _ if block.go_at_once(0, 0, 0, None) => block.next_scope(),
            _ => None,
        };
        if let Some(number) = number {
            scope.fill(visitor, number, active);
            stack.scopes.push_first();
            return number;
        }
    }
    // The borrow above has ended with the `if`: this function borrows the stack again.
    push_any_scope(stack, visitor, active)
}

/// Enters a scope in the general case: above others, the scope of a home that rests, or
/// where the thread has to draw numbers.
#[inline(never)]
fn push_any_scope(stack: &RefCell<ManuallyDrop<Stack>>, visitor: u64, active: Active) -> u32 {
    let stack = &mut *stack.borrow_mut();
    if let Some(outer) = stack.scopes.top_mut() {
        suspend_scope(outer);
    }
    let number = if let Active::Recorded(recording) = &active {
        // Before its code runs, which may say something of a span that has moved: ends
        // of such spans are left with the home from here on.
        recording.begin_poll();
        thread::go_to(&recording.position());
        recording.number()
    } else {
        thread::go_to(&Position::NOWHERE);
        thread::new_scope()
    };
    if let Some(scope) = stack.scopes.push() {
        scope.fill(visitor, number, active);
    }
    number
}

/// Makes a scope wait until the scope that is entered above it is left.
fn suspend_scope(outer: &mut EnteredScope) {
    // The stage is moved while the thread is still at this scope, so that every entry gets
    // into the chunk of the scope that recorded it.
    if let Some(recording) = outer.recording_of_stage() {
        recording.end_poll_suspended();
    }
    outer.position = thread::position();
}

/// Makes a scope the innermost one for a visit of a span away from its own scope, until
/// `leave_span`. The scope records nothing yet. What its code says of the span is read in
/// the given order.
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

/// Enters the scope of a visit. Not inlined, so that the values are in registers, and
/// written once.
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
        // The stage is moved first, as in `suspend_scope`. A visit is short, so nobody asks
        // here whether the outer scope has kept something for long.
        if let Some(recording) = outer.recording_of_stage() {
            recording.take_stage();
        }
        &mut outer.position
    });
    let number = thread::begin_visit(outer, span, trace.tracer.plain());
    if let Some(scope) = stack.scopes.push() {
        scope.visitor = span;
        scope.number = number;
        scope.visiting.order = order;
        // Not dropped: a vacant place holds neither. Nor is code compiled to drop them.
        std::mem::forget(scope.visiting.trace.replace(trace));
        std::mem::forget(std::mem::replace(&mut scope.visiting.baggage, baggage));
    }
}

/// Empties the stage if no scope is recorded. Only in the child of a `fork`: ends of
/// spans that the parent process opened may be there, and must not get into the chunk of a
/// scope of the child.
#[cold]
fn discard_unrecorded() {
    if with_running_scope(|scope| scope.is_recorded()) != Some(true) {
        thread::discard_stage();
    }
}
