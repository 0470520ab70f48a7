//! Recording stops for code that runs only because something is recorded.
//!
//! Here is only the switch: the scope of the block is set to zero, and brought back.
//! Whoever runs code of the application uses [`quietly`](super::quietly()), which also
//! catches panics.

use std::marker::PhantomData;

use super::block::BLOCK;
use crate::record::if_recording::RECORDING_BUILT;

/// Nothing is recorded on this thread until this is dropped.
#[derive(Debug)]
#[must_use = "recording goes on when this is dropped"]
pub struct Paused {
    scope: u32,
    was_quiet: bool,
    /// The scope is this thread's.
    not_send: PhantomData<*const ()>,
}

/// Stops recording for code that runs only because something is recorded, or to decide
/// whether: what it calls did not happen. Roots that it begins are not recorded, either.
#[inline]
pub(in crate::record) fn pause_recording() -> Paused {
    BLOCK.with(|block| Paused {
        scope: block.scope.replace(0),
        was_quiet: block.is_quiet.replace(true),
        not_send: PhantomData,
    })
}

/// Whether code runs on this thread of which nothing is recorded.
#[inline]
pub(crate) fn is_quiet() -> bool {
    RECORDING_BUILT && BLOCK.with(|block| block.is_quiet.get())
}

impl Paused {
    /// Goes on recording, to write what came of the code, until
    /// [`pause_again`](Self::pause_again).
    #[inline]
    pub(crate) fn resume(&self) {
        BLOCK.with(|block| {
            block.scope.set(self.scope);
            block.is_quiet.set(self.was_quiet);
        });
    }

    /// Stops recording again.
    #[inline]
    pub(crate) fn pause_again(&self) {
        BLOCK.with(|block| {
            block.scope.set(0);
            block.is_quiet.set(true);
        });
    }
}

impl Drop for Paused {
    #[inline]
    fn drop(&mut self) {
        self.resume();
    }
}
