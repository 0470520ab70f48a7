//! Scopes that were left before what had been opened in them ended.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::entered_scope::EnteredScope;
use crate::record::trace::LocalTrace;

thread_local! {
    /// Scopes that were left while spans were current that had been opened in them, and
    /// their traces, so that these can end. The newest are last.
    static DEPARTED: RefCell<VecDeque<(u32, Arc<LocalTrace>)>> =
        const { RefCell::new(VecDeque::new()) };
}

/// Most scopes that are noted: what began in one is open for long, or forgotten.
const MAX_DEPARTED: usize = 64;

/// Notes a scope. Returns what is to be dropped when nothing is borrowed: with the last
/// reference to a tracer, code of the application is.
#[cold]
#[must_use]
pub(in crate::record) fn note(scope: &mut EnteredScope) -> Option<Arc<LocalTrace>> {
    let trace = scope.trace().cloned()?;
    let number = scope.number;
    // At the end of a thread nothing is noted.
    let forgotten = DEPARTED.try_with(|departed| {
        let mut departed = departed.borrow_mut();
        departed.push_back((number, trace));
        (departed.len() > MAX_DEPARTED).then(|| departed.pop_front())
    });
    let (_, trace) = forgotten.ok().flatten().flatten()?;
    Some(trace)
}

/// The trace of a scope that was left while a span was current that had been opened in it.
///
/// Where none is known, nothing can be done: a coroutine has moved to another thread, or
/// to another process.
pub(in crate::record) fn trace_of(number: u32) -> Option<Arc<LocalTrace>> {
    let find = |all: &RefCell<VecDeque<(u32, Arc<LocalTrace>)>>| {
        let all = all.borrow();
        let found = all.iter().rfind(|(scope, _)| *scope == number);
        found.map(|(_, trace)| Arc::clone(trace))
    };
    DEPARTED.try_with(find).ok().flatten()
}
