//! The stack of this thread, and the scope on its top, whose code runs.
//!
//! The stack has no destructor: code at the very end of a thread is recorded like any
//! other, and outside of scopes the stack is empty.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use super::entered_scope::EnteredScope;
use super::stack::Stack;
use crate::record::scope::recording::Recording;

thread_local! {
    /// Without a destructor, so that code which runs at the very end of a thread,
    /// in destructors of other thread-locals, is recorded like any other. Nothing
    /// is leaked: whatever is entered is left, and outside it is empty.
    pub(super) static ENTERED: RefCell<ManuallyDrop<Stack>> =
        const { RefCell::new(ManuallyDrop::new(Stack::new())) };
}

/// Lets `read` see the scope of the running code, if that is in one.
#[inline]
pub(in crate::record) fn with_running_scope<R>(
    read: impl FnOnce(&mut EnteredScope) -> R,
) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| stack.scopes.top_mut().map(read))
}

/// Lets `read` see the recording of this thread's scope, if there is one.
pub(super) fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| {
        let running = stack.scopes.top_mut();
        running?.recording().map(read)
    })
}

/// Forgets what is entered on this thread, in the child of a `fork`: it is the parent's.
/// Async-signal-safe: nothing is dropped.
pub(in crate::record) fn forget_in_child() {
    let _is_free = ENTERED.try_with(|stack| {
        // It is free: no code that might fork runs while it is borrowed.
        if let Ok(mut stack) = stack.try_borrow_mut() {
            *stack = ManuallyDrop::new(Stack::new());
        }
    });
}
