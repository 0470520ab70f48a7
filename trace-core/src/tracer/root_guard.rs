//! Root spans of code that is not async.

use super::begin::{Begin, scope_of};
use crate::record::{OwnedEntered, SpanGuard};

/// The root span of code that is not async; ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct RootGuard {
    span: SpanGuard,
    /// Dropped after the span is closed: leaves the scope.
    #[expect(dead_code, reason = "held for its destructor")]
    entered: Option<OwnedEntered>,
}

impl RootGuard {
    pub(crate) fn begin(begin: &impl Begin) -> Self {
        let mut span = SpanGuard::off();
        let entered = scope_of(begin).map(|scope| {
            let is_recording = scope.is_recording();
            let entered = scope.enter_owned();
            if is_recording {
                span = SpanGuard::of_opened(begin.open());
            }
            entered
        });
        Self { span, entered }
    }

    /// Returns whether the span is recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    /// Ends the span of a body that returned.
    pub fn end(self, has_failed: bool) {
        self.span.end(has_failed);
    }
}
