//! Tracks whether a function that returns a future is being called on this thread.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::record::RECORDING_BUILT;

thread_local! {
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// The body of a function that returns a future or a stream runs until this is dropped.
///
/// Its span begins when that is polled. What the body calls is a part of what it
/// returns, as a layer's future is of the one that wraps it, and so belongs below that
/// span, which is not there yet: such futures are of the trace of their first poll, or of
/// the call's where nothing is recorded there.
#[derive(Debug)]
#[must_use = "the body's call is over when this is dropped"]
pub struct Calling {
    outer: bool,
    /// The call is on this thread, so its end must be, too.
    not_send: PhantomData<*const ()>,
}

/// Begins the body of a function that returns a future or a stream.
#[inline]
pub fn calling() -> Calling {
    let outer = RECORDING_BUILT && CALLING.replace(true);
    Calling {
        outer,
        not_send: PhantomData,
    }
}

impl Drop for Calling {
    #[inline]
    fn drop(&mut self) {
        if RECORDING_BUILT {
            CALLING.set(self.outer);
        }
    }
}

/// Whether the body of such a function runs.
#[inline]
pub(super) fn is_calling() -> bool {
    RECORDING_BUILT && CALLING.get()
}
