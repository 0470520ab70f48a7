//! Recording stops for code that runs only because something is recorded.

use std::marker::PhantomData;

use super::block::HOT;
use crate::record::kept::RECORDS;

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
pub(in crate::record) fn pause() -> Paused {
    HOT.with(|hot| Paused {
        scope: hot.scope.replace(0),
        was_quiet: hot.is_quiet.replace(true),
        not_send: PhantomData,
    })
}

/// Whether code runs on this thread of which nothing is recorded.
#[inline]
pub(crate) fn is_quiet() -> bool {
    RECORDS && HOT.with(|hot| hot.is_quiet.get())
}

impl Paused {
    /// Goes on recording, to write what came of the code, until
    /// [`again`](Self::again).
    #[inline]
    pub(crate) fn resume(&self) {
        HOT.with(|hot| {
            hot.scope.set(self.scope);
            hot.is_quiet.set(self.was_quiet);
        });
    }

    /// Stops recording again.
    #[inline]
    pub(crate) fn again(&self) {
        HOT.with(|hot| {
            hot.scope.set(0);
            hot.is_quiet.set(true);
        });
    }
}

impl Drop for Paused {
    #[inline]
    fn drop(&mut self) {
        self.resume();
    }
}
