//! The stack of this thread. The code of the scope on its top runs.
//!
//! The stack is a `RefCell`, so a second borrow would panic. Three rules for the code that
//! runs within a borrow prevent this:
//!
//! - It does not run code of the application: it does not format a value, call a sampler, poll
//!   a future or wake a task.
//! - It does not drop the last reference to a trace or tracer, which would drop a sampler. A
//!   reference that may be the last one is returned, and dropped after the borrow.
//! - It does not call a function that borrows the stack.
//!
//! Only a signal can interrupt a borrow. Code that its handler may run (a `fork`, the end of
//! the process) tries to borrow, and does nothing if it cannot.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use super::entered_scope::EnteredScope;
use super::stack::Stack;
use crate::record::scope::recording::Recording;

thread_local! {
    /// The stack. It has no destructor. So code in destructors of other thread-locals, at the
    /// end of the thread, is recorded like any other code. This leaks no memory: every entered
    /// scope is left, and a stack without scopes owns no memory.
    pub(super) static ENTERED: RefCell<ManuallyDrop<Stack>> =
        const { RefCell::new(ManuallyDrop::new(Stack::new())) };
}

/// Calls `read` with the scope of the running code, if there is one. The stack is borrowed
/// meanwhile; see [the module](self).
#[inline]
pub(in crate::record) fn with_running_scope<R>(
    read: impl FnOnce(&mut EnteredScope) -> R,
) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| stack.scopes.top_mut().map(read))
}

/// Calls `read` with the recording of this thread's scope, if it records. This makes the
/// recording of a visit.
pub(super) fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| {
        let running = stack.scopes.top_mut();
        running?.recording().map(read)
    })
}

/// In the child of a `fork`, forgets all entered scopes and spans of this thread, because they
/// belong to the parent process. Async-signal-safe, because nothing is dropped.
pub(in crate::record) fn forget_in_child() {
    let _is_free = ENTERED.try_with(|stack| {
        // The stack is not borrowed, because no code that might fork runs within a borrow. If
        // a signal handler has forked during a borrow, the stack is not changed.
        if let Ok(mut stack) = stack.try_borrow_mut() {
            *stack = ManuallyDrop::new(Stack::new());
        }
    });
}
