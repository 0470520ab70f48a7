//! What is left for a while by spans that are off the hot path: their thread's scope
//! by those that left their own, and the current span by those that are cancelled.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::local_trace::LocalTrace;
use super::scope::{OwnedEntered, Scope};

thread_local! {
    /// What was left, the innermost last.
    ///
    /// Without a destructor, as futures are also polled and dropped at the end of a
    /// thread; its storage is given back whenever it is empty.
    static LEFT: RefCell<ManuallyDrop<Vec<Left>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// What was left.
#[derive(Debug)]
pub(super) enum Left {
    /// The current span.
    Span(u64),
    /// The scope; dropping this goes back to it.
    Scope(#[expect(dead_code, reason = "held for its destructor")] OwnedEntered),
}

/// Goes on with a span of another scope in one of the same trace.
///
/// The scope is kept here and not by the caller, who is on the hot path.
pub(super) fn enter(trace: &Arc<LocalTrace>, span: u64) {
    let entered = Scope::elsewhere(trace, span).enter_owned();
    push(Left::Scope(entered));
}

/// Goes on where nothing is recorded, with a span whose trace is not this process's.
pub(super) fn enter_nowhere() {
    push(Left::Scope(Scope::default().enter_owned()));
}

/// Keeps the span that was current.
pub(super) fn keep(span: u64) {
    push(Left::Span(span));
}

fn push(left: Left) {
    LEFT.with_borrow_mut(|all| all.push(left));
}

/// Gives back what was left last.
#[cold]
pub(super) fn leave() -> Option<Left> {
    LEFT.with_borrow_mut(|all| {
        let left = all.pop();
        if all.is_empty() {
            **all = Vec::new();
        }
        left
    })
}
