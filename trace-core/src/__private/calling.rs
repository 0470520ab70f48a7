//! Tracks whether the body of a function that returns a future or a stream runs on this thread.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::record::RECORDING_BUILT;

thread_local! {
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// A guard that marks the running body of a function that returns a future or a stream.
///
/// The span of such a function begins at the first poll of what it returns. If the body calls
/// a traced function, the inner future usually becomes part of the outer one. For example, a
/// layer wraps the future of an inner service. So the inner span belongs below the outer span,
/// which does not exist yet. Therefore the inner future belongs to the trace of its first
/// poll, or, if nothing is recorded there, to the trace of the call.
#[derive(Debug)]
#[must_use = "the body's call is over when this is dropped"]
pub struct Calling {
    /// The previous value, which the drop restores, because bodies may call each other.
    outer: bool,
    /// Not `Send`, because the drop changes a thread-local of the thread that began the call.
    not_send: PhantomData<*const ()>,
}

/// Marks the beginning of the body of a function that returns a future or a stream.
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
