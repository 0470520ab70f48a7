//! A scope that waits for its code to be polled.
//!
//! A root's future and [`InScope`](super::InScope) hold it beside the body. Its states are:
//! before the scope begins, between polls, while the body is dropped, and after the end. After
//! the end there is nothing to drop.
//!
//! It enters the scope only for the drop of the body. For polls, its holder enters the scope.

use std::mem::ManuallyDrop;

use super::entering::OwnedEntered;
use super::scope::Scope;

/// A scope between polls, and while its code is dropped.
///
/// The state is dropped by hand. So in the usual case, when the scope has ended, the drop is
/// one comparison in each future.
#[derive(Debug, Default)]
pub(crate) struct WaitingScope(ManuallyDrop<ScopeState>);

/// See [`WaitingScope`].
#[derive(Debug, Default)]
enum ScopeState {
    /// The scope has not begun, or has ended.
    #[default]
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// The scope is entered on this thread, and its code is being dropped. This state ends
    /// with that drop, so it never moves to another thread.
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

    /// Begins to wait with a scope. There must be no scope yet. It would not be dropped, and
    /// its trace would stay open forever.
    #[inline]
    pub(crate) fn begin(&mut self, scope: Scope) {
        self.0 = ManuallyDrop::new(ScopeState::Waiting(scope));
    }

    /// The scope, if its code waits to be polled.
    #[inline]
    pub(crate) fn waiting(&mut self) -> Option<&mut Scope> {
        // While the body is dropped, the state is on the stack, so this returns `None`.
        match &mut *self.0 {
            ScopeState::Waiting(scope) => Some(scope),
            ScopeState::Nowhere | ScopeState::Dropping { .. } => None,
        }
    }

    /// Notes that the scope was ended by [`Entered::end`](super::entering::Entered::end).
    #[inline]
    pub(crate) fn set_over(&mut self) {
        // The old value need not be dropped, because the scope has been empty since it was
        // entered.
        self.0 = ManuallyDrop::new(ScopeState::Nowhere);
    }

    /// Enters the scope, so that its code is dropped in it. Does nothing for a scope that has
    /// not begun or has ended.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if let ScopeState::Waiting(scope) = &mut *self.0 {
            let entered = std::mem::take(scope).enter_owned();
            // The scope is empty now, so the old value need not be dropped.
            self.0 = ManuallyDrop::new(ScopeState::Dropping { entered });
        }
    }
}

impl Drop for WaitingScope {
    /// Inlined for a scope that has ended, which is the usual case.
    ///
    /// Runs after the body was dropped, even if that drop panicked.
    #[inline]
    fn drop(&mut self) {
        if !matches!(*self.0, ScopeState::Nowhere) {
            drop_scope_state(std::mem::take(&mut *self.0));
        }
    }
}

/// Ends the scope, or leaves and ends it after its code was dropped. Not inlined, because few
/// futures need it.
#[inline(never)]
fn drop_scope_state(state: ScopeState) {
    drop(state);
}
