//! The switch for builds that record nothing, and values that only a recorder needs.
//!
//! All code is compiled with the feature `record` and without it, so that neither way rots.
//! Without it, a value that only a recorder needs takes no bytes, and the compiler drops the
//! code that depends on it. No other file of the recorder asks for the feature.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Whether this build records. A constant, so that the compiler drops what cannot be reached if
/// it is false.
pub(crate) const RECORDING_BUILT: bool = cfg!(feature = "record");

/// A value in a build that records; nothing, without a byte, in a build that does not.
///
/// In both builds it is `Send` and `Sync` exactly if the value is, so that the same programs
/// compile. It is always `UnwindSafe`: a panic ends spans and scopes, and leaves no record half
/// written.
#[derive(Clone, Copy)]
pub(crate) struct IfRecording<T>(Value<T>);

#[cfg(feature = "record")]
type Value<T> = T;
#[cfg(not(feature = "record"))]
type Value<T> = std::marker::PhantomData<T>;

impl<T> UnwindSafe for IfRecording<T> {}

impl<T> RefUnwindSafe for IfRecording<T> {}

#[cfg(feature = "record")]
impl<T> IfRecording<T> {
    /// Makes the value, if this build records; otherwise does not call `make`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn from_fn(make: impl FnOnce() -> T) -> Self {
        Self(make())
    }

    /// Keeps a value. Takes no closure, because that would compile one more function for each
    /// type.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    /// Returns the value to change it, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        Some(&mut self.0)
    }

    /// Takes the value out, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn into_inner(self) -> Option<T> {
        Some(self.0)
    }

    /// Turns the value into another one, if this build records.
    ///
    /// # Errors
    ///
    /// The error that `f` returns; none in a build that does not record.
    pub(crate) fn try_map<U, E>(
        self,
        f: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<IfRecording<U>, E> {
        f(self.0).map(IfRecording)
    }
}

#[cfg(not(feature = "record"))]
impl<T> IfRecording<T> {
    pub(crate) fn from_fn(_make: impl FnOnce() -> T) -> Self {
        Self(std::marker::PhantomData)
    }

    pub(crate) fn new(_value: T) -> Self {
        Self(std::marker::PhantomData)
    }

    pub(crate) const fn get(&self) -> Option<&T> {
        None
    }

    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        None
    }

    pub(crate) fn into_inner(self) -> Option<T> {
        None
    }

    pub(crate) fn try_map<U, E>(
        self,
        _f: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<IfRecording<U>, E> {
        Ok(IfRecording(std::marker::PhantomData))
    }
}

impl<T: fmt::Debug> fmt::Debug for IfRecording<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => value.fmt(f),
            None => f.write_str("(not recorded)"),
        }
    }
}
