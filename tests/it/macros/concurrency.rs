//! Tests of traced futures in `select!`, `join!`, sets and other tasks, and of leaked futures.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use expect_test::expect;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::task::yield_now;
use trace_core::traced;

use super::check;

#[traced(tags(polls))]
async fn work(polls: u32) -> u32 {
    for _ in 0..polls {
        yield_now().await;
    }
    step(polls);
    polls
}

#[traced(tags(id))]
fn step(id: u32) -> u32 {
    id
}

#[traced]
async fn joined() -> (u32, u32) {
    tokio::join!(work(2), work(1))
}

#[traced]
async fn tried() -> Result<(u32, u32), String> {
    async fn fail() -> Result<u32, String> {
        Err("no".to_owned())
    }
    tokio::try_join!(async { Ok(work(1).await) }, fail())
}

#[traced]
async fn selected() -> u32 {
    tokio::select! {
        biased;
        slow = work(9) => slow,
        fast = work(1) => fast,
    }
}

#[traced]
async fn unordered() -> Vec<u32> {
    let set: FuturesUnordered<_> = [3, 1, 2].into_iter().map(work).collect();
    set.collect().await
}

#[test]
fn each_future_is_the_parent_of_what_it_calls() {
    let ((), spans) = super::records(async {
        joined().await;
        selected().await;
        unordered().await;
    });
    let steps = || spans.iter().filter(|span| span.operation_name == "step");
    assert_eq!(steps().count(), 6);
    for step in steps() {
        let parent = spans
            .iter()
            .find(|span| Some(span.span_id) == step.parent_span_id);
        assert_eq!(parent.unwrap().tag("polls"), step.tag("id"));
    }
}

#[test]
fn futures_of_one_task_do_not_see_each_other() {
    let body = async {
        assert_eq!(joined().await, (2, 1));
        assert!(tried().await.is_err());
        assert_eq!(selected().await, 1);
        assert_eq!(unordered().await, [1, 2, 3]);
        step(0);
    };
    check(
        body,
        expect![[r#"
            joined
              work polls=I64(2)
              work polls=I64(1)
                step id=I64(1)
                step id=I64(2)
            tried error alloc::string::String: no
              work polls=I64(1) cancelled
            selected
              work polls=I64(9) cancelled
              work polls=I64(1)
                step id=I64(1)
            unordered
              work polls=I64(3)
              work polls=I64(1)
              work polls=I64(2)
                step id=I64(1)
                step id=I64(2)
                step id=I64(3)
            step id=I64(0)
        "#]],
    );
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[traced]
async fn polls_here_first<F: Future<Output = u32> + Send + 'static>(future: F) -> u32 {
    let mut future = Box::pin(future);
    assert!(poll_once(future.as_mut()).is_pending());
    let other_task = tokio::spawn(future);
    other_task.await.unwrap()
}

#[traced]
async fn polls_on_another_thread() -> u32 {
    let mut future = Box::pin(work(1));
    assert!(poll_once(future.as_mut()).is_pending());
    let thread = std::thread::Builder::new()
        .name("elsewhere".to_owned())
        .spawn(move || match poll_once(future.as_mut()) {
            Poll::Ready(value) => value,
            Poll::Pending => unreachable!(),
        });
    thread.unwrap().join().unwrap()
}

#[test]
fn a_future_goes_on_wherever_it_is_polled() {
    let body = async {
        assert_eq!(polls_here_first(work(3)).await, 3);
        assert_eq!(polls_on_another_thread().await, 1);
        step(0);
    };
    check(
        body,
        expect![[r#"
            polls_here_first
              work polls=I64(3)
                step id=I64(3)
            polls_on_another_thread
              work polls=I64(1)
                step id=I64(1)
            step id=I64(0)
        "#]],
    );
}

#[traced]
async fn never_ends() {
    step(1);
    std::future::pending::<()>().await;
}

#[test]
fn a_forgotten_future_harms_nothing_else() {
    let tracer = trace_core::Tracer::builder("test")
        .on_demand()
        .build()
        .unwrap();
    tracer.root("root").run_sync(|| {
        let mut future = Box::pin(never_ends());
        assert!(poll_once(future.as_mut()).is_pending());
        std::mem::forget(future);
        step(2);
        let _unpolled = pin!(never_ends());
    });
    let _report = tracer.flush(std::time::Duration::ZERO);
    let stats = tracer.stats();
    assert_eq!((stats.started, stats.delivered, stats.open), (4, 3, 1));
}
