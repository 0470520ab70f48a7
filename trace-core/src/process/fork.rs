//! What a process has of its own, and how it is told that it is the child of a `fork`.
//!
//! The child has the thread that forked and no other, and copies of all locks, those
//! that threads held which it does not have among them. So it takes none of its
//! parent's: what was made in another *generation* is left alone, and statics that need
//! a lock are a [`PerProcess`].
//!
//! With [`clock::counter`](crate::process::clock) and [`exit`](crate::process::exit) the only `unsafe` of
//! the project. A crate that tells of forks would have to compare process ids, which is a system call for each
//! root.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// Forks between the process in which this was first looked at and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process in which something was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

impl Generation {
    pub(crate) fn current() -> Self {
        // Relaxed, here and below: only the one thread of a child writes it, before it
        // does anything else.
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether this is the process.
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }

    /// Begins the next one. Async-signal-safe.
    pub(crate) fn begin_next() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether this process is a child in which something of another generation may be
/// met: one load and one branch, for what every root passes.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn has_happened() -> bool {
    // Where nothing is recorded, nothing is left of what this is asked for.
    cfg!(feature = "record") && GENERATION.load(Ordering::Relaxed) != 0
}

/// Has `in_child` called in every child from now on, by the thread that forked, before
/// `fork` returns. It has to be async-signal-safe.
///
/// What makes a process without this (`vfork`, a bare `clone`) is not noticed.
pub(crate) fn watch(in_child: extern "C" fn()) {
    use std::sync::atomic::AtomicBool;
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    // Not a `Once`: a thread might fork while another one is in it, for ever in the
    // child. Two that race have the function called twice, which does no harm.
    if !IS_WATCHED.load(Ordering::Acquire) {
        let is_watched = call_at_fork(in_child);
        IS_WATCHED.store(is_watched, Ordering::Release);
    }
}

/// Returns whether there was memory for it; where nothing forks, or nothing is recorded,
/// there is nothing to do.
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
        // SAFETY: `in_child` is async-signal-safe, as `watch` demands, lives as long as
        // the program, and does not unwind, as no `extern "C"` function does.
        let error = unsafe { pthread_atfork(None, None, Some(in_child)) };
        if error != 0 {
            return false;
        }
    }
    let _ = in_child;
    true
}

/// A static value that each process makes for itself, so that a lock in it cannot be
/// one that the parent held when it forked. No thread waits for another one to make it.
///
/// Each generation's value stays where it is to the end of the process.
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

    /// Returns this process's value; makes it first if there is none, perhaps of the
    /// parent's, whose locks may be held for ever.
    pub(crate) fn get(&'static self, make: impl FnOnce(Option<&'static T>) -> T) -> &'static T {
        // Acquire: its partner is the release in `offer`.
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

    /// Puts a value in the place of an older one, unless another thread was faster.
    #[cold]
    fn offer(&'static self, newest: *mut Made<T>, value: Box<Made<T>>) -> &'static T {
        let value = Box::leak(value);
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        match self.0.compare_exchange(newest, value, success, failure) {
            // The loser of a race leaks what it made, which can happen once.
            Err(newest) => Self::made(newest).map_or(&value.value, |made| &made.value),
            Ok(_) => &value.value,
        }
    }

    fn made(newest: *mut Made<T>) -> Option<&'static Made<T>> {
        #[expect(unsafe_code, reason = "std has no cell that never waits")]
        // SAFETY: the pointer is null or comes from `Box::leak` in `offer`, which is
        // its only source; nothing frees or changes what it points to.
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
