//! A scope that waits for its code to be polled.
//!
//! It is what a root's future and [`InScope`](super::InScope) hold beside the body: a
//! scope before it begins, between polls, while the body is dropped, and after its end.
//! After the end nothing is left to drop.

use std::mem::ManuallyDrop;

use super::entering::OwnedEntered;
use super::scope::Scope;

/// A scope between polls, and while its code is dropped.
#[derive(Debug, Default)]
pub(crate) struct WaitingScope(ManuallyDrop<ScopeState>);

/// See [`WaitingScope`].
#[derive(Debug, Default)]
enum ScopeState {
    /// It has not begun, or has ended.
    #[default]
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// It is entered to drop its code.
    Dropping {
        #[expect(dead_code, reason = "held for its destructor, which leaves the scope")]
        entered: OwnedEntered,
    },
}

impl WaitingScope {
    /// A scope that has not begun.
    pub(crate) const NOWHERE: Self = Self(ManuallyDrop::new(ScopeState::Nowhere));

    pub(crate) const fn new(scope: Scope) -> Self {
        Self(ManuallyDrop::new(ScopeState::Waiting(scope)))
    }

    /// Begins to wait with a scope; there must be none yet, as it is not dropped.
    #[inline]
    pub(crate) fn begin(&mut self, scope: Scope) {
        self.0 = ManuallyDrop::new(ScopeState::Waiting(scope));
    }

    /// The scope, if its code waits to be polled.
    #[inline]
    pub(crate) fn waiting(&mut self) -> Option<&mut Scope> {
        match &mut *self.0 {
            ScopeState::Waiting(scope) => Some(scope),
            ScopeState::Nowhere | ScopeState::Dropping { .. } => None,
        }
    }

    /// Notes that the scope has ended, as [`Entered::end`](super::entering::Entered::end) did.
    #[inline]
    pub(crate) fn set_over(&mut self) {
        // Not dropped: nothing is left in it.
        self.0 = ManuallyDrop::new(ScopeState::Nowhere);
    }

    /// Enters the scope, so that its code is dropped in it.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if let ScopeState::Waiting(scope) = &mut *self.0 {
            let entered = std::mem::take(scope).enter_owned();
            self.0 = ManuallyDrop::new(ScopeState::Dropping { entered });
        }
    }
}

impl Drop for WaitingScope {
    /// Inlined for a scope that has ended, as most have when they are dropped.
    #[inline]
    fn drop(&mut self) {
        if !matches!(*self.0, ScopeState::Nowhere) {
            drop_scope_state(std::mem::take(&mut *self.0));
        }
    }
}

/// Ends the scope, or leaves it after its code was dropped. Not inlined, as most have
/// ended.
#[inline(never)]
fn drop_scope_state(state: ScopeState) {
    drop(state);
}
