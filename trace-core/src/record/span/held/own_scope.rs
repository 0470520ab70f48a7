//! The scope of a held root, which the span owns, and visits to other scopes.
//!
//! Who enters a held root first runs in that scope, and others run in scopes beside it.
//! The lock is held to take the scope out and to put it back, and never while code runs
//! in it.

use std::sync::Arc;

use super::held_span::HeldSpan;
use crate::process::sync::{Mutex, Unpoisoned};
use crate::record::scope::entered::{self, LeftVisit};
use crate::record::scope::{self, Active, Scope};
use crate::record::trace::LocalTrace;

impl HeldSpan {
    /// Takes the scope, if it is the span's own and waits here.
    pub(super) fn take_own(&self) -> Option<Scope> {
        let own = self.own.as_ref()?;
        let mut own = own.lock().unpoisoned();
        own.is_recording().then(|| own.take_scope())
    }

    /// Puts the span's own scope back that was left, and ends any other.
    pub(super) fn settle_left_visit(&self, left: LeftVisit) {
        let LeftVisit::InScope(number, active) = left else {
            return;
        };
        match &self.own {
            Some(own) if number == self.life.home() => self.keep_own(own, active),
            _ => scope::end_scope(active),
        }
    }

    /// Puts the span's own scope back for whoever enters it next.
    fn keep_own(&self, own: &Mutex<Scope>, active: Active) {
        let mut own = own.lock().unpoisoned();
        own.put_back_active(active);
    }

    /// Enters a scope for a visit of the span, with the baggage of its start.
    pub(super) fn enter_visit(&self, trace: &Arc<LocalTrace>, order: u32) {
        entered::enter_visit(Arc::clone(trace), self.baggage.clone(), self.span(), order);
    }
}
