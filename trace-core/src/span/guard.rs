//! Runs code within a held span: the guards, and closures.
//!
//! Polls within a held span are in `open_span.rs`.

use std::marker::PhantomData;
use std::ops::Deref;

use super::open_span::OpenSpan;
use crate::value::Outcome;

impl OpenSpan {
    /// Makes the span the current span on this thread until the guard is dropped. Several
    /// threads may be in the span at once. The call may lock for a moment. The call and its
    /// guard do nothing if the span has ended, or while a value is being formatted for
    /// recording.
    ///
    /// Do not hold the guard across an `.await`: the task may continue on another thread, and
    /// other tasks may run on this thread. The guard is not `Send`, so the compiler reports
    /// the mistake if the future must be `Send`. In a `LocalSet` or in `block_on`, it reports
    /// nothing. In your own future, use [`poll`](Self::poll).
    pub fn enter(&self) -> Entered<'_> {
        Entered::new(self)
    }

    /// Runs a closure within the span. The span stays open.
    ///
    /// If the closure only creates a future, that future is polled later, outside of the span.
    /// Call [`in_current_trace`](crate::TraceFuture::in_current_trace) on it to keep it in the
    /// span.
    ///
    /// ```
    /// use trace_core::{OpenSpan, TraceFuture};
    ///
    /// # async fn store(_: u32) {}
    /// async fn acknowledge(message: u32, span: OpenSpan) {
    ///     span.in_scope(|| store(message).in_current_trace()).await;
    ///     span.end();
    /// }
    /// ```
    ///
    /// ```
    /// let span = trace_core::span::start("parse");
    /// let number: Result<i32, _> = span.in_scope(|| "7".parse());
    /// span.end();
    /// # assert_eq!(number, Ok(7));
    /// ```
    pub fn in_scope<R>(&self, body: impl FnOnce() -> R) -> R {
        let _in = self.enter();
        body()
    }

    /// Enters the span and ends it when the guard is dropped. The outcome is ok, or panicked
    /// if a panic drops the guard.
    ///
    /// ```
    /// let _span = trace_core::span::start("parse").entered();
    /// ```
    pub fn entered(self) -> EnteredSpan {
        EnteredSpan::new(self)
    }
}

/// Makes a held span the current span on this thread until the guard is dropped. Made by
/// [`OpenSpan::enter`].
#[derive(Debug)]
#[must_use = "the span is left when this is dropped: bind it with `let _in = ..`"]
pub struct Entered<'a> {
    span: &'a OpenSpan,
    /// Whether the drop has to leave the span.
    is_entered: bool,
    /// Not `Send`: the span is the current span of this thread, and only this thread can leave
    /// it.
    not_send: PhantomData<*const ()>,
}

impl<'a> Entered<'a> {
    fn new(span: &'a OpenSpan) -> Self {
        Self {
            is_entered: span.enter_if_open(),
            span,
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.is_entered {
            self.span.exit();
        }
    }
}

/// Makes a held span the current span on this thread, and ends the span when the guard is
/// dropped. The outcome is ok, or panicked if a panic drops the guard. Made by
/// [`OpenSpan::entered`].
///
/// Dereferences to the [`OpenSpan`].
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _span = ..`"]
pub struct EnteredSpan {
    span: OpenSpan,
    /// Not `Send`, for the same reason as [`Entered`].
    not_send: PhantomData<*const ()>,
}

impl EnteredSpan {
    fn new(span: OpenSpan) -> Self {
        span.enter_unguarded();
        Self {
            span,
            not_send: PhantomData,
        }
    }
}

impl Deref for EnteredSpan {
    type Target = OpenSpan;

    fn deref(&self) -> &OpenSpan {
        &self.span
    }
}

impl Drop for EnteredSpan {
    fn drop(&mut self) {
        let outcome = if self.span.is_unwound() {
            Outcome::Panicked
        } else {
            Outcome::Ok
        };
        self.span.end_with(outcome);
    }
}
