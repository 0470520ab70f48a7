//! Stops recording during code that runs only because something is recorded.
//!
//! This file is only the switch: it sets the scope of the block to zero, and restores it. To
//! run code of the application, use [`quietly`](super::quietly()), which also catches panics.

use std::marker::PhantomData;

use super::block::BLOCK;
use crate::record::if_recording::RECORDING_BUILT;

/// A guard. Nothing is recorded on this thread until it is dropped. Pauses nest: the drop
/// restores the previous state.
#[derive(Debug)]
#[must_use = "recording goes on when this is dropped"]
pub struct Paused {
    scope: u32,
    was_quiet: bool,
    /// The scope belongs to this thread's block, so the guard has to be dropped on this
    /// thread.
    not_send: PhantomData<*const ()>,
}

/// Stops recording for code that runs only because something is recorded, or to decide whether
/// something is. The functions that it calls leave no spans, and roots that it begins are not
/// recorded either.
#[inline]
pub(in crate::record) fn pause_recording() -> Paused {
    BLOCK.with(|block| Paused {
        scope: block.scope.replace(0),
        was_quiet: block.is_quiet.replace(true),
        not_send: PhantomData,
    })
}

/// Whether recording is paused on this thread. False if nothing is recorded only because no
/// trace runs.
#[inline]
pub(crate) fn is_quiet() -> bool {
    RECORDING_BUILT && BLOCK.with(|block| block.is_quiet.get())
}

impl Paused {
    /// Resumes recording in the middle of the pause, to write what the code returned, until
    /// [`pause_again`](Self::pause_again).
    #[inline]
    pub(crate) fn resume(&self) {
        BLOCK.with(|block| {
            block.scope.set(self.scope);
            block.is_quiet.set(self.was_quiet);
        });
    }

    /// Stops recording again, after [`resume`](Self::resume).
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
