//! What is there only where something can be recorded.
//!
//! All code is compiled with the feature `record` and without it, so that neither rots.
//! Without it a value that only a recorder needs takes no bytes, and what depends on it
//! is dropped by the compiler.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Whether this build records: the one place that says so. Where it is false the
/// compiler drops what depends on it.
pub(crate) const RECORDING_BUILT: bool = cfg!(feature = "record");

/// A value in a build that records; nothing, and no bytes, in one that does not.
///
/// In both it is `Send` and so on if the value is: the same programs compile. It is always
/// `UnwindSafe`: a panic ends spans and scopes, and leaves no record half written.
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
    /// Makes the value, if this build records; else `make` is not called.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn from_fn(make: impl FnOnce() -> T) -> Self {
        Self(make())
    }

    /// Holds a value. Not by a closure: one more function would be compiled for each
    /// type.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    /// The value, to be changed, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn get_mut(&mut self) -> Option<&mut T> {
        Some(&mut self.0)
    }

    /// Takes the value out, if this build records.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn into_inner(self) -> Option<T> {
        Some(self.0)
    }

    /// Makes another value of this one, where there is one.
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
