//! The span of a function that is not async.
//!
//! A guard stays on its thread, and in the scope in which it was made if it is dropped in
//! order. So it needs no life and no reference to the trace: the ids are enough. What is
//! dropped out of order is left to `closing.rs`.
//!
//! A guard that is forgotten leaves its span open, and current until a span around it ends.
//! The span is then a stray that never ends, so the trace never counts as complete.

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
    /// The span that was current before, and is again when this is dropped.
    outer: u64,
    /// The scope in which the span was opened. It tells a guard that is dropped out of order
    /// from the others.
    scope: u32,
    /// Whether the thread unwound already when the span began, in a destructor. Then the
    /// drop while it unwinds does not mean that the span's own body has panicked.
    was_panicking: bool,
    /// The span is the current one of this thread: another thread could not put `outer` back.
    not_send: PhantomData<*const ()>,
}

impl SpanGuard {
    /// Opens a span if anything is recorded on this thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter(site: &'static Site) -> Self {
        let scope = thread::scope();
        if scope == 0 {
            // Only a thread that is curious asks why; see `missed.rs`.
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

    /// The guard of a span that was opened in the scope that runs. The pair is the span and
    /// the span that was current before.
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

    /// The same, for a caller that has opened the span itself, with a description.
    pub(crate) fn from_opened(opened: (u64, u64)) -> Self {
        Self::opened(opened, thread::scope())
    }

    /// Returns whether the span is recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        RECORDING_BUILT && self.span != 0
    }

    /// Ends the span of a body that has returned; `has_failed` says whether with an error.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn end(self, has_failed: bool) {
        if self.is_recording() {
            if has_failed {
                // The parent may record the same error next, and logs it only once.
                thread::note_failed_child(self.outer);
            }
            let outcome = Outcome::from_body(has_failed);
            closing::close(self.scope, self.span, self.outer, outcome);
        }
        // The drop would end the span once more, and would take it for one that went well.
        std::mem::forget(self);
    }
}

impl Drop for SpanGuard {
    /// Ends the span of a body that returned without an error, or that unwinds. This runs
    /// while a panic unwinds, so nothing below it may panic: that would end the process.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if !self.is_recording() {
            return;
        }
        // The newest span without an error is by far the most common end. It is one word,
        // and is inlined. Everything else is one call.
        if std::thread::panicking() || !write::close_newest(self.span, self.outer) {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

impl SpanGuard {
    /// Ends the span of a guard whose holder is dropped. It is not inlined, unlike the drop
    /// itself: for callers for which a few nanoseconds do not matter.
    pub(crate) fn close_dropped(&self) {
        if self.is_recording() {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

/// Ends a span that had others within it, whose body panics, or that is not the current one
/// because its guard is dropped out of order.
#[inline(never)]
fn close(home: u32, span: u64, outer: u64, was_panicking: bool) {
    let outcome = if std::thread::panicking() && !was_panicking {
        Outcome::Panicked
    } else {
        Outcome::Ok
    };
    closing::close_in(home, span, outer, outcome);
}
