//! Spans that are entered: in the scope in which they were opened, or in a scope for their
//! visit.
//!
//! This file decides the order in which spans become current again. A span may have several
//! visits on one thread, and the last one is left first. `span/` decides who may enter a span
//! and who writes its end.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::leave_scope::{leave_scope, leave_scope_for_good};
use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::{EnteredSpan, Stack, Visit};
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::LocalTrace;

/// A visit that was left. The caller finishes it after the borrow of the stack.
#[derive(Debug)]
pub(in crate::record) enum LeftVisit {
    /// The span was the current one in its own scope. There is nothing more to do.
    InOwnScope,
    /// A scope was entered for the visit. It has this number and this state, which the caller
    /// puts back or ends.
    InScope(u32, Active),
}

/// Makes a span the current one in the running scope, in which it was opened.
pub(in crate::record) fn enter_span(span: u64) {
    // The next entries belong to this span. Otherwise they could be written without an id, and
    // would be read as entries of the newest span.
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
#[inline]
pub(in crate::record) fn leave_span(span: u64) -> Option<LeftVisit> {
    match leave_innermost(span) {
        true => Some(LeftVisit::InOwnScope),
        false => leave_span_anywhere(span),
    }
}

/// Leaves a span that was entered last, in the running scope, if it is the current one. This is
/// the usual case.
#[inline]
fn leave_innermost(span: u64) -> bool {
    if thread::span() != span {
        return false;
    }
    let scope = thread::scope();
    ENTERED.with_borrow_mut(|stack| {
        let top = stack.spans.top_mut();
        // Whatever else was entered for this span was entered earlier: a scope that was entered
        // later would run, and the span would have been entered in it.
        let is_innermost = top.is_some_and(|top| {
            let is_it = (top.span, top.scope) == (span, scope);
            if is_it {
                thread::set_span(top.outer);
            }
            is_it
        });
        if is_innermost {
            stack.spans.pop();
        }
        is_innermost
    })
}

/// Ends the last visit of a span, wherever it is.
///
/// The stack is borrowed twice: first to find the visit, then to leave its scope. In between,
/// the only code of the application that may run is the destructor of a sampler. It leaves
/// every scope that it enters, so the scope can still be found by its number.
#[inline(never)]
fn leave_span_anywhere(span: u64) -> Option<LeftVisit> {
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
                // Another span is current. It was opened in this scope and will end later. Its
                // end needs the trace.
                forgotten = left_scopes::note_left_scope(scope);
            }
            Some((scope.number, scope.is_visit()))
        }
        Visit::Span(at) => {
            // This happens before the span is removed, because a span above it may later have
            // to make another span current instead.
            restore_outer(stack, at);
            stack.spans.raise(at);
            stack.spans.pop();
            // Zero means that there is no scope to leave.
            Some((0, false))
        }
    });
    // This may drop the last reference to a tracer, and with it the application's sampler. So
    // it happens when the stack is not borrowed.
    drop(forgotten);
    let left = left?;
    let active = match left {
        (0, _) => return Some(LeftVisit::InOwnScope),
        // The scope exists only for this visit. The caller ends it.
        (number, true) => leave_scope_for_good(number),
        // The span's own scope, which continues.
        (number, false) => leave_scope(number),
    };
    active.map(|active| LeftVisit::InScope(left.0, active))
}

/// Remembers a scope that is about to be left, if another span than `base` is current in it. That
/// span was opened in the scope, and will end later.
pub(in crate::record) fn note_open_within(number: u32, base: u64) {
    let forgotten = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number)?;
        let is_running = at + 1 == stack.scopes.depth();
        let scope = stack.scopes.get_mut(at)?;
        let current = if is_running {
            thread::span()
        } else {
            scope.position.span
        };
        (current != base).then(|| left_scopes::note_left_scope(scope))?
    });
    // Dropped when the stack is not borrowed: see `leave_span`.
    drop(forgotten);
}

/// Restores the span that was current before a span was entered.
///
/// This changes one of three places. If a span was entered above this one, it will restore the
/// previous span later. Otherwise the block is changed if the span's scope runs, or the
/// position of that scope if it waits. If the scope was left, there is nothing to do.
fn restore_outer(stack: &mut Stack, at: usize) {
    let Some(&mut EnteredSpan { span, outer, scope }) = stack.spans.get_mut(at) else {
        return;
    };
    // A span that was entered directly above this one, in the same scope, would make this span
    // current again after it was left.
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
        // Only if this span is current. Its code may have left another span open within it,
        // which stays current until it ends.
        if thread::span() == span {
            thread::set_span(outer);
        }
    } else if let Some(owner) = stack.scopes.get_mut(owner)
        && owner.position.span == span
    {
        owner.position.span = outer;
    }
}

/// Orders the next entries of a span, in its last visit on this thread, after all its entries
/// so far. Does nothing if there is no visit.
///
/// `is_behind` returns whether something was written elsewhere. It is called only in the
/// span's own scope, while the stack is borrowed. A visit knows its own order.
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
            // The order is written into the chunk, so staged entries have to be moved there
            // first. The stage belongs only to the running scope.
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

/// Another reference to the trace of the last visit of a span on this thread, outside its own
/// scope. With it, the visit can be left without dropping the last reference.
#[cold]
pub(in crate::record) fn trace_of_visit(span: u64) -> Option<Arc<LocalTrace>> {
    ENTERED.with_borrow_mut(|stack| {
        let at = stack.scopes.rfind(|scope| scope.visitor == span)?;
        stack.scopes.get_mut(at)?.trace().cloned()
    })
}

/// Sets the span for whose visit the innermost scope was entered.
pub(in crate::record) fn set_visitor(span: u64) {
    ENTERED.with_borrow_mut(|stack| {
        if let Some(scope) = stack.scopes.top_mut() {
            scope.visitor = span;
        }
    });
}
