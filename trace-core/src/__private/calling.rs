//! Tracks whether the body of a function that returns a future or a stream runs on this thread.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::record::RECORDING_BUILT;

thread_local! {
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// Says that the body of a function that returns a future or a stream runs, until it is
/// dropped.
///
/// The span of such a function begins at the first poll of what it returns. A traced function
/// that the body calls usually becomes part of that, as in a layer that wraps the future of an
/// inner service. So the inner span belongs below the outer one, which does not exist yet.
/// Therefore the inner future takes the trace of its first poll, or if nothing is recorded
/// there, the trace of the call.
#[derive(Debug)]
#[must_use = "the body's call is over when this is dropped"]
pub struct Calling {
    /// The previous value, which the drop restores: bodies may call each other.
    outer: bool,
    /// Not `Send`: the drop changes a thread-local of the thread that began the call.
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

/// Returns whether the body of such a function runs on this thread.
#[inline]
pub(super) fn is_calling() -> bool {
    RECORDING_BUILT && CALLING.get()
}
