//! The span of a function that is not async.
//!
//! A guard stays on the thread and, if it is dropped in order, in the scope in which it
//! was made. So it needs no life and no trace: the ids are enough. What happens out of
//! order is left to `closing.rs`.

use std::marker::PhantomData;

use super::closing;
use crate::record::if_recording::RECORDING_BUILT;
use crate::record::span::missed;
use crate::record::thread;
use crate::record::write;
use crate::stream::Site;
use crate::value::Outcome;

/// A span that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct SpanGuard {
    /// The span; zero when it is not recorded.
    span: u64,
    /// The span that was current before.
    outer: u64,
    /// The scope in which it was opened.
    scope: u32,
    /// Whether the thread unwound already when the span began: then its drop does
    /// not mean that its body has panicked.
    was_panicking: bool,
    /// The span is the current one of this thread.
    not_send: PhantomData<*const ()>,
}

impl SpanGuard {
    /// Opens a span if anything is recorded on this thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter(site: &'static Site) -> Self {
        let scope = thread::scope();
        if scope == 0 {
            if thread::is_curious() {
                missed::miss(site);
            }
            return Self::off();
        }
        Self::opened(write::open(site), scope)
    }

    /// A span that is not recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn off() -> Self {
        Self {
            span: 0,
            outer: 0,
            scope: 0,
            was_panicking: false,
            not_send: PhantomData,
        }
    }

    /// A span that was opened in the scope that runs, and the span that was current before.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn opened((span, outer): (u64, u64), scope: u32) -> Self {
        Self {
            span,
            outer,
            scope,
            was_panicking: std::thread::panicking(),
            not_send: PhantomData,
        }
    }

    /// A span that was opened in the scope that runs, and the span that was current before.
    pub(crate) fn from_opened(opened: (u64, u64)) -> Self {
        Self::opened(opened, thread::scope())
    }

    /// Returns whether the span is recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        RECORDING_BUILT && self.span != 0
    }

    /// Ends the span of a body that returned.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn end(self, has_failed: bool) {
        if self.is_recording() {
            if has_failed {
                // The parent may record the same error next.
                thread::note_failed_child(self.outer);
            }
            let outcome = Outcome::from_body(has_failed);
            closing::close(self.scope, self.span, self.outer, outcome);
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
        // The newest span without an error is by far the most common end: it is one word,
        // and is inlined. All else is one call.
        if std::thread::panicking() || !write::close_newest(self.span, self.outer) {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

impl SpanGuard {
    /// Ends the span of a guard that is dropped. Not inlined, unlike the drop itself: for
    /// callers for which a few nanoseconds do not matter.
    pub(crate) fn close_dropped(&self) {
        if self.is_recording() {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

/// Ends a span: one that had others within it, one whose body panics, or one that is not
/// the current one, as it is not dropped in order.
#[inline(never)]
fn close(home: u32, span: u64, outer: u64, was_panicking: bool) {
    let outcome = if std::thread::panicking() && !was_panicking {
        Outcome::Panicked
    } else {
        Outcome::Ok
    };
    closing::close_in(home, span, outer, outcome);
}
