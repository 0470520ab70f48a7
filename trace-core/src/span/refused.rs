//! A held span of a trace that is not recorded.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::record::Scope;

/// A span of a trace that is not recorded.
pub(super) struct Refused {
    pub(super) scope: Scope,
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
        // Relaxed: who is to know of the end has heard of it in some way.
        self.has_ended.load(Ordering::Relaxed)
    }

    pub(super) fn enter(&self) -> bool {
        let is_open = !self.has_ended();
        if is_open {
            self.scope.enter_copy();
        }
        is_open
    }

    /// Ends it: on this thread it is left.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
        while self.scope.leave_copy() {}
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.end();
    }
}
