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
        // Relaxed: the flag guards no other memory, and nothing of the span is recorded. Code
        // that must see the end is ordered after it by the application (a channel, a join).
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Makes it the current span of this thread, unless it has ended; returns whether it did.
    pub(super) fn enter(&self) -> bool {
        let is_open = !self.has_ended();
        if is_open {
            self.scope.enter_copy();
        }
        is_open
    }

    /// Ends it, and leaves it on this thread as often as this thread has entered it.
    pub(super) fn end(&self) {
        // Relaxed: its partner is the load in `has_ended`; see there.
        self.has_ended.store(true, Ordering::Relaxed);
        while self.scope.leave_copy() {}
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.end();
    }
}
