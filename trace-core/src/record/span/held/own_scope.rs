//! The scope of a held root, which the span owns, and visits in other scopes.
//!
//! The first thread that enters a held root runs in its own scope. Other threads run in
//! sibling scopes. The lock is held only to take the scope out and to put it back, and never
//! together with another lock.

use std::sync::Arc;

use super::held_span::HeldSpan;
use crate::process::sync::{Mutex, Unpoisoned};
use crate::record::scope::entered::{self, LeftVisit};
use crate::record::scope::{self, Active, Scope};
use crate::record::trace::LocalTrace;

impl HeldSpan {
    /// Takes the own scope, if there is one and it waits here. Leaves an empty scope, which
    /// tells other threads that a thread runs in the own scope.
    pub(super) fn take_own(&self) -> Option<Scope> {
        let own = self.own.as_ref()?;
        let mut own = own.lock().unpoisoned();
        own.is_recording().then(|| own.take_scope())
    }

    /// Puts the span's own scope back after it was left. Ends any other scope.
    pub(super) fn settle_left_visit(&self, left: LeftVisit) {
        let LeftVisit::InScope(number, active) = left else {
            return;
        };
        match &self.own {
            Some(own) if number == self.life.home() => self.keep_own(own, active),
            // The scope was made only for the visit, so its entries are handed over here.
            _ => scope::end_scope(active),
        }
    }

    /// Puts the span's own scope back for the next thread that enters it. The lock also makes
    /// this thread's writes to the scope's stream visible to that thread.
    fn keep_own(&self, own: &Mutex<Scope>, active: Active) {
        // The scope is empty since `take_own`, so nothing is dropped under the lock.
        let mut own = own.lock().unpoisoned();
        own.put_back_active(active);
    }

    /// Enters a scope for a visit of the span, with the baggage with which the span started.
    pub(super) fn enter_visit(&self, trace: &Arc<LocalTrace>, order: u32) {
        entered::enter_visit(Arc::clone(trace), self.baggage.clone(), self.span(), order);
    }
}
