//! Code that runs within a held span.

use std::marker::PhantomData;
use std::ops::Deref;

use super::open_span::OpenSpan;
use crate::value::Outcome;

impl OpenSpan {
    /// Makes the span the current one on this thread until the guard is dropped. Several
    /// threads may be in it at once. May lock for a moment. Does nothing, and its guard does
    /// nothing, if the span has ended, or while a value is formatted to be recorded.
    ///
    /// Not across an `.await`: the task would go on elsewhere, and others here. The guard
    /// is not `Send`, so that the compiler notices where a future must be `Send`; in a
    /// `LocalSet` or below `block_on` it does not. Futures have [`poll`](Self::poll).
    pub fn enter(&self) -> Entered<'_> {
        Entered::new(self)
    }

    /// Runs a closure within the span, which goes on afterwards.
    ///
    /// A future that the closure only makes is polled later, outside of the span: give it
    /// the span by [`in_current_trace`](crate::TraceFuture::in_current_trace).
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

    /// Enters the span; it ends with the guard, well, or panicked if a panic drops it.
    ///
    /// ```
    /// let _span = trace_core::span::start("parse").entered();
    /// ```
    pub fn entered(self) -> EnteredSpan {
        EnteredSpan::new(self)
    }
}

/// A held span is the current one on this thread until this is dropped; made by
/// [`OpenSpan::enter`].
#[derive(Debug)]
#[must_use = "the span is left when this is dropped: bind it with `let _in = ..`"]
pub struct Entered<'a> {
    span: &'a OpenSpan,
    /// Whether there is something to leave.
    is_entered: bool,
    /// The span is the current one of this thread.
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

/// A held span that is the current one on this thread, and ends when this is dropped:
/// well, or panicked if a panic drops it. Made by [`OpenSpan::entered`].
///
/// Dereferences to the [`OpenSpan`].
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _span = ..`"]
pub struct EnteredSpan {
    span: OpenSpan,
    /// The span is the current one of this thread.
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
