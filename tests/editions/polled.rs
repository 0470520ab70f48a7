//! Functions that return futures and streams.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use trace_core::{assert_trace, trace, traced_test};

use crate::{assert_same, is_send, run, twice};

twice! {
    pub(super) fn opaque(value: u32) -> impl Future<Output = u32> + Send + 'static {
        async move { value + 1 }
    }

    pub(super) fn opaque_borrowed<'a>(text: &'a str) -> impl Future<Output = &'a str> + 'a {
        let rest = &text[1..];
        async move { rest }
    }

    // In edition 2021 this is `'static` without a word, because it captures no lifetime.
    pub(super) fn opaque_with_helper(text: String) -> impl Future<Output = usize> + Send + 'static {
        let length = text.len();
        std::future::ready(length)
    }

    pub(super) fn boxed(value: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send>> {
        if value == 0 {
            return Box::pin(async { Err("zero".to_owned()) });
        }
        Box::pin(async move { Ok(value) })
    }

    pub(super) fn alias<'a>(text: &'a str, other: &'a mut String) -> BoxFuture<'a, usize> {
        other.push_str(text);
        async move { other.len() }.boxed()
    }

    pub(super) fn local(value: u32) -> LocalBoxFuture<'static, u32> {
        let value = std::rc::Rc::new(value);
        Box::pin(async move { *value })
    }

    pub(super) fn rows(count: u32) -> impl Stream<Item = u32> {
        stream::iter(0..count)
    }

    pub(super) fn words(text: &str) -> BoxStream<'_, Result<&str, String>> {
        if text.is_empty() {
            return stream::empty().boxed();
        }
        Box::pin(stream::iter(text.split(' ').map(|word| match word {
            "bad" => Err("a bad word".to_owned()),
            word => Ok(word),
        })))
    }

    pub(super) fn unseen(value: u32) -> Pin<Box<impl Future<Output = u32>>> {
        Box::pin(async move { value })
    }
}

#[test]
fn what_is_returned_gives_the_same() {
    assert_same!(
        run(is_send(opaque(1))),
        run(opaque_borrowed("abc")),
        run(opaque_with_helper("abc".to_owned())),
        run(boxed(0)),
        run(is_send(boxed(1))),
        run(alias("abc", &mut String::new())),
        run(local(1)),
        run(rows(3).collect::<Vec<_>>()),
        run(words("a bad b").collect::<Vec<_>>()),
        run(words("").collect::<Vec<_>>()),
        run(unseen(1)),
    );
}

#[traced_test]
async fn what_is_returned_has_spans() {
    with_span::opaque(1).await;
    with_span::boxed(0).await.unwrap_err();
    with_span::words("a").collect::<Vec<_>>().await;
    assert_trace!(
        trace!(),
        r#"
        what_is_returned_has_spans
        ├─ opaque
        ├─ boxed                     error: zero
        └─ words
    "#
    );
}
