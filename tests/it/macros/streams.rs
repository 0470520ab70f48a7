//! Functions that return a stream.

use std::pin::Pin;

use expect_test::expect;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
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
