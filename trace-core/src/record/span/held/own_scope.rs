//! The scope of a held root, which the span owns, and visits to other scopes.
//!
//! The first thread that enters a held root runs in that scope; others run in scopes beside
//! it. The lock is held to take the scope out and to put it back, never while code runs in
//! it, and never together with another lock.

use std::sync::Arc;

use super::held_span::HeldSpan;
use crate::process::sync::{Mutex, Unpoisoned};
use crate::record::scope::entered::{self, LeftVisit};
use crate::record::scope::{self, Active, Scope};
use crate::record::trace::LocalTrace;

impl HeldSpan {
    /// Takes the scope, if the span owns it and it waits here. It leaves an empty scope,
    /// which tells other threads that somebody runs in it.
    pub(super) fn take_own(&self) -> Option<Scope> {
        let own = self.own.as_ref()?;
        let mut own = own.lock().unpoisoned();
        own.is_recording().then(|| own.take_scope())
    }

    /// Puts the span's own scope back after it was left; ends any other scope.
    pub(super) fn settle_left_visit(&self, left: LeftVisit) {
        let LeftVisit::InScope(number, active) = left else {
            return;
        };
        match &self.own {
            Some(own) if number == self.life.home() => self.keep_own(own, active),
            // Made for the visit alone, so what it recorded is handed over here.
            _ => scope::end_scope(active),
        }
    }

    /// Puts the span's own scope back for the next thread that enters it. The lock also
    /// passes on what this thread has written to the scope's stream.
    fn keep_own(&self, own: &Mutex<Scope>, active: Active) {
        // What is there is empty since `take_own`, so nothing is dropped under the lock.
        let mut own = own.lock().unpoisoned();
        own.put_back_active(active);
    }

    /// Enters a scope for a visit of the span, with the baggage with which the span started.
    pub(super) fn enter_visit(&self, trace: &Arc<LocalTrace>, order: u32) {
        entered::enter_visit(Arc::clone(trace), self.baggage.clone(), self.span(), order);
    }
}
