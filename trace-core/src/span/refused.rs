//! A held span of a trace that is not recorded. It carries the context and records nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::record::Scope;

/// A held span of a trace that is not recorded.
pub(super) struct Refused {
    /// The scope with the trace's context. Threads that enter the span enter copies of it.
    pub(super) scope: Scope,
    /// Set by the first end; never cleared.
    has_ended: AtomicBool,
}

impl Refused {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            has_ended: AtomicBool::new(false),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        // Relaxed: the flag guards no other memory, and the span records nothing. If code must
        // see the end, the application orders it after the end (with a channel or a join).
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Makes this the current span of the thread, unless it has ended. Returns whether it is
    /// now the current span.
    pub(super) fn enter(&self) -> bool {
        let is_open = !self.has_ended();
        if is_open {
            self.scope.enter_copy();
        }
        is_open
    }

    /// Ends the span, and leaves it as often as this thread has entered it.
    pub(super) fn end(&self) {
        // Relaxed: see `has_ended`.
        self.has_ended.store(true, Ordering::Relaxed);
        while self.scope.leave_copy() {}
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.end();
    }
}
