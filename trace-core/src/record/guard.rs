//! The span of a function that is not async.

use std::marker::PhantomData;

use super::kept::RECORDS;
use super::{hot, write};
use crate::span_record::Outcome;
use crate::stream::Site;

/// A span that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct SpanGuard {
    /// The span; zero when it is not recorded.
    span: u64,
    parent: u64,
    was_panicking: bool,
    /// The span is the current one of this thread.
    not_send: PhantomData<*const ()>,
}

impl SpanGuard {
    /// Opens a span if anything is recorded on this thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter(site: &'static Site) -> Self {
        let (span, parent, was_panicking) = if hot::scope() == 0 {
            (0, 0, false)
        } else {
            let (span, parent) = write::open(site);
            (span, parent, std::thread::panicking())
        };
        Self {
            span,
            parent,
            was_panicking,
            not_send: PhantomData,
        }
    }

    /// Returns whether the span is recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        RECORDS && self.span != 0
    }

    /// Ends the span of a body that returned.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn end(self, has_failed: bool) {
        if self.is_recording() {
            write::close(self.span, self.parent, failed(has_failed, self.parent));
        }
        std::mem::forget(self);
    }
}

impl Drop for SpanGuard {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if !self.is_recording() {
            return;
        }
        let outcome = if std::thread::panicking() && !self.was_panicking {
            Outcome::Panicked
        } else {
            Outcome::Ok
        };
        write::close(self.span, self.parent, outcome);
    }
}

/// The outcome of a body that returned.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn failed(has_failed: bool, parent: u64) -> Outcome {
    if has_failed {
        hot::pass_failure(parent);
    }
    Outcome::of_body(has_failed)
}
