//! Spans that are entered: in the scope in which they were opened, or in one for their
//! visit.
//!
//! It owns the order in which spans become current again. Of one span there may be
//! several visits on a thread; the last is left first.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::leave_scope::{leave_scope, leave_scope_for_good};
use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::{EnteredSpan, Stack, Visit};
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::LocalTrace;

/// What a visit of a span was.
#[derive(Debug)]
pub(in crate::record) enum LeftVisit {
    /// It was the current one in its own scope.
    InOwnScope,
    /// A scope was entered for it.
    InScope(u32, Active),
}

/// Makes a span the current one, in the scope in which it was opened and which runs.
pub(in crate::record) fn enter_span(span: u64) {
    // What follows is said of this span, and may not be taken for the newest one's.
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
                // A span is current that was opened in this scope, and will end later:
                // its end needs the trace.
                forgotten = left_scopes::note_left_scope(scope);
            }
            Some((scope.number, scope.is_visit()))
        }
        Visit::Span(at) => {
            // Before it is removed: a span above it may have to bring another one back in
            // its place.
            bring_back(stack, at);
            stack.spans.raise(at);
            stack.spans.pop();
            Some((0, false))
        }
    });
    // With it the last reference to a tracer may go, and so code of the application may
    // run: not while the stack is borrowed.
    drop(forgotten);
    let left = left?;
    let active = match left {
        (0, _) => return Some(LeftVisit::InOwnScope),
        (number, true) => leave_scope_for_good(number),
        // The span's own, which goes on.
        (number, false) => leave_scope(number),
    };
    active.map(|active| LeftVisit::InScope(left.0, active))
}

/// Makes the span current again that was so before a span that is left, in one of three
/// places: in a span that was entered above it, which brings it back later; in the
/// running scope; or in the position of a scope that waits.
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
        && owner.position.span == span
    {
        owner.position.span = outer;
    }
}

/// Says of the last visit of a span on this thread, if there is one, that what its code
/// says of the span from now on comes after all that was said up to now. In the span's own
/// scope it asks whether something was said elsewhere.
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
            if runs {
                recording.take_stage();
            }
            recording.order_after_others(span, is_behind);
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
