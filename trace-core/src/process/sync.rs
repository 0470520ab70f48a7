//! What threads meet at: std's, or loom's, which tries every order.

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

/// What a lock guards, also after a thread panicked that had it.
///
/// That does no harm: none of the application's code, which may panic, runs under a lock of
/// this crate's, but for what a lock of its own guards, such as the writer of a printer. What
/// is guarded is whole whenever such code is called.
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

    /// A condition on which one waits until it is notified, however long that takes,
    /// or not at all: loom knows no time, and who waits in vain is a deadlock, which
    /// it finds.
    #[derive(Debug)]
    pub(crate) struct Condvar(loom::sync::Condvar);

    /// Whether a wait ended by itself.
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
