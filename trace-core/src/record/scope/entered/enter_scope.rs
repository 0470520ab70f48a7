//! How a scope is made the innermost one.
//!
//! The usual case is one scope on an empty stack, and is code that calls nothing. In
//! general the scope below is told that it waits: its stage is moved, and its position
//! noted.

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
    // The function that is given is small, here and below, so that `LocalKey::with` is
    // inlined.
    thread::with_block(|block| ENTERED.with(|stack| push_scope(stack, block, visitor, active)))
}

/// Enters a scope on an empty stack. It calls nothing but, at its end, the general
/// function: so it saves no registers. `try_borrow_mut` and not `borrow_mut`, as a panic
/// would be one more way out.
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
            // Not recorded: the number is only to find the scope again.
            _ if block.go_at_once(0, 0, 0, None) => block.next_scope(),
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

/// Enters a scope in general: above others, of a home that rests, or where the thread has
/// to draw numbers.
#[inline(never)]
fn push_any_scope(stack: &RefCell<ManuallyDrop<Stack>>, visitor: u64, active: Active) -> u32 {
    let stack = &mut *stack.borrow_mut();
    if let Some(outer) = stack.scopes.top_mut() {
        suspend_scope(outer);
    }
    let number = if let Active::Recorded(recording) = &active {
        // Before its code runs, and could say something of a span that moved.
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

/// Prepares a scope for waiting until the one that is entered above it ends.
fn suspend_scope(outer: &mut EnteredScope) {
    // The stage is moved first, so that everything goes where it was recorded.
    if let Some(recording) = outer.recording_of_stage() {
        recording.end_poll_suspended();
    }
    outer.position = thread::position();
}

/// Makes a scope the innermost one that is for a visit of a span away from its own scope,
/// until `leave_span`, and records nothing yet. What its code says of the span comes in
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
        &mut outer.position
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

/// Drops what the stage holds if no scope is recorded: spans that the parent opened
/// are closed into it. Only in the child of a `fork`.
#[cold]
fn discard_unrecorded() {
    if with_running_scope(|scope| scope.is_recorded()) != Some(true) {
        thread::discard_stage();
    }
}
