//! The boxed futures and streams whose content can be wrapped and boxed again as the same
//! type.
//!
//! This file owns the list of these types, and a marker for each kind of call. `polling.rs`
//! implements the calls.

use std::pin::Pin;

use futures_core::Stream;

/// The call of a function that returns a future.
#[derive(Debug)]
pub struct FutureCall;

/// The call of a function that returns a stream.
#[derive(Debug)]
pub struct StreamCall;

/// A box of a future or stream whose content can be replaced.
pub trait Polled {
    /// The type of the marker: [`FutureCall`] or [`StreamCall`].
    type Kind;
    /// The marker.
    const KIND: Self::Kind;
}

/// A box whose content can be replaced by a `W`.
pub trait Boxed<W>: Polled {
    /// Boxes `inner` as this type.
    fn boxed(inner: W) -> Self;
}

macro_rules! boxes {
    ($($polled:ident $gives:ident $kind:ident: $([$($auto:ident)*])*;)*) => {$($(
        impl<'a, R> Polled for Pin<Box<dyn $polled<$gives = R> $(+ $auto)* + 'a>> {
            type Kind = $kind;
            const KIND: $kind = $kind;
        }

        impl<'a, R, W> Boxed<W> for Pin<Box<dyn $polled<$gives = R> $(+ $auto)* + 'a>>
        where
            W: $polled<$gives = R> $(+ $auto)* + 'a,
        {
            fn boxed(inner: W) -> Self {
                Box::pin(inner)
            }
        }

        impl<'a, R> Polled for Box<dyn $polled<$gives = R> $(+ $auto)* + Unpin + 'a> {
            type Kind = $kind;
            const KIND: $kind = $kind;
        }

        impl<'a, R, W> Boxed<W> for Box<dyn $polled<$gives = R> $(+ $auto)* + Unpin + 'a>
        where
            W: $polled<$gives = R> $(+ $auto)* + Unpin + 'a,
        {
            fn boxed(inner: W) -> Self {
                Box::new(inner)
            }
        }
    )*)*};
}

boxes! {
    Future Output FutureCall: [] [Send] [Sync] [Send Sync];
    Stream Item StreamCall: [] [Send] [Sync] [Send Sync];
}
