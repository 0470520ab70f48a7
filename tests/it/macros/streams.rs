//! Tests of functions that return a stream.

use std::pin::Pin;

use expect_test::expect;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryFuture, TryFutureExt, TryStream, TryStreamExt};
use trace_core::{trace_root, traced};

use super::check;

#[traced]
async fn read(row: u32) -> u32 {
    tokio::task::yield_now().await;
    row
}

#[traced(tags(count))]
fn rows(count: u32) -> impl Stream<Item = u32> {
    stream::iter(0..count).then(read)
}

#[traced("borrowed", tags(text))]
fn words(text: &str) -> BoxStream<'_, Result<&str, String>> {
    if text.is_empty() {
        return stream::empty().boxed();
    }
    let words = text.split(' ').map(|word| match word {
        "bad" => Err("a bad word".to_owned()),
        word => Ok(word),
    });
    Box::pin(stream::iter(words))
}

#[trace_root]
fn root_rows() -> Pin<Box<dyn Stream<Item = u32> + Send>> {
    Box::pin(stream::iter([1]).then(read))
}

#[test]
fn items_are_polled_inside_the_span_which_ends_with_the_stream() {
    let body = async {
        let mut rows = std::pin::pin!(rows(2));
        assert_eq!(rows.next().await, Some(0));
        read(10).await;
        assert_eq!(rows.next().await, Some(1));
        assert_eq!(rows.size_hint(), (0, Some(0)));
        assert_eq!(rows.next().await, None);
        assert_eq!(rows.next().await, None);
        assert_eq!(root_rows().collect::<Vec<_>>().await, [1]);
    };
    check(
        body,
        expect![[r#"
            rows count=I64(2)
              read
            read
              read
            root root_rows
              read
        "#]],
    );
}

#[test]
fn an_error_item_ends_the_span_and_dropping_cancels_it() {
    let body = async {
        let all: Vec<_> = words("a bad end").collect().await;
        assert_eq!(all.len(), 3);
        assert_eq!(words("").count().await, 0);
        let mut dropped = words("a b");
        assert_eq!(dropped.next().await, Some(Ok("a")));
        drop(dropped);
        drop(words("never polled"));
    };
    check(
        body,
        expect![[r#"
            borrowed text=String("a bad end") error alloc::string::String: a bad word
            borrowed text=String("")
            borrowed text=String("a b") cancelled
        "#]],
    );
}

#[test]
fn a_stream_goes_on_in_another_task() {
    let body = async {
        let mut rows = Box::pin(rows(2));
        assert_eq!(rows.next().await, Some(0));
        let rest = tokio::spawn(rows.collect::<Vec<_>>());
        assert_eq!(rest.await.unwrap(), [1]);
    };
    check(
        body,
        expect![[r#"
            rows count=I64(2)
              read
              read
        "#]],
    );
}

#[traced(tags(value))]
fn unpinned(value: u32) -> Box<dyn Future<Output = Result<u32, String>> + Unpin + Send> {
    if value == 0 {
        return Box::new(std::future::ready(Err("zero".to_owned())));
    }
    Box::new(std::future::ready(Ok(value)))
}

#[traced]
fn unpinned_items() -> Box<dyn Stream<Item = u32> + Unpin> {
    Box::new(stream::iter(0..2))
}

#[traced]
fn results() -> impl TryStream<Ok = u32, Error = String> {
    stream::iter([Ok(1), Err("two".to_owned())])
}

#[traced]
fn result() -> impl TryFuture<Ok = u32, Error = String> {
    std::future::ready(Err("three".to_owned()))
}

#[test]
fn other_types_that_show_a_future_or_a_stream() {
    let body = async {
        assert!(unpinned(0).await.is_err());
        assert_eq!(unpinned(1).await, Ok(1));
        assert_eq!(unpinned_items().count().await, 2);
        assert!(results().try_collect::<Vec<_>>().await.is_err());
        assert!(TryFutureExt::into_future(result()).await.is_err());
    };
    check(
        body,
        expect![[r#"
        unpinned value=I64(0) error alloc::string::String: zero
        unpinned value=I64(1)
        unpinned_items
        results error alloc::string::String: two
        result error alloc::string::String: three
    "#]],
    );
}
