//! Wrappers for the future or stream that a function returns, and names for its types.
//!
//! This file does not know spans. It only runs code before the first poll.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

/// The output of a pinned, boxed future, even if only an alias of its type is known.
pub type OutputOf<P> = <<P as Deref>::Target as Future>::Output;

/// The item of a pinned, boxed stream.
pub type ItemOf<P> = <<P as Deref>::Target as Stream>::Item;

/// The type that a function returns. It can also name `!`, as `ReturnOf<fn() -> !>`.
pub type ReturnOf<F> = <F as Returns>::Type;

/// See [`ReturnOf`].
pub trait Returns {
    /// The returned type.
    type Type;
}

impl<R> Returns for fn() -> R {
    type Type = R;
}

/// Boxes and pins a value. Generated code calls this because `Box` and `Pin` may be other
/// types in the user's file.
pub fn boxed<F>(inner: F) -> Pin<Box<F>> {
    Box::pin(inner)
}

/// Boxes a value that is not pinned.
pub fn unpinned<F>(inner: F) -> Box<F> {
    Box::new(inner)
}

/// Code that runs at the first poll of a future or stream.
pub trait Prologue {
    /// Runs it.
    fn run(self);
}

impl<P: FnOnce()> Prologue for P {
    fn run(self) {
        self();
    }
}

/// Makes a future or stream that runs `prologue` at its first poll, before it polls `inner`.
/// If it is dropped before the first poll, `prologue` does not run.
pub fn first<P: Prologue, F>(prologue: P, inner: F) -> First<P, F> {
    First {
        prologue: Some(prologue),
        inner,
    }
}

pin_project! {
    /// See [`first`].
    #[must_use = "futures do nothing unless polled"]
    pub struct First<P, F> {
        prologue: Option<P>,
        #[pin]
        inner: F,
    }
}

impl<P, F> std::fmt::Debug for First<P, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("First").finish_non_exhaustive()
    }
}

impl<P: Prologue, F: Future> Future for First<P, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.begin().poll(cx)
    }
}

impl<P: Prologue, F: Stream> Stream for First<P, F> {
    type Item = F::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        self.begin().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<P: Prologue, F> First<P, F> {
    /// Runs the prologue if this is the first poll. Returns the inner future or stream.
    fn begin(self: Pin<&mut Self>) -> Pin<&mut F> {
        let this = self.project();
        if let Some(prologue) = this.prologue.take() {
            prologue.run();
        }
        this.inner
    }
}
