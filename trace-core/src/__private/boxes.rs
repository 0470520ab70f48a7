//! The boxes of futures and streams that can be made anew around a traced content.
//!
//! Owns which types those are, and the word for each kind of call; what such a call does
//! is in `polling.rs`.

use std::pin::Pin;

use futures_core::Stream;

/// The call of a function that returns a future.
#[derive(Debug)]
pub struct FutureCall;

/// The call of one that returns a stream.
#[derive(Debug)]
pub struct StreamCall;

/// A box of something that is polled, whose content can be replaced.
pub trait Polled {
    /// What is to be traced.
    type Kind;
    /// The same.
    const KIND: Self::Kind;
}

/// A box of something that `W` can be, too.
pub trait Boxed<W>: Polled {
    /// Boxes it.
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
