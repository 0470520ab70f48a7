//! Enters a scope, so that a thread runs its code. The scope is left when a guard is dropped,
//! or when the visit ends for which it was entered.
//!
//! While the code runs, the scope is empty, and its state is on the thread's stack. Leaving
//! moves the state back, or ends the scope. If the process has forked, or a coroutine has
//! moved to another thread, the scope is not on the stack of the leaving thread. Then there is
//! no state to move back, and the scope stays empty.
//!
//! A scope that is never left, because its guard was forgotten, stays on the stack. The stack
//! has no destructor, so the scope's entries are not handed over.

use std::sync::Arc;

use super::active::Active;
use super::entered::{self, LeftVisit};
use super::recording::Recording;
use super::scope::{Scope, end_scope};
use super::unsampled::Unsampled;
use crate::record::trace::LocalTrace;

/// A guard. The scope's code runs on this thread until it is dropped.
///
/// It borrows the scope. So the scope's holder cannot poll, enter or end it a second time
/// while its state is on the stack.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    scope: &'a mut Scope,
    number: u32,
}

/// A guard. The scope's code runs on this thread, and the scope ends when the guard is
/// dropped.
///
/// The stack owns the scope's state. The guard has only the number of the scope.
#[derive(Debug)]
pub(crate) struct OwnedEntered {
    number: u32,
}

impl Scope {
    /// Enters the scope, so that the thread runs its code.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        let number = self.push_on_stack(0);
        Entered {
            scope: self,
            number,
        }
    }

    /// Enters the scope without a borrow. The scope ends with the guard.
    pub(crate) fn enter_owned(mut self) -> OwnedEntered {
        // `self` is empty now, so its drop ends nothing.
        OwnedEntered {
            number: self.push_on_stack(0),
        }
    }

    /// Enters the scope for the visit of a span, until [`entered::leave_span`] ends the visit.
    pub(in crate::record) fn enter_for(mut self, span: u64) {
        self.push_on_stack(span);
    }

    /// Moves the scope's state to the thread's stack. Returns the number of the scope.
    #[inline]
    fn push_on_stack(&mut self, visitor: u64) -> u32 {
        self.keep_own();
        entered::enter_scope(visitor, std::mem::take(&mut self.0))
    }

    /// Enters another scope of a trace that is not recorded, until
    /// [`leave_copy`](Self::leave_copy). Several threads may do this at once, because each
    /// gets its own copy.
    pub(crate) fn enter_copy(&self) {
        if let Some(unsampled) = self.unsampled_trace() {
            let key = visit_key(unsampled);
            Self::unsampled(unsampled.copy_for_scope()).enter_for(key);
        }
    }

    /// Leaves the scope that [`enter_copy`](Self::enter_copy) entered last on this thread.
    /// Returns whether there was one.
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

    /// Leaves the scope and ends it.
    #[inline]
    pub(crate) fn end(self) {
        if let Some(active) = entered::leave_scope_for_good(self.number) {
            end_scope(active);
        }
        // The drop would search the stack for the scope again.
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    /// Leaves the scope until the next poll. This also runs if the scope's code panics. The
    /// scope then waits, and ends when its holder is dropped.
    #[inline]
    fn drop(&mut self) {
        if let Some(active) = entered::leave_scope(self.number) {
            // The old value is empty, because the state was taken when the scope was entered.
            // It is forgotten, so that no code is generated to drop it.
            std::mem::forget(std::mem::replace(&mut self.scope.0, active));
        }
    }
}

impl OwnedEntered {
    /// Lets a span that was opened in the scope end after the scope, if one other than `base` is
    /// current. Call it before the drop.
    pub(crate) fn keep_ends(&self, base: u64) {
        entered::note_open_within(self.number, base);
    }
}

impl Drop for OwnedEntered {
    /// Leaves the scope and ends it. The stack is not borrowed when the scope ends, because
    /// this may drop the last reference to a tracer, and with it a sampler.
    fn drop(&mut self) {
        if let Some(active) = entered::leave_scope_for_good(self.number) {
            end_scope(active);
        }
    }
}

/// The key of visits of a trace that is not recorded, by which they are found among visits of
/// spans.
///
/// Its upper bits are all set, and its lower bits are unique to the scope. A random span id is
/// equal with a probability of one in 2⁶⁴.
fn visit_key(unsampled: &Unsampled) -> u64 {
    !u64::from(unsampled.key())
}

/// Leaves the last visit of a span on this thread, and ends the scope that was entered for it.
/// Returns whether there was one.
pub(in crate::record) fn end_visit_of(span: u64) -> bool {
    let left = entered::leave_span(span);
    let is_left = left.is_some();
    if let Some(LeftVisit::InScope(_, active)) = left {
        // The stack is not borrowed here, because ending a scope may drop a sampler.
        end_scope(active);
    }
    is_left
}

/// Enters a scope of a trace for a new span below `parent`, and opens the span with `open`,
/// which returns its id. The visit of the span ends like any other visit.
pub(in crate::record) fn enter_to_open(
    trace: &Arc<LocalTrace>,
    parent: u64,
    open: impl FnOnce() -> u64,
) {
    let recording = Recording::join(trace, trace.head.baggage(), parent);
    // The span has no id until it is opened in the scope. Until then the scope has no visited
    // span. No code searches for it, because only this crate's code runs in between.
    Scope(Active::Recorded(recording)).enter_for(0);
    entered::set_visitor(open());
}
