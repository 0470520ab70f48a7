//! Functions that do not compile.
//!
//! `test.rs` has them compiled without and with the attributes: each error has to have
//! the same code, place and text. Where it has not, `test.rs` says how they differ and why.

#![cfg(not(feature = "nothing"))]
#![allow(
    clippy::all,
    missing_debug_implementations,
    missing_docs,
    unused,
    reason = "only errors are compared"
)]

// With another crate in sight, the compiler writes some types with longer paths.
use trace_core as _;

#[cfg(feature = "flow")]
#[path = "corpus/flow.rs"]
pub mod flow;
#[cfg(feature = "lifetimes")]
#[path = "corpus/lifetimes.rs"]
pub mod lifetimes;
#[cfg(feature = "moves")]
#[path = "corpus/moves.rs"]
pub mod moves;
#[cfg(feature = "names")]
#[path = "corpus/names.rs"]
pub mod names;
#[cfg(feature = "types")]
#[path = "corpus/types.rs"]
pub mod types;

pub struct Noisy;

impl Drop for Noisy {
    fn drop(&mut self) {}
}

pub struct Gone;

pub struct Borrowed<'a>(&'a str);

mod inner {
    const PRIVATE: u32 = 1;
}

fn fails() -> Result<(), String> {
    Ok(())
}

fn consume(_: Vec<u8>) {}

fn spawn<F: Future<Output: Send> + Send + 'static>(_: F) {}

fn is_send<F: Send>(_: F) {}
