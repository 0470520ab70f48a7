//! Finds out whether a returned value is an `Err`, and records the error as well as its type
//! allows.
//!
//! Generated code calls `Output::new(&value).__traced_failure().__traced_record(true)` for
//! every return type, including types that it cannot name. The compiler's method lookup
//! selects `__traced_failure` and `__traced_record`. Each type below has the method only under
//! its own bound, and dereferences to the next type. Lookup takes the first method whose bound
//! holds. So the return type itself needs no bound.
//!
//! The names of the methods are unusual on purpose. If a trait in scope had a method with the
//! same name for every type, lookup would take that method before the next step.
//!
//! Input: `fn charge() -> Result<Receipt, CardError>`
//! Output: it is a `Result`, so [`Output::__traced_failure`] returns a [`Failure`] of
//! `CardError`; `CardError: Error`, so lookup takes [`ErrorFailure::__traced_record`].
//!
//! Input: `fn load<T>() -> T`, `fn find() -> Option<u32>`, `fn count() -> u64`
//! Output: it is not a `Result`, so lookup takes [`NotResult::__traced_failure`] and
//! [`NotFailed::__traced_record`].

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::ops::Deref;
use std::task::Poll;

use super::record_error;
use crate::record;

/// The maximum number of sources to read from one error. Without it, a circular chain of
/// sources would never end.
const MAX_SOURCES: usize = 64;

/// A returned value.
#[derive(Debug)]
pub struct Output<'a, T> {
    value: &'a T,
    otherwise: NotResult,
}

/// A returned value that is not a `Result`.
#[derive(Debug)]
pub struct NotResult;

/// A value that is never a failure.
#[derive(Debug)]
pub struct NotFailed;

/// The error in a `Result`, if it is an `Err`.
pub type Failure<'a, E> = ErrorFailure<'a, E>;

impl<'a, T> Output<'a, T> {
    /// Borrows the returned value.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn new(value: &'a T) -> Self {
        Self {
            value,
            otherwise: NotResult,
        }
    }
}

impl<'a, T: ResultLike> Output<'a, T> {
    /// Returns the failure in the value, if there is one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn __traced_failure(&self) -> Failure<'a, T::Error> {
        failure(self.value.error())
    }
}

/// A type that may hold an error.
///
/// This is a trait because several inherent methods with the same name confuse the compiler.
/// If a type is wrong, it cannot choose between them, and reports two errors for one mistake.
pub trait ResultLike {
    /// The error.
    type Error;

    /// Returns the error, if there is one.
    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> ResultLike for Result<T, E> {
    type Error = E;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

impl<T, E> ResultLike for Option<Result<T, E>> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref()?.error()
    }
}

impl<T, E> ResultLike for Poll<Result<T, E>> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        match self {
            Self::Ready(result) => result.error(),
            Self::Pending => None,
        }
    }
}

impl<T, E> ResultLike for Poll<Option<Result<T, E>>> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        match self {
            Self::Ready(result) => result.error(),
            Self::Pending => None,
        }
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn failure<E>(error: Option<&E>) -> Failure<'_, E> {
    ErrorFailure(PointerFailure(DisplayFailure(DebugFailure(AnyFailure(
        error,
    )))))
}

impl<E> Failure<'_, E> {
    /// Removes an error that is expected, that is, for which `is_failure` returns `false`.
    #[must_use]
    pub fn __traced_when(self, is_failure: impl FnOnce(&E) -> bool) -> Self {
        let AnyFailure(error) = self.0.0.0.0;
        // If the closure panics, the error counts as a failure.
        failure(error.filter(|error| record::quietly(|_| is_failure(error)).unwrap_or(true)))
    }
}

impl<T> Deref for Output<'_, T> {
    type Target = NotResult;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn deref(&self) -> &NotResult {
        &self.otherwise
    }
}

impl NotResult {
    /// Returns a value that is never a failure.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn __traced_failure(&self) -> NotFailed {
        NotFailed
    }
}

impl NotFailed {
    /// Makes the compiler report an error, because `err(..)` needs a `Result`.
    #[must_use]
    pub fn __traced_when<F: AsksAnError>(self, _is_failure: F) -> Self {
        self
    }

    /// Records nothing.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn __traced_record(&self, _exception_log: bool) -> bool {
        false
    }
}

/// No type implements this, so the call is the compiler error below.
#[diagnostic::on_unimplemented(
    message = "`err(..)` needs a function that returns a `Result`",
    label = "there is no error to ask about",
    note = "leave out `err(..)`"
)]
pub trait AsksAnError {}

macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident -> $next:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $step<'a, E>($next<'a, E>);

        impl<'a, E> Deref for $step<'a, E> {
            type Target = $next<'a, E>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn deref(&self) -> &$next<'a, E> {
                &self.0
            }
        }
    )*};
}

steps! {
    /// First choice: an [`Error`], with its chain of sources.
    ErrorFailure -> PointerFailure,
    /// Second choice: a pointer to an [`Error`], such as `Box<dyn Error>` or `anyhow::Error`.
    PointerFailure -> DisplayFailure,
    /// Third choice: a type with `Display`.
    DisplayFailure -> DebugFailure,
    /// Fourth choice: a type with `Debug`.
    DebugFailure -> AnyFailure,
}

/// Last choice: only the name of the type is recorded.
#[derive(Debug)]
pub struct AnyFailure<'a, E>(Option<&'a E>);

impl<E: Error> ErrorFailure<'_, E> {
    /// Records the error's text and the texts of its sources.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |error, record| record(&Chain(error)))
    }
}

impl<E: Deref<Target: Error>> PointerFailure<'_, E> {
    /// Records the text of the error behind the pointer and the texts of its sources.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |error, record| record(&Pointed(error)))
    }
}

impl<E: Display> DisplayFailure<'_, E> {
    /// Records the error's text.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |error, record| record(error))
    }
}

impl<E: Debug> DebugFailure<'_, E> {
    /// Records the error's debug text.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |error, record| {
            record(&format_args!("{error:?}"));
        })
    }
}

impl<E> AnyFailure<'_, E> {
    /// Records the name of the error's type.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |_, record| {
            record(&std::any::type_name::<E>());
        })
    }

    /// If there is an error, calls `write` with it and with a function that records a text.
    /// Returns whether there is an error.
    #[inline]
    fn with(&self, exception_log: bool, write: impl FnOnce(&E, &dyn Fn(&dyn Display))) -> bool {
        let Some(error) = self.0 else {
            return false;
        };
        write(error, &|text| {
            record_error(std::any::type_name::<E>(), text, exception_log);
        });
        true
    }
}

/// Formats the error behind a pointer. The pointer is followed only while it is formatted,
/// because `Deref` is code of the application and may panic.
struct Pointed<'a, E>(&'a E);

impl<E: Deref<Target: Error>> Display for Pointed<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Chain(&**self.0).fmt(f)
    }
}

/// Formats an error with its sources: `outer: middle: root`.
///
/// Skips a source if the text so far already ends with it, because many errors contain the text
/// of their source.
struct Chain<'a, E: ?Sized>(&'a E);

impl<E: Error + ?Sized> Display for Chain<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut source) = self.0.source() else {
            return Display::fmt(self.0, f);
        };
        let mut text = self.0.to_string();
        for _ in 0..MAX_SOURCES {
            let inner = source.to_string();
            if !text.ends_with(&inner) {
                text.push_str(": ");
                text.push_str(&inner);
            }
            match source.source() {
                Some(next) => source = next,
                None => break,
            }
        }
        f.write_str(&text)
    }
}
