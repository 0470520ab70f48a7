//! Whether a body's value is an `Err`, and what is known about its error.
//!
//! Generated code writes `Output::new(&value).__traced_failure().__traced_record(true)` for every
//! return type, also one that it cannot name. Which `failure` and which `record`
//! is meant is decided by method lookup: each type below has the method only
//! under its own bound and dereferences to the next one, and lookup takes the
//! first whose bound holds. So no bound falls on the return type. The names are
//! unlikely, because a trait in scope at the call, implemented for everything,
//! would be taken before the next step.
//!
//! Input: `fn charge() -> Result<Receipt, CardError>`
//! Output: `Result` known, so [`Output::__traced_failure`] gives a [`Failure`] of
//! `CardError`; `CardError: Error`, so [`ErrorFailure::__traced_record`] is taken.
//!
//! Input: `fn load<T>() -> T`, `fn find() -> Option<u32>`, `fn count() -> u64`
//! Output: no `Result`, so [`NotResult::__traced_failure`] and [`NotFailed::__traced_record`].

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::ops::Deref;
use std::task::Poll;

use super::record_error;
use crate::record;

/// Most sources that are read from one error; ends a chain that is a circle.
const MAX_SOURCES: usize = 64;

/// A returned value.
#[derive(Debug)]
pub struct Output<'a, T> {
    value: &'a T,
    otherwise: NotResult,
}

/// A returned value that is no `Result`.
#[derive(Debug)]
pub struct NotResult;

/// A value that is never a failure.
#[derive(Debug)]
pub struct NotFailed;

/// The error in a `Result`, if it is one.
pub type Failure<'a, E> = ErrorFailure<'a, E>;

impl<'a, T> Output<'a, T> {
    /// Looks at a value.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn new(value: &'a T) -> Self {
        Self {
            value,
            otherwise: NotResult,
        }
    }
}

impl<'a, T: ResultLike> Output<'a, T> {
    /// Returns the failure in the value.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn __traced_failure(&self) -> Failure<'a, T::Error> {
        failure(self.value.error())
    }
}

/// What may hold an error.
///
/// A trait, and not several methods of one name: among those the compiler could not
/// choose where a type is wrong, and one mistake would be two messages.
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
    /// Leaves out an error that is expected.
    #[must_use]
    pub fn __traced_when(self, is_failure: impl FnOnce(&E) -> bool) -> Self {
        let AnyFailure(error) = self.0.0.0.0;
        // One that panics has not said that the error is expected.
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
    /// Returns that there is none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn __traced_failure(&self) -> NotFailed {
        NotFailed
    }
}

impl NotFailed {
    /// Is an error of the compiler: there is no `Err` to ask about.
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

/// Implemented by nothing.
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
    /// Second: a pointer to one, as `Box<dyn Error>` and `anyhow::Error` are.
    PointerFailure -> DisplayFailure,
    /// Third: what has a text for people.
    DisplayFailure -> DebugFailure,
    /// Fourth: what has a text for programmers.
    DebugFailure -> AnyFailure,
}

/// Last choice: nothing is known but the type's name.
#[derive(Debug)]
pub struct AnyFailure<'a, E>(Option<&'a E>);

impl<E: Error> ErrorFailure<'_, E> {
    /// Records the error's text and those of its sources.
    #[inline]
    pub fn __traced_record(&self, exception_log: bool) -> bool {
        self.with(exception_log, |error, record| record(&Chain(error)))
    }
}

impl<E: Deref<Target: Error>> PointerFailure<'_, E> {
    /// Records the text of the error pointed at and those of its sources.
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

    /// Hands the error, if there is one, to `write`, and with it what records a text.
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

/// The error that is pointed at: to follow the pointer is the application's code as well.
struct Pointed<'a, E>(&'a E);

impl<E: Deref<Target: Error>> Display for Pointed<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Chain(&**self.0).fmt(f)
    }
}

/// `outer: middle: root`.
///
/// Leaves out a source whose text already ends what was written: many errors
/// put their source into their own text.
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
