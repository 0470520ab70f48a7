//! Scopes that were left while spans that had been opened in them were still open.
//!
//! A guard that was kept, or a future that is polled elsewhere, may end a span when the
//! span's scope is no longer on the stack. The traces of the last 64 of these scopes are
//! kept, so that such an end reaches the queue.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::entered_scope::EnteredScope;
use crate::record::trace::LocalTrace;

thread_local! {
    /// Scopes that were left while a span opened in them was current, and their traces, so
    /// that these spans can end. The newest are last.
    ///
    /// The thread owns them. Its destructor drops the traces, and later ends find none.
    static LEFT_SCOPES: RefCell<VecDeque<(u32, Arc<LocalTrace>)>> =
        const { RefCell::new(VecDeque::new()) };
}

/// Most scopes that are noted. What began in an older one was open for long, or was
/// forgotten; its end is lost.
const MAX_LEFT_SCOPES: usize = 64;

/// Notes a scope. Returns the oldest trace if there are too many. The caller drops it when
/// the thread's stack is no longer borrowed: the last reference to a tracer may go with it.
#[cold]
#[must_use]
pub(in crate::record) fn note_left_scope(scope: &mut EnteredScope) -> Option<Arc<LocalTrace>> {
    let trace = scope.trace().cloned()?;
    let number = scope.number;
    // At the end of a thread nothing is noted. The closure then drops this reference, which
    // is not the last one, as the scope has another.
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
/// If none is known, the end of the span is lost: a coroutine has moved to another thread,
/// or to another process.
pub(in crate::record) fn trace_of_left_scope(number: u32) -> Option<Arc<LocalTrace>> {
    let find = |all: &RefCell<VecDeque<(u32, Arc<LocalTrace>)>>| {
        let all = all.borrow();
        let found = all.iter().rfind(|(scope, _)| *scope == number);
        found.map(|(_, trace)| Arc::clone(trace))
    };
    LEFT_SCOPES.try_with(find).ok().flatten()
}
