//! The span of a function that is not async.
//!
//! A guard stays on its thread. If it is dropped in order, it is dropped in the scope in which
//! it was made. So it needs no life and no reference to the trace, only the ids. `closing.rs`
//! handles guards that are dropped out of order.
//!
//! A forgotten guard leaves its span open. The span stays current until a span around it ends.
//! It is then a stray that never ends, so the trace never counts as complete.

use std::marker::PhantomData;
use std::panic::Location;

use super::closing;
use crate::record::if_recording::RECORDING_BUILT;
use crate::record::span::missed;
use crate::record::thread;
use crate::record::write;
use crate::stream::Site;
use crate::value::{Outcome, SpanKind};

/// A span that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct SpanGuard {
    /// The span; zero when it is not recorded.
    span: u64,
    /// The previous current span, which becomes current again when this is dropped.
    outer: u64,
    /// The scope in which the span was opened. It shows whether the guard is dropped out of
    /// order.
    scope: u32,
    /// Whether the thread was already unwinding when the span began, in a destructor. Then a
    /// drop during unwinding does not mean that the span's own body has panicked.
    was_panicking: bool,
    /// Not `Send`: only this thread can make `outer` current again.
    not_send: PhantomData<*const ()>,
}

impl SpanGuard {
    /// Opens a span if anything is recorded on this thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter(site: &'static Site) -> Self {
        let scope = thread::scope();
        if scope == 0 {
            // Only a curious thread finds out why; see `missed.rs`.
            if thread::is_curious() {
                missed::miss(site);
            }
            return Self::off();
        }
        Self::opened(write::open(site), scope)
    }

    /// Opens a span that is named at run time, at a place in the source, if anything is
    /// recorded on this thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter_at(name: &str, source: &'static Location<'static>) -> Self {
        if !RECORDING_BUILT {
            return Self::off();
        }
        let scope = thread::scope();
        if scope == 0 {
            if thread::is_curious() {
                let site = Site::find_by_call(name, source);
                missed::miss(site.unwrap_or_else(|| Site::unnamed_at(source)));
            }
            return Self::off();
        }
        let site = write::site_at(name, source);
        let or_unnamed = site.unwrap_or_else(|| Site::unnamed_at(source));
        let guard = Self::opened(write::open(or_unnamed), scope);
        if site.is_none() {
            write::description(guard.span, name, SpanKind::Internal, source);
        }
        guard
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

    /// Makes the guard of a span that was opened in the running scope. The pair is the span
    /// and the previous current span.
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

    /// Makes the guard for a caller that has opened the span itself, with a description.
    pub(crate) fn from_opened(opened: (u64, u64)) -> Self {
        Self::opened(opened, thread::scope())
    }

    /// Returns whether the span is recorded.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[must_use]
    pub fn is_recording(&self) -> bool {
        RECORDING_BUILT && self.span != 0
    }

    /// Ends the span of a body that has returned. `has_failed` is set if it returned an error.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn end(self, has_failed: bool) {
        if self.is_recording() {
            if has_failed {
                // The parent may record the same error next, and must not log it again.
                thread::note_failed_child(self.span, self.outer);
            }
            let outcome = Outcome::from_body(has_failed);
            closing::close(self.scope, self.span, self.outer, outcome);
        }
        // The drop would end the span again, without the error.
        std::mem::forget(self);
    }
}

impl Drop for SpanGuard {
    /// Ends the span of a body that returned without an error, or that unwinds. This may run
    /// during unwinding, so it must not panic, which would end the process.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if !self.is_recording() {
            return;
        }
        // By far the most common case is the end of the newest span, without an error. It
        // writes one word and is inlined. All other cases are one call.
        if std::thread::panicking() || !write::close_newest(self.span, self.outer) {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

impl SpanGuard {
    /// Ends the span of a guard whose holder is dropped. Unlike the drop itself, it is not
    /// inlined. It is for callers that need not save a few nanoseconds.
    pub(crate) fn close_dropped(&self) {
        if self.is_recording() {
            close(self.scope, self.span, self.outer, self.was_panicking);
        }
    }
}

/// Ends a span that had child spans, whose body panics, or that is not current because its
/// guard is dropped out of order.
#[inline(never)]
fn close(home: u32, span: u64, outer: u64, was_panicking: bool) {
    let outcome = if std::thread::panicking() && !was_panicking {
        Outcome::Panicked
    } else {
        Outcome::Ok
    };
    closing::close_in(home, span, outer, outcome);
}
