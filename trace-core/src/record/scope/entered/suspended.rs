//! Spans whose scope waits below another scope on this thread, or was left.
//!
//! The running scope owns the stage. So entries of such a span are written directly into the
//! chunk of the span's scope. They are in order, because a waiting scope has no entries in the
//! stage.

use std::sync::Arc;

use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::Visit;
use crate::record::trace::{LocalTrace, SpanEnd};
use crate::value::Outcome;

/// Writes the end of a span in the scope that was entered for its visit, if that scope waits
/// below another one. Returns whether it was written.
pub(in crate::record) fn end_suspended_visit(end: &SpanEnd) -> bool {
    ENTERED.with_borrow_mut(|stack| {
        let Some(Visit::Scope(at)) = stack.find_visit(end.span) else {
            return false;
        };
        // This is the running scope, so the caller writes to the stage. If the end were
        // written into the chunk here, it would be read before the staged entries.
        if at + 1 == stack.scopes.depth() {
            return false;
        }
        if let Some(scope) = stack.scopes.get_mut(at)
            && let Some(recording) = scope.recording()
        {
            // The end goes into the chunk, because the stage belongs to the running scope.
            recording.write_end(end);
        }
        true
    })
}

/// Ends a span whose scope is entered on this thread and waits below another one. Returns
/// whether the scope is entered. The caller has checked that it does not run.
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
            // The block has the position of the running scope, so the current span of this
            // scope is changed in its saved position.
            scope.position.span = outer;
        }
        true
    })
}

/// Makes `outer` the current span in a scope that waits below another one. Returns a reference
/// to the trace, with which the suspended span can continue elsewhere. Also returns it if the
/// scope was left but is still remembered.
pub(in crate::record) fn suspend_below(number: u32, outer: u64) -> Option<Arc<LocalTrace>> {
    let trace = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number)?;
        let scope = stack.scopes.get_mut(at)?;
        scope.position.span = outer;
        scope.trace().cloned()
    });
    // The other list has its own borrow. It is read after the borrow of the stack.
    trace.or_else(|| left_scopes::trace_of_left_scope(number))
}
