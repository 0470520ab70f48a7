//! A future or stream that runs in a scope of its own.
//!
//! The scope is entered for each poll and left before the poll returns, also if it
//! unwinds. A cancelled body is dropped within the scope, which ends after it.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::scope::Scope;
use super::waiting::WaitingScope;
use crate::record::if_recording::IfRecording;

pin_project! {
    /// A future or stream that runs in a scope of its own, which ends with it.
    ///
    /// It is also dropped within the scope.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        future: F,
        // Dropped after the future.
        scope: IfRecording<WaitingScope>,
    }

    impl<F> PinnedDrop for InScope<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(scope) = this.project().scope.get_mut() {
                scope.enter_to_drop();
            }
        }
    }
}

impl<F> InScope<F> {
    /// Runs a future in a scope, which `scope` makes if anything can be recorded.
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            future,
            scope: IfRecording::from_fn(|| WaitingScope::new(scope())),
        }
    }

    /// Polls within the scope, which ends if `ends` says so of what is ready.
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
        // The scope has ended with an earlier poll: the body runs outside of it.
        let Some(scope) = waiting.waiting() else {
            return poll(this.future);
        };
        let entered = scope.enter();
        let polled = poll(this.future);
        if let Poll::Ready(ready) = &polled
            // A stream goes on after an item.
            && ends(ready)
        {
            entered.end();
            waiting.set_over();
        }
        polled
    }

    /// The body, for what it says of itself without being polled.
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
