//! A future or stream that runs in its own scope.
//!
//! The scope is entered for each poll and left before the poll returns, even if the poll
//! unwinds. Between polls the thread's stack does not refer to it, so the body may move to
//! another thread. A cancelled body is dropped within the scope, and then the scope ends.
//!
//! The holder of the scope and its states are in `waiting.rs`.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::scope::Scope;
use super::waiting::WaitingScope;
use crate::record::if_recording::IfRecording;

pin_project! {
    /// A future or stream that runs in its own scope, which ends with it.
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the body is dropped within the scope. Then the
    /// scope ends and hands over its entries. A body that was never polled is dropped in the
    /// same way.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        future: F,
        // The fields are dropped in order: first the body, within the scope; then this field,
        // which leaves and ends the scope. It is dropped even if a destructor in the body
        // panics.
        scope: IfRecording<WaitingScope>,
    }

    impl<F> PinnedDrop for InScope<F> {
        // This runs before the fields are dropped, so it enters the scope for the drop of the
        // body. It does nothing if the scope has ended, because the body was ready.
        fn drop(this: Pin<&mut Self>) {
            if let Some(scope) = this.project().scope.get_mut() {
                scope.enter_to_drop();
            }
        }
    }
}

impl<F> InScope<F> {
    /// Runs a future in the scope that `scope` returns. A build that does not record does not
    /// call `scope`.
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            future,
            scope: IfRecording::from_fn(|| WaitingScope::new(scope())),
        }
    }

    /// Polls within the scope. Ends the scope if `ends` returns true for the ready value.
    ///
    /// It is inlined, so that the body is inlined into this poll, too.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn poll_with<T>(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut F>) -> Poll<T>,
        ends: impl FnOnce(&T) -> bool,
    ) -> Poll<T> {
        let this = self.project();
        let Some(waiting) = this.scope.get_mut() else {
            return poll(this.future);
        };
        // The scope has ended with an earlier poll, so the body runs outside of it. A future
        // is not polled again after that, but a stream may be.
        let Some(scope) = waiting.waiting() else {
            return poll(this.future);
        };
        // The scope is borrowed until `entered` is dropped, so a nested poll cannot access it.
        // The body can only enter other scopes above this one. If one of them stays entered
        // after this poll, this scope is removed from below it.
        let entered = scope.enter();
        let polled = poll(this.future);
        // If the poll unwinds or is pending, `entered` is dropped, and the scope waits. After
        // a panic the scope ends when the future is dropped.
        if let Poll::Ready(ready) = &polled
            // A stream continues after an item.
            && ends(ready)
        {
            entered.end();
            // `entered` has removed the scope from the stack and ended it. So the drop of this
            // value has nothing to do.
            waiting.set_over();
        }
        polled
    }

    /// The body, for calls other than polls.
    pub(crate) fn get_ref(&self) -> &F {
        &self.future
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_with(|future| future.poll(cx), |_| true)
    }
}
