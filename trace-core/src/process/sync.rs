//! Locks, condition variables and atomics: std's, or those of loom in its models.
//!
//! Loom runs a model in every order of its threads. Code whose orders matter takes its types
//! from here; other code may use std's.

use std::sync::{LockResult, PoisonError};

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicI64, AtomicU64};
#[cfg(not(loom))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicI64, AtomicU64};
#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(loom)]
pub(crate) use modeled::Condvar;

/// Returns what a lock guards, even if a thread panicked while it held the lock.
///
/// This does no harm, because the guarded data is consistent whenever a panic is possible. Code
/// of the application may panic, and no such code runs under a lock of this crate. The exception
/// is a lock that guards such code itself, as that of a printer guards its writer.
pub(crate) trait Unpoisoned {
    type Guarded;

    fn unpoisoned(self) -> Self::Guarded;
}

impl<G> Unpoisoned for LockResult<G> {
    type Guarded = G;

    #[inline]
    fn unpoisoned(self) -> G {
        self.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(loom)]
mod modeled {
    use std::sync::LockResult;
    use std::time::Duration;

    use super::MutexGuard;

    /// A condition variable without time, because loom has none.
    ///
    /// A wait with a zero timeout returns at once. Any other wait lasts until it is notified.
    /// If that never happens, loom reports a deadlock.
    #[derive(Debug)]
    pub(crate) struct Condvar(loom::sync::Condvar);

    /// Whether a wait ended because of its timeout.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct WaitTimeoutResult(bool);

    impl WaitTimeoutResult {
        pub(crate) fn timed_out(self) -> bool {
            self.0
        }
    }

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(crate) fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            timeout: Duration,
        ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
            if timeout.is_zero() {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            let guard = self.0.wait(guard);
            guard
                .map(|guard| (guard, WaitTimeoutResult(false)))
                .map_err(|poison| {
                    let guard = (poison.into_inner(), WaitTimeoutResult(false));
                    std::sync::PoisonError::new(guard)
                })
        }

        pub(crate) fn wait_timeout_while<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            timeout: Duration,
            mut is_waiting: impl FnMut(&mut T) -> bool,
        ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
            while is_waiting(&mut guard) {
                let (woken, result) = self.wait_timeout(guard, timeout)?;
                if result.timed_out() {
                    return Ok((woken, result));
                }
                guard = woken;
            }
            Ok((guard, WaitTimeoutResult(false)))
        }
    }
}
