//! Root spans of synchronous code: a guard for a scope and its span.

use std::mem::ManuallyDrop;

use super::begin::{Begin, begin_scope};
use crate::record::{OwnedEntered, SpanGuard};

/// The root span of synchronous code. When the guard is dropped, the span ends, and then its
/// scope ends.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct RootGuard {
    /// `Drop` closes the span with a call that is not inlined. The compiler inlines the
    /// drop of a [`SpanGuard`] only if it occurs in few places. The drop for spans of
    /// functions runs much more often, so it should be inlined there.
    span: ManuallyDrop<SpanGuard>,
    /// Leaves the scope. Dropped after `Drop` has closed the span.
    #[expect(dead_code, reason = "held for its destructor")]
    entered: Option<OwnedEntered>,
}

impl RootGuard {
    /// Begins the scope, enters it and opens the span. Does nothing without a tracer.
    pub(crate) fn begin(begin: &impl Begin) -> Self {
        let mut span = SpanGuard::off();
        let entered = begin_scope(begin).map(|scope| {
            let is_recording = scope.is_recording();
            let entered = scope.enter_owned();
            if is_recording {
                span = SpanGuard::from_opened(begin.open());
            }
            entered
        });
        Self {
            span: ManuallyDrop::new(span),
            entered,
        }
    }

    /// Returns whether the span is recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    /// Ends the span of a body that returned.
    pub fn end(mut self, has_failed: bool) {
        let span = std::mem::replace(&mut *self.span, SpanGuard::off());
        span.end(has_failed);
    }
}

impl Drop for RootGuard {
    fn drop(&mut self) {
        self.span.close_dropped();
    }
}
