//! Enters a scope, which becomes the innermost one.
//!
//! In the usual case the stack is empty, and the code calls no other function. In the general
//! case the scope below is suspended first: its stage is moved into its chunk, and its
//! position is saved. Otherwise its staged entries would get into the chunk of the new scope.

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

/// Makes a scope the innermost one, and returns its number. `visitor` is the visited span if
/// it is entered for a visit, and otherwise zero.
#[inline]
pub(in crate::record) fn enter_scope(visitor: u64, active: Active) -> u32 {
    if fork::has_happened() {
        discard_unrecorded();
    }
    // The closures are small, here and below, so that `LocalKey::with` is inlined. The
    // functions that they call are not inlined.
    thread::with_block(|block| ENTERED.with(|stack| push_scope(stack, block, visitor, active)))
}

/// Enters a scope on an empty stack. Its only call is a tail call to the general function, so
/// it saves no registers. It uses `try_borrow_mut`, because a panic in `borrow_mut` would be
/// one more exit.
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
        // The block goes to the new position before the place is filled. If that fails (a home
        // rests, a trace was lent, or ids need a seed), nothing has changed, and the general
        // function does the work. The stage is empty, because no scope was entered.
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
            // Not recorded: the number is needed only to find the scope again. If the thread
            // has no number left, the block is already nowhere, and the general function sets
            // the position again.
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

/// Enters a scope in the general case: above other scopes, with a home that rests, or if the
/// thread has to draw numbers.
#[inline(never)]
fn push_any_scope(stack: &RefCell<ManuallyDrop<Stack>>, visitor: u64, active: Active) -> u32 {
    let stack = &mut *stack.borrow_mut();
    if let Some(outer) = stack.scopes.top_mut() {
        suspend_scope(outer);
    }
    let number = if let Active::Recorded(recording) = &active {
        // This must happen before the scope's code runs, because the code may write to a span
        // that has moved. From here on, ends of such spans are left with the home.
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

/// Suspends a scope until the scope that is entered above it is left.
fn suspend_scope(outer: &mut EnteredScope) {
    // The stage is moved while the thread is still in this scope, so that every entry gets
    // into the chunk of its own scope.
    if let Some(recording) = outer.recording_of_stage() {
        recording.end_poll_suspended();
    }
    outer.position = thread::position();
}

/// Enters a scope for a visit of a span outside its own scope, until `leave_span`. The scope
/// has not recorded anything yet. The reader sorts the entries of the visit by `order`.
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

/// Enters the scope of a visit. It is not inlined, so that the values are passed in registers
/// and written once.
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
        // The stage is moved first, as in `suspend_scope`. A visit is short, so there is no
        // check here whether the outer scope has kept entries for too long.
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
        // The old values are forgotten, because a vacant place has neither. So no code is
        // generated to drop them.
        std::mem::forget(scope.visiting.trace.replace(trace));
        std::mem::forget(std::mem::replace(&mut scope.visiting.baggage, baggage));
    }
}

/// Empties the stage if no scope is recorded. This happens only in the child of a `fork`. The
/// stage may then contain ends of spans of the parent process, which must not get into the
/// chunk of a scope of the child.
#[cold]
fn discard_unrecorded() {
    if with_running_scope(|scope| scope.is_recorded()) != Some(true) {
        thread::discard_stage();
    }
}
