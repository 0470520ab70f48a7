//! How a process tells of its end.

use std::sync::atomic::{AtomicBool, Ordering};

/// What is called when the process ends by `exit` or by the end of `main`, on the thread
/// that ends it, if that was [asked](Self::ask) for. Thread-locals with destructors may be
/// gone there. Where nothing is recorded, and on other systems than Unix, it is not called.
///
/// Who asked last is called first. In a library that a program unloads, it is called then.
#[derive(Debug)]
pub(crate) struct AtExit {
    call: extern "C" fn(),
    is_asked: AtomicBool,
}

impl AtExit {
    pub(crate) const fn new(call: extern "C" fn()) -> Self {
        let is_asked = AtomicBool::new(false);
        Self { call, is_asked }
    }

    /// Has it called. Two threads that race have it called twice, which it has to bear.
    pub(crate) fn ask(&self) {
        // Not a `Once`, as in `fork`.
        if !self.is_asked.load(Ordering::Acquire) {
            let is_asked = register(self.call);
            self.is_asked.store(is_asked, Ordering::Release);
        }
    }
}

/// Returns whether there was memory for it.
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
