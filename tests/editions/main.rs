//! Every shape of function, compiled and run in an edition of its own.
//!
//! Each file writes its functions twice, plain and traced, and compares what they
//! give and in which order they drop what they hold. Editions differ in what an
//! `impl Trait` and a closure capture and in how long temporaries live; the
//! attributes come from another edition and must not bring its rules along.

#![deny(warnings, impl_trait_overcaptures, rust_2018_idioms, unused)]
#![allow(
    clippy::all,
    reason = "some shapes are there because nobody would write them"
)]

mod drops;
mod functions;
mod methods;
mod polled;

use std::future::Future;

use futures_util::FutureExt;

/// Writes functions twice.
macro_rules! twice {
    ($($functions:tt)*) => {
        mod plain {
            #[allow(unused_imports, reason = "some functions need nothing")]
            use super::*;
            $($functions)*
        }
        #[trace_core::traced]
        mod with_span {
            #[allow(unused_imports, reason = "some functions need nothing")]
            use super::*;
            $($functions)*
        }
    };
}

/// Checks that an expression has the same value with either kind of function.
macro_rules! assert_same {
    ($($expression:expr),* $(,)?) => {
        $(assert_eq!(
            { use plain::*; $expression },
            { use with_span::*; $expression },
            "{}", stringify!($expression),
        );)*
    };
}

use {assert_same, twice};

/// Runs a future that never waits.
fn run<F: Future>(future: F) -> F::Output {
    future.now_or_never().expect("nothing to wait for")
}

fn is_send<T: Send>(value: T) -> T {
    value
}
