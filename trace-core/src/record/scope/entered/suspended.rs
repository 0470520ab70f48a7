//! Spans whose scope waits below another one on this thread, or was left.
//!
//! The thread is not at such a span. So its entries do not go through the stage, which
//! belongs to the running scope, but directly into the chunk of the span's scope. That is
//! in order: a waiting scope has nothing in the stage.

use std::sync::Arc;

use super::left_scopes;
use super::on_thread::ENTERED;
use super::stack::Visit;
use crate::record::trace::{LocalTrace, SpanEnd};
use crate::value::Outcome;

/// Writes the end of a span in the scope that was entered for its visit, if that scope waits
/// below another one; returns whether it does.
pub(in crate::record) fn end_suspended_visit(end: &SpanEnd) -> bool {
    ENTERED.with_borrow_mut(|stack| {
        let Some(Visit::Scope(at)) = stack.find_visit(end.span) else {
            return false;
        };
        // It is the running scope: the caller writes to the stage. Written into the chunk
        // here, the end would be read before what is staged.
        if at + 1 == stack.scopes.depth() {
            return false;
        }
        if let Some(scope) = stack.scopes.get_mut(at)
            && let Some(recording) = scope.recording()
        {
            // Into the chunk: the stage belongs to the running scope.
            recording.write_end(end);
        }
        true
    })
}

/// Ends a span whose scope is entered on this thread and waits below another one; returns
/// whether it is entered. The caller has made sure that it does not run.
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
            // one is changed where it is noted.
            scope.position.span = outer;
        }
        true
    })
}

/// Makes `outer` the current span in a scope that waits below another one. Returns a
/// reference to the trace, with which the suspended span can continue elsewhere; also if the
/// scope was left already, and is remembered.
pub(in crate::record) fn suspend_below(number: u32, outer: u64) -> Option<Arc<LocalTrace>> {
    let trace = ENTERED.with_borrow_mut(|stack| {
        let at = stack.find_scope(number)?;
        let scope = stack.scopes.get_mut(at)?;
        scope.position.span = outer;
        scope.trace().cloned()
    });
    // The other list has a borrow of its own. It is not read while the stack is borrowed.
    trace.or_else(|| left_scopes::trace_of_left_scope(number))
}
