//! Calls a function when the process ends.
//!
//! Owns the registration. The function itself is in `tracer/at_exit.rs`.

use std::sync::atomic::{AtomicBool, Ordering};

/// A function that is called when the process ends, through `exit` or the end of `main`. It
/// must be [registered](Self::ensure_registered) first.
///
/// The thread that ends the process calls the function. Thread-locals with destructors may
/// already be destroyed. The function that was registered last is called first. A function in
/// a library is called when the program unloads the library. The function is only called on
/// Unix, and only with the feature `record`.
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

    /// Registers the function. If two threads race, the function is registered and called
    /// twice, so it must allow a second call.
    pub(crate) fn ensure_registered(&self) {
        // Not a `Once`: see `fork::call_in_children`. Acquire: pairs with the release below. A
        // thread that sees `true` may rely on the registration.
        if !self.is_registered.load(Ordering::Acquire) {
            let is_registered = register(self.call);
            self.is_registered.store(is_registered, Ordering::Release);
        }
    }
}

/// Registers the function; returns `false` if there was not enough memory.
fn register(at_exit: extern "C" fn()) -> bool {
    #[cfg(all(feature = "record", unix, not(miri)))]
    {
        #[expect(unsafe_code, reason = "std has no face for it")]
        // SAFETY: the declaration matches ISO C.
        unsafe extern "C" {
            /// Source: ISO C, *The atexit function*. The C library that std links to contains
            /// it.
            fn atexit(handler: extern "C" fn()) -> std::ffi::c_int;
        }

        #[expect(unsafe_code, reason = "std has no face for it")]
        // SAFETY: `at_exit` lives as long as its code. If that code is unloaded, the C library
        // calls the function first. Like every `extern "C"` function, it does not unwind.
        let error = unsafe { atexit(at_exit) };
        if error != 0 {
            return false;
        }
    }
    let _ = at_exit;
    true
}
