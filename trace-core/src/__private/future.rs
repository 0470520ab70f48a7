//! What is wrapped around a future that a plain function returns.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// What a pinned, boxed future gives, whatever its type is called.
pub type OutputOf<P> = <<P as Deref>::Target as Future>::Output;

/// What a function returns; gives `!` a name: `ReturnOf<fn() -> !>`.
pub type ReturnOf<F> = <F as Returns>::Type;

/// See [`ReturnOf`].
pub trait Returns {
    /// The returned type.
    type Type;
}

impl<R> Returns for fn() -> R {
    type Type = R;
}

/// Boxes and pins a future; `Box` and `Pin` may mean something else at the call.
pub fn boxed<F: Future>(future: F) -> Pin<Box<F>> {
    Box::pin(future)
}

/// Runs `prologue` at the first poll of `future`, before it.
pub fn first<P: FnOnce(), F: Future>(prologue: P, future: F) -> First<P, F> {
    First {
        prologue: Some(prologue),
        future,
    }
}

pin_project! {
    /// See [`first`].
    #[must_use = "futures do nothing unless polled"]
    pub struct First<P, F> {
        prologue: Option<P>,
        #[pin]
        future: F,
    }
}

impl<P, F> std::fmt::Debug for First<P, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("First").finish_non_exhaustive()
    }
}

impl<P: FnOnce(), F: Future> Future for First<P, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(prologue) = this.prologue.take() {
            prologue();
        }
        this.future.poll(cx)
    }
}
