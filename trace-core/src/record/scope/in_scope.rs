//! A future or stream that runs in a scope of its own.
//!
//! The scope is entered for each poll and left before the poll returns, also if the poll
//! unwinds. So between polls the body may move to another thread: nothing of it is on the
//! thread's stack then. A cancelled body is dropped within the scope, and then the scope
//! ends.
//!
//! What holds the scope, and the states that it has, is in `waiting.rs`.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::scope::Scope;
use super::waiting::WaitingScope;
use crate::record::if_recording::IfRecording;

pin_project! {
    /// A future or stream that runs in a scope of its own, which ends with it.
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the body is dropped within the scope. Then
    /// the scope ends and hands over what it has recorded. A body that was never polled is
    /// dropped the same way.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        future: F,
        // Fields are dropped in this order: first the body, within the scope; then this,
        // which leaves and ends the scope. If a destructor in the body panics, this is
        // dropped all the same while the thread unwinds.
        scope: IfRecording<WaitingScope>,
    }

    impl<F> PinnedDrop for InScope<F> {
        // Runs before the fields are dropped, and so enters the scope for the body's drop.
        // It does nothing if the scope has ended: after the body was ready.
        fn drop(this: Pin<&mut Self>) {
            if let Some(scope) = this.project().scope.get_mut() {
                scope.enter_to_drop();
            }
        }
    }
}

impl<F> InScope<F> {
    /// Runs a future in a scope that `scope` makes. `scope` is not called in a build that
    /// does not record.
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            future,
            scope: IfRecording::from_fn(|| WaitingScope::new(scope())),
        }
    }

    /// Polls within the scope, and ends the scope if `ends` returns true for what is ready.
    ///
    /// Inlined, so that the body is inlined into this poll, too.
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
        // The scope has ended with an earlier poll: the body runs outside of it. A future
        // is not polled again then, but a stream may be.
        let Some(scope) = waiting.waiting() else {
            return poll(this.future);
        };
        // The scope is borrowed until `entered` goes, so a nested poll cannot reach it: the
        // body can only enter other scopes, above this one. If it keeps one of them entered
        // beyond this poll, this scope is taken out from below it.
        let entered = scope.enter();
        let polled = poll(this.future);
        // If the poll unwinds or is pending, `entered` is dropped: the scope waits. After a
        // panic it ends when the future is dropped.
        if let Poll::Ready(ready) = &polled
            // A stream continues after an item.
            && ends(ready)
        {
            entered.end();
            // `entered` has taken the scope off the stack and ended it, so this value has
            // nothing to end, and the drop that follows soon has nothing to do.
            waiting.set_over();
        }
        polled
    }

    /// The body, for what can be asked of it without a poll.
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
