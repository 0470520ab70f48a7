//! Tests of returned values: their tags, and which errors count.

use std::task::{Context, Poll, Waker};

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::{trace_root, traced};

use super::check;

#[derive(Debug)]
enum Failure {
    Declined,
    Broken,
}

impl Failure {
    fn is_fatal(&self) -> bool {
        matches!(self, Self::Broken)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failure {}

#[traced(tags(ret.rows = |rows| rows.len(), wanted))]
async fn query(wanted: usize) -> Vec<u32> {
    tokio::task::yield_now().await;
    vec![1; wanted]
}

#[traced(tags(
    found = |found: &Option<u32>| found.is_some(),
    value = |found| *found,
    text = ?|found| found,
    shown = %|found| found.unwrap_or_default(),
))]
fn find(key: u32) -> Option<u32> {
    (key > 1).then_some(key)
}

#[traced(tags(ret.bytes = |sent| sent.as_ref().ok().copied()), err(|error| error.is_fatal()))]
async fn send(kind: u32) -> Result<usize, Failure> {
    match kind {
        0 => Ok(10),
        1 => Err(Failure::Declined),
        _ => Err(Failure::Broken),
    }
}

#[traced(err(Failure::is_fatal))]
fn send_sync(declined: bool) -> Result<(), Failure> {
    Err(if declined {
        Failure::Declined
    } else {
        Failure::Broken
    })
}

#[trace_root(err(|failure| failure.is_fatal()), tags(ret.ok = |result| result.is_ok()))]
fn send_boxed(declined: bool) -> BoxFuture<'static, Result<(), Failure>> {
    if declined {
        return Box::pin(async { Err(Failure::Declined) });
    }
    Box::pin(async { Err(Failure::Broken) })
}

#[test]
fn tags_of_the_returned_value() {
    let body = async {
        assert_eq!(query(3).await.len(), 3);
        assert_eq!((find(1), find(2)), (None, Some(2)));
    };
    check(
        body,
        expect![[r#"
            query wanted=I64(3) ret.rows=I64(3)
            find found=Bool(false) text=String("None") shown=String("0")
            find found=Bool(true) value=I64(2) text=String("Some(2)") shown=String("2")
        "#]],
    );
}

#[test]
fn errors_that_are_expected_are_none() {
    let body = async {
        assert!(send(0).await.is_ok());
        assert!(send(1).await.is_err());
        assert!(send(2).await.is_err());
        assert!(send_sync(true).is_err());
        assert!(send_sync(false).is_err());
        assert!(send_boxed(true).await.is_err());
        assert!(send_boxed(false).await.is_err());
    };
    check(
        body,
        expect![[r#"
            send ret.bytes=I64(10)
            send
            send error it::macros::returned_values::Failure: Broken
            send_sync
            send_sync error it::macros::returned_values::Failure: Broken
            root send_boxed ret.ok=Bool(false)
            root send_boxed ret.ok=Bool(false) error it::macros::returned_values::Failure: Broken
        "#]],
    );
}

#[traced(err = status)]
fn quiet() -> Result<(), Failure> {
    Err(Failure::Broken)
}

#[test]
fn a_status_may_come_without_a_log() {
    let ((), spans) = super::records(async {
        assert!(quiet().is_err());
        assert!(send_sync(false).is_err());
    });
    let logs = |name: &str| {
        let span = spans.iter().find(|span| span.operation_name == name);
        span.map(|span| (span.is_error(), span.logs.len()))
    };
    assert_eq!(logs("quiet"), Some((true, 0)));
    assert_eq!(logs("send_sync"), Some((true, 1)));
}

#[traced]
fn next(turn: u32) -> Option<Result<u32, Failure>> {
    [Some(Ok(1)), Some(Err(Failure::Broken)), None]
        .into_iter()
        .nth(turn as usize)?
}

#[traced]
fn poll_one(turn: u32, _cx: &mut Context<'_>) -> Poll<Result<u32, Failure>> {
    match turn {
        0 => Poll::Pending,
        1 => Poll::Ready(Ok(1)),
        _ => Poll::Ready(Err(Failure::Declined)),
    }
}

type Polled = Poll<Option<std::io::Result<u32>>>;

#[traced]
fn poll_next(fails: bool) -> Polled {
    Poll::Ready(fails.then(|| Err(std::io::ErrorKind::NotFound.into())))
}

#[test]
fn results_inside_of_options_and_polls() {
    let body = async {
        assert_eq!((0..3).filter_map(next).filter(Result::is_ok).count(), 1);
        let mut cx = Context::from_waker(Waker::noop());
        let ready = (0..3).filter(|turn| poll_one(*turn, &mut cx).is_ready());
        assert_eq!(ready.count(), 2);
        assert!(poll_next(false).is_ready() && poll_next(true).is_ready());
    };
    check(
        body,
        expect![[r#"
            next
            next error it::macros::returned_values::Failure: Broken
            next
            poll_one
            poll_one
            poll_one error it::macros::returned_values::Failure: Declined
            poll_next
            poll_next error std::io::error::Error: entity not found
        "#]],
    );
}

#[traced(tags(beyond = |sum| sum - limit, tail = |_| text.len()))]
async fn compared(limit: u32, text: &str) -> u32 {
    tokio::task::yield_now().await;
    limit + 2
}

#[traced(err(|error| *error > limit))]
async fn tolerant(limit: u32) -> Result<(), u32> {
    Err(limit + 1)
}

#[traced(tags(beyond = |sum| sum - limit))]
fn compared_boxed(limit: u32) -> BoxFuture<'static, u32> {
    Box::pin(async move { limit + 3 })
}

#[test]
fn functions_of_the_value_may_name_small_arguments() {
    let body = async {
        assert_eq!(compared(1, "ab").await, 3);
        assert_eq!(compared_boxed(1).await, 4);
        assert!(tolerant(1).await.is_err());
    };
    check(
        body,
        expect![[r#"
        compared beyond=I64(2) tail=I64(2)
        compared_boxed beyond=I64(3)
        tolerant error u32: 2
    "#]],
    );
}
