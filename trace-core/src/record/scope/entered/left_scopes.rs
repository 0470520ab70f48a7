//! Scopes that were left while spans that had been opened in them were still open.
//!
//! A guard that was kept, or a future that is polled elsewhere, may end a span after its scope
//! was removed from the stack. The traces of the last 64 such scopes are kept, so that these
//! ends reach the queue.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::entered_scope::EnteredScope;
use crate::record::trace::LocalTrace;

thread_local! {
    /// Scopes that were left while a span opened in them was current, with their traces, so
    /// that these spans can end. The newest are last.
    ///
    /// They belong to the thread. When the thread ends, the traces are dropped, and later ends
    /// find none.
    static LEFT_SCOPES: RefCell<VecDeque<(u32, Arc<LocalTrace>)>> =
        const { RefCell::new(VecDeque::new()) };
}

/// The maximum number of scopes to remember. A span of an older scope was open for a long
/// time, or was forgotten. Its end is lost.
const MAX_LEFT_SCOPES: usize = 64;

/// Remembers a scope. Returns the oldest trace if there are too many. The caller must drop it
/// after the borrow of the stack, because it may hold the last reference to a tracer.
#[cold]
#[must_use]
pub(in crate::record) fn note_left_scope(scope: &mut EnteredScope) -> Option<Arc<LocalTrace>> {
    let trace = scope.trace().cloned()?;
    let number = scope.number;
    // At the end of a thread nothing is remembered. The closure then drops this reference. It
    // is not the last one, because the scope has another.
    let forgotten = LEFT_SCOPES.try_with(|left_scopes| {
        let mut left_scopes = left_scopes.borrow_mut();
        left_scopes.push_back((number, trace));
        (left_scopes.len() > MAX_LEFT_SCOPES).then(|| left_scopes.pop_front())
    });
    let (_, trace) = forgotten.ok().flatten().flatten()?;
    Some(trace)
}

/// The trace of a scope that was left while a span opened in it was current.
///
/// If there is none, the end of the span is lost. This happens if a coroutine has moved to
/// another thread or process.
pub(in crate::record) fn trace_of_left_scope(number: u32) -> Option<Arc<LocalTrace>> {
    let find = |all: &RefCell<VecDeque<(u32, Arc<LocalTrace>)>>| {
        let all = all.borrow();
        let found = all.iter().rfind(|(scope, _)| *scope == number);
        found.map(|(_, trace)| Arc::clone(trace))
    };
    LEFT_SCOPES.try_with(find).ok().flatten()
}
