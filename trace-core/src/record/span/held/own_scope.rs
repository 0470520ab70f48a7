//! The scope of a span that has one of its own, and visits to another one.

use std::sync::{Arc, PoisonError};

use super::held_span::HeldSpan;
use crate::process::sync::Mutex;
use crate::record::scope::entered::{self, LeftVisit};
use crate::record::scope::{self, Active, Scope};
use crate::record::trace::LocalTrace;

impl HeldSpan {
    /// Takes the scope, if it is the span's own and waits here.
    pub(super) fn take_own(&self) -> Option<Scope> {
        let own = self.own.as_ref()?;
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
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

    fn keep_own(&self, own: &Mutex<Scope>, active: Active) {
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        own.put_back_active(active);
    }

    pub(super) fn enter_visit(&self, trace: &Arc<LocalTrace>, order: u32) {
        entered::enter_visit(Arc::clone(trace), self.baggage.clone(), self.span(), order);
    }
}
