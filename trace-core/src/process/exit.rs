//! Calls a function when the process ends.
//!
//! Owns the registration. What is done at the end is in `tracer/at_exit.rs`.

use std::sync::atomic::{AtomicBool, Ordering};

/// A function that is called when the process ends, by `exit` or by the end of `main`, if it was
/// [registered](Self::ensure_registered).
///
/// The thread that ends the process calls it. Thread-locals with destructors may already be
/// gone. The function that was registered last is called first. In a library that a program
/// unloads, it is called at that moment. It is not called on systems other than Unix, nor in
/// a build without the feature `record`.
#[derive(Debug)]
pub(crate) struct AtExit {
    call: extern "C" fn(),
    is_registered: AtomicBool,
}

impl AtExit {
    pub(crate) const fn new(call: extern "C" fn()) -> Self {
        let is_registered = AtomicBool::new(false);
        Self {
            call,
            is_registered,
        }
    }

    /// Registers the function. If two threads race, it is registered and called twice, so it
    /// has to allow that.
    pub(crate) fn ensure_registered(&self) {
        // Not a `Once`, for the reason that `fork::call_in_children` gives.
        // Acquire: its partner is the release below. A thread that sees `true` may rely on the
        // registration.
        if !self.is_registered.load(Ordering::Acquire) {
            let is_registered = register(self.call);
            self.is_registered.store(is_registered, Ordering::Release);
        }
    }
}

/// Registers the function; returns `false` if there was no memory for it.
fn register(at_exit: extern "C" fn()) -> bool {
    #[cfg(all(feature = "record", unix, not(miri)))]
    {
        #[expect(unsafe_code, reason = "std has no face for it")]
        // SAFETY: the declaration is that of ISO C.
        unsafe extern "C" {
            /// Source: ISO C, *The atexit function*. It is in the C library that std is
            /// linked to.
            fn atexit(handler: extern "C" fn()) -> std::ffi::c_int;
        }

        #[expect(unsafe_code, reason = "std has no face for it")]
        // SAFETY: `at_exit` lives as long as its code. If that code is unloaded, the C library
        // calls the function first. It does not unwind, as no `extern "C"` function does.
        let error = unsafe { atexit(at_exit) };
        if error != 0 {
            return false;
        }
    }
    let _ = at_exit;
    true
}
