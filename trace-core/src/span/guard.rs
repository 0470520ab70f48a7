//! Code that runs within a held span.

use std::marker::PhantomData;
use std::ops::Deref;

use super::open_span::OpenSpan;
use crate::value::Outcome;

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
    pub(super) fn new(span: &'a OpenSpan) -> Self {
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
    pub(super) fn new(span: OpenSpan) -> Self {
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
