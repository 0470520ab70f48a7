//! The stack of this thread, and the scope on its top, whose code runs.
//!
//! The stack is a `RefCell`, and a second borrow would panic. Borrows do not overlap because
//! of three rules, for all that runs within one:
//!
//! - It runs no code of the application: no value is formatted, no sampler asked, nothing
//!   polled or woken.
//! - It drops no last reference to a trace or tracer, with which a sampler would be dropped.
//!   What may be one is returned, and dropped after the borrow.
//! - It calls no function that borrows the stack.
//!
//! Only a signal can interrupt a borrow. What its handler may call (a `fork`, the end of the
//! process) tries to borrow, and does nothing if it cannot.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use super::entered_scope::EnteredScope;
use super::stack::Stack;
use crate::record::scope::recording::Recording;

thread_local! {
    /// The stack. It has no destructor, so code that runs at the very end of a thread, in
    /// destructors of other thread-locals, is recorded like any other. That leaks nothing:
    /// whatever was entered is left, and a stack without scopes owns no memory.
    pub(super) static ENTERED: RefCell<ManuallyDrop<Stack>> =
        const { RefCell::new(ManuallyDrop::new(Stack::new())) };
}

/// Lets `read` see the scope of the running code, if it runs in one. The stack is borrowed
/// meanwhile; see [the module](self).
#[inline]
pub(in crate::record) fn with_running_scope<R>(
    read: impl FnOnce(&mut EnteredScope) -> R,
) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| stack.scopes.top_mut().map(read))
}

/// Lets `read` see the recording of this thread's scope, if it records. A visit gets its
/// recording by this.
pub(super) fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ENTERED.with_borrow_mut(|stack| {
        let running = stack.scopes.top_mut();
        running?.recording().map(read)
    })
}

/// Forgets what is entered on this thread, in the child of a `fork`: it belongs to the
/// parent process. Async-signal-safe, as nothing is dropped.
pub(in crate::record) fn forget_in_child() {
    let _is_free = ENTERED.try_with(|stack| {
        // It is free, as no code that might fork runs within a borrow. If a signal's
        // handler has forked, what is entered stays.
        if let Ok(mut stack) = stack.try_borrow_mut() {
            *stack = ManuallyDrop::new(Stack::new());
        }
    });
}
