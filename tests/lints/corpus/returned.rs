//! Functions that return futures and streams.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

/// Ends with an async block.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn block(argument: u32, value: u32) -> impl Future<Output = u32> {
    let unused = 1;
    async move {
        let mut unneeded = value;
        return unneeded;
    }
}

/// Ends with an async block.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn boxed(
    argument: u32,
    value: u32,
) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send>> {
    let unused = 1;
    Box::pin(async move {
        let mut unneeded = value;
        if unneeded == 1 {
            return Err("one".to_string());
            drop(value);
        }
        return Ok(unneeded);
    })
}

/// Ends with an async block.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn alias<'a>(argument: u32, value: &'a str) -> BoxFuture<'a, usize> {
    let unused = 1;
    Box::pin(async move { (value.len()) })
}

/// Ends with something else.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn helper(argument: u32, value: u32) -> BoxFuture<'static, u32> {
    let unused = 1;
    return std::future::ready(value).boxed();
}

/// Ends early.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn early(argument: u32, mut value: u32) -> BoxFuture<'static, u32> {
    let unused = 1;
    if value == 1 {
        return Box::pin(std::future::ready(1));
        drop(value);
    }
    value = 2;
    async move { value }.boxed()
}

/// Ends with something else.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn opaque(argument: u32, mut value: u32) -> impl Future<Output = u32> + Send {
    let unused = 1;
    std::future::ready(value)
}

/// Is not seen to be a future in its type.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unseen<T>(argument: u32, value: T) -> Pin<Box<impl Future<Output = T>>> {
    Box::pin(async { value })
}

/// Is not to be dropped.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[must_use]
pub fn must_be_used(value: u32) -> BoxFuture<'static, u32> {
    std::future::ready(value).boxed()
}

/// Drops them.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn drops() -> Result<(), String> {
    must_be_used(1);
    helper(1, 2);
    block(1, 2);
    rows(1, 2);
    Ok(())
}

/// Drops them.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn drops_async() {
    must_be_used(1);
    helper(1, 2);
    block(1, 2);
    must_be_used(1).await;
    rows(1, 2);
}

/// A stream.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn rows(argument: u32, count: u32) -> impl Stream<Item = u32> {
    let unused = 1;
    stream::iter(0..count)
}

/// A stream.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn words<'a>(argument: u32, text: &'a str) -> BoxStream<'a, Result<&'a str, String>> {
    let mut unneeded = 1;
    if text.is_empty() {
        return stream::empty().boxed();
        drop(text);
    }
    return Box::pin(stream::iter(text.split(' ').map(|word| Ok(word))));
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn undocumented() -> impl Future<Output = Result<(), String>> {
    async { Ok(()) }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
fn never_called() -> BoxFuture<'static, ()> {
    Box::pin(async {})
}
