//! How a thread runs a scope's code: until a guard is dropped, or until the visit ends
//! for which the scope was entered.
//!
//! While the code runs the scope is empty, and its state is on the thread's stack.
//! Leaving brings it back, or ends it. If the scope is not found, because the process has
//! forked or the thread is another one, there is nothing to bring back.

use std::sync::Arc;

use super::active::Active;
use super::entered::{self, LeftVisit};
use super::recording::Recording;
use super::scope::{Scope, end_scope};
use super::unsampled::Unsampled;
use crate::record::trace::LocalTrace;

/// A scope's code runs on this thread until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    scope: &'a mut Scope,
    number: u32,
}

/// A scope whose code runs on this thread, and which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedEntered {
    number: u32,
}

impl Scope {
    /// Makes the thread run this scope's code.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        let number = self.push_on_stack(0);
        Entered {
            scope: self,
            number,
        }
    }

    /// Makes the thread run this scope's code, without a borrow.
    pub(crate) fn enter_owned(mut self) -> OwnedEntered {
        OwnedEntered {
            number: self.push_on_stack(0),
        }
    }

    /// Makes the thread run this scope's code for the visit of a span, which
    /// [`entered::leave_span`] ends.
    pub(in crate::record) fn enter_for(mut self, span: u64) {
        self.push_on_stack(span);
    }

    /// Moves the scope's state to the thread's stack; returns the number of the scope.
    #[inline]
    fn push_on_stack(&mut self, visitor: u64) -> u32 {
        self.keep_own();
        entered::enter_scope(visitor, std::mem::take(&mut self.0))
    }

    /// Enters another scope of a trace that is not recorded, until
    /// [`leave_copy`](Self::leave_copy).
    pub(crate) fn enter_copy(&self) {
        if let Some(unsampled) = self.unsampled_trace() {
            let key = visit_key(unsampled);
            Self::unsampled(unsampled.copy_for_scope()).enter_for(key);
        }
    }

    /// Leaves what [`enter_copy`](Self::enter_copy) entered last on this thread; returns
    /// whether there was something.
    pub(crate) fn leave_copy(&self) -> bool {
        let key = self.unsampled_trace().map(visit_key);
        key.is_some_and(end_visit_of)
    }
}

impl Entered<'_> {
    /// The number of the scope.
    pub(in crate::record) fn number(&self) -> u32 {
        self.number
    }

    /// Leaves the scope, which ends.
    #[inline]
    pub(crate) fn end(self) {
        if let Some(active) = entered::leave_scope_for_good(self.number) {
            end_scope(active);
        }
        // The drop would leave the scope once more.
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = entered::leave_scope(self.number) {
            // Not dropped: it was taken when the scope was entered.
            std::mem::forget(std::mem::replace(&mut self.scope.0, active));
        }
    }
}

impl Drop for OwnedEntered {
    /// Leaves the scope, which so ends.
    fn drop(&mut self) {
        if let Some(active) = entered::leave_scope_for_good(self.number) {
            end_scope(active);
        }
    }
}

/// A key for visits of a trace that is not recorded. Unlike any span's id, but by accident.
fn visit_key(unsampled: &Unsampled) -> u64 {
    !u64::from(unsampled.key())
}

/// Leaves the last visit of a span on this thread, and ends the scope that was entered
/// for it; returns whether there was one.
pub(in crate::record) fn end_visit_of(span: u64) -> bool {
    let left = entered::leave_span(span);
    let is_left = left.is_some();
    if let Some(LeftVisit::InScope(_, active)) = left {
        end_scope(active);
    }
    is_left
}

/// Enters a scope of a trace for a span that is to begin below `parent`, and begins it.
pub(in crate::record) fn enter_to_open(
    trace: &Arc<LocalTrace>,
    parent: u64,
    open: impl FnOnce() -> u64,
) {
    let recording = Recording::join(trace, trace.head.baggage(), parent);
    Scope(Active::Recorded(recording)).enter_for(0);
    entered::set_visitor(open());
}
