//! Finds out whether a named return type is a future, a stream or a value.
//!
//! The attribute sees only tokens, so it cannot resolve an alias or an associated type.
//! Therefore generated code calls `Returned::<T>::TYPE.__traced_kind()`, and the compiler's
//! method lookup decides, as in [`outcome`](super::outcome). Each type below has the method
//! only under its own bound, and dereferences to the next type.
//!
//! Input: `-> Self::Future`, which is a `Pin<Box<dyn Future<Output = u32> + Send>>`
//! Output: [`Returned::__traced_kind`], which returns [`FutureCall`]: the future is boxed again
//!
//! Input: `-> Ready<u32>`
//! Output: [`Unboxed::__traced_kind`], which is a compiler error
//!
//! Input: `-> Config`, `-> T`
//! Output: [`OfValue::__traced_kind`], which returns [`ValueCall`]

use std::marker::PhantomData;
use std::ops::Deref;

use super::boxes::{FutureCall, Polled, StreamCall};
use super::value_call::ValueCall;

/// The return type `T`: the first step of the method lookup.
#[derive(Debug)]
pub struct Returned<T>(Unboxed<T>);

/// A return type that cannot be boxed again: the second step.
#[derive(Debug)]
pub struct Unboxed<T>(OfValue, PhantomData<fn() -> T>);

/// A return type that is neither a future nor a stream: the last step.
#[derive(Debug)]
pub struct OfValue;

impl<T> Returned<T> {
    /// The type.
    pub const TYPE: Self = Self(Unboxed(OfValue, PhantomData));

    /// Returns the type of a value.
    pub fn new(_value: T) -> Self {
        Self::TYPE
    }

    /// Returns the type of a value that is still needed.
    pub fn from_ref(_value: &T) -> Self {
        Self::TYPE
    }
}

impl<T: Polled> Returned<T> {
    /// Returns the kind of the call.
    pub fn __traced_kind(&self) -> T::Kind {
        T::KIND
    }
}

impl<T: Polled<Kind = FutureCall>> Returned<T> {
    /// Returns the call of a future.
    pub fn __traced_future(&self) -> FutureCall {
        FutureCall
    }
}

impl<T: Polled<Kind = StreamCall>> Returned<T> {
    /// Returns the call of a stream.
    pub fn __traced_stream(&self) -> StreamCall {
        StreamCall
    }
}

impl<T> Deref for Returned<T> {
    type Target = Unboxed<T>;

    fn deref(&self) -> &Unboxed<T> {
        &self.0
    }
}

impl<T: Future> Unboxed<T> {
    /// Makes the compiler report an error. The future cannot be wrapped, because its type
    /// would change.
    pub fn __traced_kind(&self) -> ValueCall
    where
        OfValue: TracesFuture<T>,
    {
        ValueCall
    }
}

impl<T> Unboxed<T> {
    /// Makes the compiler report an error: `returns = future` was written for another type.
    pub fn __traced_future(&self) -> ValueCall
    where
        OfValue: TracesBox<T>,
    {
        ValueCall
    }

    /// Makes the compiler report an error: `returns = stream` was written for another type.
    pub fn __traced_stream(&self) -> ValueCall
    where
        OfValue: TracesBox<T>,
    {
        ValueCall
    }
}

impl<T> Deref for Unboxed<T> {
    type Target = OfValue;

    fn deref(&self) -> &OfValue {
        &self.0
    }
}

impl OfValue {
    /// Returns the call of a function that returns a value.
    pub fn __traced_kind(&self) -> ValueCall {
        ValueCall
    }
}

/// No type implements this, so the call is the compiler error below.
#[diagnostic::on_unimplemented(
    message = "`{T}` is a future that cannot be traced: its type leaves no room for a span",
    label = "the span would end when the function returns, and not with this future",
    note = "return `impl Future<Output = ..>` or `Pin<Box<dyn Future<Output = ..> + Send>>`, also by an alias or an associated type; or write an `async fn` that awaits it",
    note = "for a span of the call alone write `#[traced(returns = value)]`"
)]
pub trait TracesFuture<T> {}

/// No type implements this, so the call is the compiler error below.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be traced as what `returns = ..` says",
    label = "no `impl Trait`, and no pinned box of a `dyn Future` or `dyn Stream`",
    note = "return `impl Future<Output = ..>` or `Pin<Box<dyn Future<Output = ..> + Send>>`, or leave out `returns`"
)]
pub trait TracesBox<T> {}
