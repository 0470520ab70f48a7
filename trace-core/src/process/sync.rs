//! Locks, condition variables and atomics: from std, or from loom in its models.
//!
//! Loom runs a model with every possible order of its threads. Code for which this order
//! matters uses the types here. Other code may use std's.

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

/// Returns the guarded value of a lock, even if a thread panicked while it held the lock.
///
/// This is harmless, because the guarded data is consistent whenever a panic is possible.
/// Application code may panic, but it does not run under a lock of this crate. The exception
/// is a lock that guards application code itself, such as the writer of a printer.
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
    /// If no notification comes, loom reports a deadlock.
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
