//! A scope that waits for its code to be polled, and a future that runs in one.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::record::kept::Kept;
use crate::record::scope::scope::{OwnedEntered, Scope};

/// A scope between polls, and while its code is dropped.
#[derive(Debug, Default)]
pub(crate) struct WaitingScope(ManuallyDrop<State>);

/// See [`WaitingScope`].
#[derive(Debug, Default)]
enum State {
    /// It has not begun, or has ended.
    #[default]
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// It is entered to drop its code.
    Dropping {
        #[expect(dead_code, reason = "held for its destructor, which leaves the scope")]
        entered: OwnedEntered,
    },
}

impl WaitingScope {
    /// A scope that has not begun.
    pub(crate) const NOWHERE: Self = Self(ManuallyDrop::new(State::Nowhere));

    pub(crate) const fn new(scope: Scope) -> Self {
        Self(ManuallyDrop::new(State::Waiting(scope)))
    }

    /// Begins to wait with a scope; there must be none yet, as it is not dropped.
    #[inline]
    pub(crate) fn begin(&mut self, scope: Scope) {
        self.0 = ManuallyDrop::new(State::Waiting(scope));
    }

    /// The scope, if its code waits to be polled.
    #[inline]
    pub(crate) fn waiting(&mut self) -> Option<&mut Scope> {
        match &mut *self.0 {
            State::Waiting(scope) => Some(scope),
            State::Nowhere | State::Dropping { .. } => None,
        }
    }

    /// Notes that the scope has ended, as [`Entered::end`](crate::record::scope::scope::Entered::end) did.
    #[inline]
    pub(crate) fn set_over(&mut self) {
        // Not dropped: nothing is left in it.
        self.0 = ManuallyDrop::new(State::Nowhere);
    }

    /// Enters the scope, so that its code is dropped in it.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if let State::Waiting(scope) = &mut *self.0 {
            let entered = std::mem::take(scope).enter_owned();
            self.0 = ManuallyDrop::new(State::Dropping { entered });
        }
    }
}

impl Drop for WaitingScope {
    /// In line for what has ended, which most has.
    #[inline]
    fn drop(&mut self) {
        if !matches!(*self.0, State::Nowhere) {
            drop_state(std::mem::take(&mut *self.0));
        }
    }
}

#[inline(never)]
fn drop_state(state: State) {
    drop(state);
}

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
        scope: Kept<WaitingScope>,
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
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            future,
            scope: Kept::new(|| WaitingScope::new(scope())),
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
        let Some(scope) = waiting.waiting() else {
            return poll(this.future);
        };
        let entered = scope.enter();
        let polled = poll(this.future);
        if let Poll::Ready(ready) = &polled
            && ends(ready)
        {
            entered.end();
            waiting.set_over();
        }
        polled
    }

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
