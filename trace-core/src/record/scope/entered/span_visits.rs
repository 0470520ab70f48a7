//! Spans that are entered: in the scope in which they were opened, or in a scope for their
//! visit.
//!
//! This file owns the order in which spans become current again. Of one span there may be
//! several visits on a thread; the last is left first. Who may enter a span, and who writes
//! its end, is decided in `span/`.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::leave_scope::{leave_scope, leave_scope_for_good};
use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::{EnteredSpan, Stack, Visit};
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::LocalTrace;

/// What is left of a visit. The caller settles it when the stack is no longer borrowed.
#[derive(Debug)]
pub(in crate::record) enum LeftVisit {
    /// The span was the current one in its own scope. Nothing is left to do.
    InOwnScope,
    /// A scope was entered for it: its number and its state, which the caller puts back or
    /// ends.
    InScope(u32, Active),
}

/// Makes a span the current one in the scope in which it was opened, and which runs.
pub(in crate::record) fn enter_span(span: u64) {
    // What follows is said of this span. Without this it could be written without an id, and
    // would be read as said of the newest one.
    thread::forget_newest();
    let outer = thread::set_span(span);
    let scope = thread::scope();
    ENTERED.with_borrow_mut(|stack| {
        if let Some(entered) = stack.spans.push() {
            *entered = EnteredSpan { span, outer, scope };
        }
    });
}

/// Ends the last visit of a span on this thread, if there is one.
///
/// The stack is borrowed twice: first to find the visit, then to leave its scope. Nothing of
/// the application runs in between, except the destructor of a sampler. What that enters it
/// also leaves, so the scope is still found by its number.
pub(in crate::record) fn leave_span(span: u64) -> Option<LeftVisit> {
    let mut forgotten = None;
    let left = ENTERED.with_borrow_mut(|stack| match stack.find_visit(span)? {
        Visit::Scope(at) => {
            let is_running = at + 1 == stack.scopes.depth();
            let scope = stack.scopes.get_mut(at)?;
            let current = if is_running {
                thread::span()
            } else {
                scope.position.span
            };
            if current != span {
                // Another span is current: it was opened in this scope, and will end
                // later. Its end needs the trace.
                forgotten = left_scopes::note_left_scope(scope);
            }
            Some((scope.number, scope.is_visit()))
        }
        Visit::Span(at) => {
            // Before it is removed: a span above it may have to make another span current
            // later, in its place.
            restore_outer(stack, at);
            stack.spans.raise(at);
            stack.spans.pop();
            // Zero is the number of no scope: there is none to leave.
            Some((0, false))
        }
    });
    // The last reference to a tracer may go here, and its sampler with it, which is the
    // application's. So it is dropped when the stack is not borrowed.
    drop(forgotten);
    let left = left?;
    let active = match left {
        (0, _) => return Some(LeftVisit::InOwnScope),
        // A scope that lasts for this visit alone: its caller ends it.
        (number, true) => leave_scope_for_good(number),
        // The span's own scope, which continues.
        (number, false) => leave_scope(number),
    };
    active.map(|active| LeftVisit::InScope(left.0, active))
}

/// Undoes the entry of a span: makes the span current again that was current before it.
///
/// That is noted in one of three places: in a span that was entered above, which makes it
/// current later; in the block, if the span's scope runs; or in the position of that scope,
/// if it waits. If the scope was left, there is nothing to do.
fn restore_outer(stack: &mut Stack, at: usize) {
    let Some(&mut EnteredSpan { span, outer, scope }) = stack.spans.get_mut(at) else {
        return;
    };
    // A span that was entered directly above this one, in the same scope, would make this
    // one current again, which has been left by then.
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
        // Only if it is current: its code may have left another span open within it, which
        // stays current until it ends.
        if thread::span() == span {
            thread::set_span(outer);
        }
    } else if let Some(owner) = stack.scopes.get_mut(owner)
        && owner.position.span == span
    {
        owner.position.span = outer;
    }
}

/// Puts what is said of a span from now on, in its last visit on this thread, after all that
/// was said up to now. Does nothing if there is no visit.
///
/// `is_behind` says whether something was said elsewhere. It is asked only in the span's own
/// scope, while the stack is borrowed; a visit knows its order itself.
pub(in crate::record) fn order_after_others(span: u64, is_behind: impl FnOnce() -> bool) {
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
            // The order is written into the chunk, so what is staged has to get there
            // before. The stage belongs to the scope that runs, and to no other.
            if runs {
                recording.take_stage();
            }
            recording.order_after_others(span, is_behind);
        }
    });
}

/// Whether the innermost scope was entered for the visit of this span, and the thread
/// records.
pub(in crate::record) fn is_visit_of(span: u64) -> bool {
    let is_it = |stack: &mut ManuallyDrop<Stack>| {
        let top = stack.scopes.top_mut();
        top.is_some_and(|top| top.visitor == span)
    };
    thread::scope() != 0 && ENTERED.with_borrow_mut(is_it)
}

/// The trace of the last visit of a span on this thread away from its scope: one more
/// reference, so that the visit may be left without dropping the last one.
#[cold]
pub(in crate::record) fn trace_of_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with_borrow_mut(|stack| {
        let at = stack.scopes.rfind(|scope| scope.visitor == span)?;
        stack.scopes.get_mut(at)?.trace().cloned()
    })
}

/// Says for which span's visit the innermost scope was entered.
pub(in crate::record) fn set_visitor(span: u64) {
    ENTERED.with_borrow_mut(|stack| {
        if let Some(scope) = stack.scopes.top_mut() {
            scope.visitor = span;
        }
    });
}
