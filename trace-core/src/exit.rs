//! How a process tells of its end.

/// Has `at_exit` called when the process ends by `exit` or by the end of `main`, on the
/// thread that ends it. Thread-locals with destructors may be gone there. Where nothing is
/// recorded, and on other systems than Unix, it is not called.
///
/// In a library that a program unloads, it is called then.
pub(crate) fn call_at_exit(at_exit: extern "C" fn()) {
    use std::sync::atomic::{AtomicBool, Ordering};
    static IS_ASKED: AtomicBool = AtomicBool::new(false);
    // Not a `Once`, as in `fork`: it may be called twice.
    if !IS_ASKED.load(Ordering::Acquire) {
        let is_asked = ask(at_exit);
        IS_ASKED.store(is_asked, Ordering::Release);
    }
}

/// Returns whether there was memory for it.
fn ask(at_exit: extern "C" fn()) -> bool {
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
        // SAFETY: `at_exit` lives as long as the code that it is part of, before which it
        // is called if that is unloaded, and does not unwind, as no `extern "C"` function
        // does.
        let error = unsafe { atexit(at_exit) };
        if error != 0 {
            return false;
        }
    }
    let _ = at_exit;
    true
}
