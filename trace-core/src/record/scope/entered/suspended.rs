//! Spans whose scope waits below another one on this thread, or was left.
//!
//! Such a span is not where the thread is. So its entries do not go through the stage,
//! which is the running scope's, but into the chunk of its own scope.

use std::sync::Arc;

use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::Visit;
use crate::record::trace::{LocalTrace, SpanEnd};
use crate::value::Outcome;

/// Writes the end of a span in the scope that was entered for its visit, if that waits for
/// another one; returns whether it does.
pub(in crate::record) fn end_suspended_visit(end: &SpanEnd) -> bool {
    ENTERED.with_borrow_mut(|stack| {
        let Some(Visit::Scope(at)) = stack.find_visit(end.span) else {
            return false;
        };
        // It is the running scope: the caller writes to the stage.
        if at + 1 == stack.scopes.depth() {
            return false;
        }
        if let Some(scope) = stack.scopes.get_mut(at)
            && let Some(recording) = scope.recording()
        {
            // Into its chunk: the stage is the running scope's.
            recording.write_end(end);
        }
        true
    })
}

/// Ends a span whose scope is entered on this thread and waits for another one; returns
/// whether it is.
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
            // Current again when that scope runs again.
            scope.position.span = outer;
        }
        true
    })
}

/// Makes a span the current one again in a scope that waits for another one; returns the
/// trace, also if the scope was left already.
pub(in crate::record) fn suspend_below(number: u32, outer: u64) -> Option<Arc<LocalTrace>> {
    let trace = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number)?;
        let scope = stack.scopes.get_mut(at)?;
        scope.position.span = outer;
        scope.trace().cloned()
    });
    trace.or_else(|| left_scopes::trace_of_left_scope(number))
}
