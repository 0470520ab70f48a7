#![forbid(
    deprecated,
    missing_docs,
    unused,
    unreachable_code,
    let_underscore_drop,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    rust_2024_compatibility
)]
//! Nothing in an expansion needs a lint silenced that a crate may forbid.

use std::pin::Pin;

use trace_core::{trace_root, traced};

/// Sync.
#[traced("sync", tags(a, b = secret(_b)))]
pub fn sync(a: u32, _b: String) -> Result<u32, String> {
    Ok(a)
}

/// Async.
#[trace_root("async", tags(a, b = secret(_b)))]
pub async fn asynchronous(a: u32, _b: String, (c, _): (u32, u32), mut d: u32) -> Result<u32, String> {
    d += 1;
    Ok(a + c + d)
}

/// One line.
#[traced]
pub async fn one_line() -> u32 { 1 }

/// A future.
#[traced(tags(a))]
pub fn future(a: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> { Box::pin(async move { a }) }

fn main() {
    std::mem::drop((sync(1, String::new()), future(1), one_line()));
    std::mem::drop(asynchronous(1, String::new(), (1, 2), 3));
}
