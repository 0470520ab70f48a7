//! Root spans of code that is not async.

use std::marker::PhantomData;

use super::begin::{Begin, close, scope_of};
use crate::record::OwnedEntered;
use crate::span_record::Outcome;

/// The root span of code that is not async; ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct RootGuard {
    span: u64,
    has_failed: bool,
    was_panicking: bool,
    /// Dropped after the span is closed: leaves the scope.
    #[expect(dead_code, reason = "held for its destructor")]
    entered: Option<OwnedEntered>,
    /// The span is the current one of this thread.
    not_send: PhantomData<*const ()>,
}

impl RootGuard {
    pub(crate) fn begin(begin: &impl Begin) -> Self {
        let mut span = 0;
        let entered = scope_of(begin).map(|scope| {
            let is_recording = scope.is_recording();
            let entered = scope.enter_owned();
            if is_recording {
                span = begin.open();
            }
            entered
        });
        Self {
            span,
            has_failed: false,
            was_panicking: std::thread::panicking(),
            entered,
            not_send: PhantomData,
        }
    }

    /// Returns whether the span is recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.span != 0
    }

    /// Ends the span of a body that returned.
    pub fn end(mut self, has_failed: bool) {
        self.has_failed = has_failed;
    }
}

impl Drop for RootGuard {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() && !self.was_panicking {
            Outcome::Panicked
        } else {
            Outcome::of_body(self.has_failed)
        };
        close(&mut self.span, outcome);
    }
}
