//! Scopes that are entered for a span that left its own.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::local_trace::LocalTrace;
use super::scope::{OwnedEntered, Scope};

thread_local! {
    /// The scopes that were entered, the innermost last.
    ///
    /// Without a destructor, as futures are also polled and dropped at the end of a
    /// thread; its storage is given back whenever it is empty.
    static SCOPES: RefCell<ManuallyDrop<Vec<OwnedEntered>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Goes on with a span of another scope in one of the same trace.
///
/// The scope is kept here and not by the caller, who is on the hot path.
pub(super) fn enter(trace: &Arc<LocalTrace>, span: u64) {
    let entered = Scope::elsewhere(trace, span).enter_owned();
    SCOPES.with_borrow_mut(|scopes| scopes.push(entered));
}

/// Leaves the scope that was entered last, which so ends.
#[cold]
pub(super) fn leave() {
    let entered = SCOPES.with_borrow_mut(|scopes| {
        let entered = scopes.pop();
        if scopes.is_empty() {
            **scopes = Vec::new();
        }
        entered
    });
    drop(entered);
}
