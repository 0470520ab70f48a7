//! Detects that the process is the child of a `fork`, and owns what each process must have for
//! itself.
//!
//! The child has only the thread that called `fork`, and a copy of every lock, even of those
//! held by threads that it does not have. Such a lock is never released. So the child takes no
//! lock of its parent: it does not touch what was made in another *generation*, and statics
//! that need a lock are a [`PerProcess`].
//!
//! This file, [`clock::counter`](crate::process::clock) and [`exit`](crate::process::exit) have
//! the only `unsafe` of the project. A crate that detects forks would have to compare process
//! ids, and that is a system call for each root.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// How many forks lie between the first process that read this and the current one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Names the process in which something was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

impl Generation {
    pub(crate) fn current() -> Self {
        // Relaxed: only the single thread of a child writes it, before any other code of the
        // child runs. So no two threads ever race for it.
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Returns whether it was made in the current process.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }

    /// Begins the next generation. Async-signal-safe.
    pub(crate) fn begin_next() {
        // Relaxed: see `current`.
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns whether this process is a child, so that things of another generation may exist.
///
/// Every root calls it: it is one load and one branch.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn has_happened() -> bool {
    // A constant in a build that does not record, so that the compiler removes the callers'
    // branches. Relaxed: see `Generation::current`.
    cfg!(feature = "record") && GENERATION.load(Ordering::Relaxed) != 0
}

/// Registers a function that every later child calls, on its only thread, before `fork`
/// returns there. The function has to be async-signal-safe.
///
/// Children of `vfork` or of a bare `clone` do not call it and are not noticed.
pub(crate) fn call_in_children(in_child: extern "C" fn()) {
    use std::sync::atomic::AtomicBool;
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    // Not a `Once`: if a thread forks while another one runs its closure, the child waits
    // forever. Two threads that race register the function twice, which does no harm.
    // Acquire: its partner is the release below. A thread that sees `true` may rely on the
    // registration.
    if !IS_REGISTERED.load(Ordering::Acquire) {
        let is_registered = call_at_fork(in_child);
        IS_REGISTERED.store(is_registered, Ordering::Release);
    }
}

/// Registers the function; returns `false` if there was no memory for it.
///
/// Does nothing on systems without `fork`, and in a build that does not record.
fn call_at_fork(in_child: extern "C" fn()) -> bool {
    #[cfg(all(
        feature = "record",
        not(miri),
        any(
            target_os = "linux",
            target_os = "android",
            target_vendor = "apple",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "openbsd",
            target_os = "dragonfly",
            target_os = "illumos",
            target_os = "solaris"
        )
    ))]
    {
        type Handler = extern "C" fn();

        #[expect(unsafe_code, reason = "the operating system has no other face")]
        // SAFETY: the declaration is that of POSIX.
        unsafe extern "C" {
            /// Source: POSIX.1-2024, *pthread_atfork*. It is in the C library that std
            /// is linked to.
            fn pthread_atfork(
                prepare: Option<Handler>,
                parent: Option<Handler>,
                child: Option<Handler>,
            ) -> std::ffi::c_int;
        }

        #[expect(unsafe_code, reason = "the operating system has no other face")]
        // SAFETY: `in_child` is async-signal-safe, as `call_in_children` requires. It lives as
        // long as the program, and it does not unwind, as no `extern "C"` function does.
        let error = unsafe { pthread_atfork(None, None, Some(in_child)) };
        if error != 0 {
            return false;
        }
    }
    let _ = in_child;
    true
}

/// A static value that each process makes for itself.
///
/// So a lock in it is never one that a thread of the parent held at the `fork`. No thread waits
/// for another one to make the value. Each generation's value is leaked: references to it are
/// valid until the process ends.
#[derive(Debug)]
pub(crate) struct PerProcess<T: 'static>(AtomicPtr<Made<T>>);

#[derive(Debug)]
struct Made<T> {
    generation: Generation,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// Returns this process's value. If there is none, calls `make` with the value of the
    /// parent, if there is one. `make` must not take a lock in it: it may be held forever.
    pub(crate) fn get(&'static self, make: impl FnOnce(Option<&'static T>) -> T) -> &'static T {
        // Acquire: its partner is the release in `offer`, which publishes the value behind the
        // pointer.
        let newest = self.0.load(Ordering::Acquire);
        let made = Self::made(newest);
        match made {
            Some(made) if made.generation.is_current() => &made.value,
            _ => self.offer(
                newest,
                Box::new(Made {
                    generation: Generation::current(),
                    value: make(made.map(|made| &made.value)),
                }),
            ),
        }
    }

    /// Replaces the older value, unless another thread was faster; returns the stored one.
    #[cold]
    fn offer(&'static self, newest: *mut Made<T>, value: Box<Made<T>>) -> &'static T {
        let value = Box::leak(value);
        // Release on success: publishes `value` to the acquire in `get`. Acquire on failure:
        // its partner is the release of the thread that was faster, whose value is read here.
        let (success, failure) = (Ordering::Release, Ordering::Acquire);
        match self.0.compare_exchange(newest, value, success, failure) {
            // A thread that loses the race leaks its value. That happens at most once for each
            // thread and generation.
            Err(newest) => Self::made(newest).map_or(&value.value, |made| &made.value),
            Ok(_) => &value.value,
        }
    }

    fn made(newest: *mut Made<T>) -> Option<&'static Made<T>> {
        #[expect(unsafe_code, reason = "std has no cell that never waits")]
        // SAFETY: the pointer is null, or it comes from `Box::leak` in `offer`, its only
        // source. Nothing frees or changes the value behind it.
        unsafe {
            newest.as_ref()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn threads_that_race_get_the_same_value() {
        static VALUE: PerProcess<Mutex<u64>> = PerProcess::new();
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let get = || {
            VALUE.get(|older| {
                assert!(older.is_none());
                MADE.fetch_add(1, Ordering::Relaxed);
                Mutex::new(7)
            })
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| *get().lock().unwrap() += 1);
            }
        });
        assert_eq!(*get().lock().unwrap(), 11);
        assert!((1..=4).contains(&MADE.load(Ordering::Relaxed)));
    }
}
