//! Detects that the process is the child of a `fork`, and owns values that each process must
//! create for itself.
//!
//! The child has only the thread that called `fork`, but it has a copy of every lock. A lock
//! that another thread held during the `fork` is never released in the child. So the child
//! takes no lock of its parent. It does not touch values from another *generation*, and every
//! static that needs a lock is a [`PerProcess`].
//!
//! All `unsafe` code of the project is in this file, in
//! [`clock::counter`](crate::process::clock) and in [`exit`](crate::process::exit). A crate
//! that detects forks would have to compare process ids, which takes a system call for each
//! root.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The number of forks between the first process that used this crate and the current process.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Identifies the process in which a value was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

impl Generation {
    pub(crate) fn current() -> Self {
        // Relaxed: only the single thread of a child writes the number, before any other code
        // of the child runs. So threads never race.
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Returns whether this is the generation of the current process.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }

    /// Begins the next generation. Async-signal-safe.
    pub(crate) fn begin_next() {
        // Relaxed: see `current`.
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns whether this process is the child of a `fork`. Then values of another generation
/// may exist.
///
/// Every root calls this function. It costs one load and one branch.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn has_happened() -> bool {
    // Without the feature `record` the result is constant, so the compiler removes the
    // callers' branches. Relaxed: see `Generation::current`.
    cfg!(feature = "record") && GENERATION.load(Ordering::Relaxed) != 0
}

/// Registers a function that every later child calls, on its only thread, before `fork`
/// returns there. The function must be async-signal-safe.
///
/// Children of `vfork` or of a bare `clone` do not call the function and are not detected.
pub(crate) fn call_in_children(in_child: extern "C" fn()) {
    use std::sync::atomic::AtomicBool;
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    // Not a `Once`: if one thread forks while another runs its closure, the child waits
    // forever. Two threads that race register the function twice, which is harmless. Acquire:
    // pairs with the release below. A thread that sees `true` may rely on the registration.
    if !IS_REGISTERED.load(Ordering::Acquire) {
        let is_registered = call_at_fork(in_child);
        IS_REGISTERED.store(is_registered, Ordering::Release);
    }
}

/// Registers the function; returns `false` if there was not enough memory.
///
/// Does nothing on systems without `fork`, or without the feature `record`.
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
        // SAFETY: the declaration matches POSIX.
        unsafe extern "C" {
            /// Source: POSIX.1-2024, *pthread_atfork*. The C library that std links to
            /// contains it.
            fn pthread_atfork(
                prepare: Option<Handler>,
                parent: Option<Handler>,
                child: Option<Handler>,
            ) -> std::ffi::c_int;
        }

        #[expect(unsafe_code, reason = "the operating system has no other face")]
        // SAFETY: `in_child` is async-signal-safe, as `call_in_children` requires. It lives as
        // long as the program. Like every `extern "C"` function, it does not unwind.
        let error = unsafe { pthread_atfork(None, None, Some(in_child)) };
        if error != 0 {
            return false;
        }
    }
    let _ = in_child;
    true
}

/// A static value that each process creates for itself.
///
/// So the value never contains a lock that a thread of the parent held during the `fork`. No
/// thread waits for another thread to create the value. The value of each generation is
/// leaked, so references to it are valid until the process ends.
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

    /// Returns the value of this process. If there is none, calls `make` with the parent's
    /// value, if the parent has one. `make` must not take a lock in the parent's value,
    /// because the lock may be held forever.
    pub(crate) fn get(&'static self, make: impl FnOnce(Option<&'static T>) -> T) -> &'static T {
        // Acquire: pairs with the release in `offer`, which publishes the value behind the
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

    /// Replaces the older value, unless another thread was faster; returns the stored value.
    #[cold]
    fn offer(&'static self, newest: *mut Made<T>, value: Box<Made<T>>) -> &'static T {
        let value = Box::leak(value);
        // Release on success: publishes `value` to the acquire in `get`. Acquire on failure:
        // pairs with the release of the faster thread, whose value is read here.
        let (success, failure) = (Ordering::Release, Ordering::Acquire);
        match self.0.compare_exchange(newest, value, success, failure) {
            // A thread that loses the race leaks its value. This happens at most once for each
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
