//! The switch for builds that do not record, and values that only a recorder needs.
//!
//! All code is compiled both with and without the feature `record`, so that both variants keep
//! working. Without the feature, a value that only a recorder needs takes no bytes, and the
//! compiler removes the code that depends on it. No other file of the recorder checks the
//! feature.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Whether this build records. It is a constant, so that the compiler removes unreachable
/// code.
pub(crate) const RECORDING_BUILT: bool = cfg!(feature = "record");

/// A value in a build that records. In other builds it is empty and takes no bytes.
///
/// In both builds it is `Send` and `Sync` if and only if the value is, so that the same
/// programs compile. It is always `UnwindSafe`: a panic ends spans and scopes, and never
/// leaves an entry half written.
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
    /// Makes the value if this build records. Otherwise does not call `make`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn from_fn(make: impl FnOnce() -> T) -> Self {
        Self(make())
    }

    /// Keeps a value. It does not take a closure, which would add one more function for each
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

    /// Returns a mutable reference to the value, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        Some(&mut self.0)
    }

    /// Takes the value out, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn into_inner(self) -> Option<T> {
        Some(self.0)
    }

    /// Converts the value, if this build records.
    ///
    /// # Errors
    ///
    /// Returns the error of `f`. In a build that does not record, there is no error.
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
