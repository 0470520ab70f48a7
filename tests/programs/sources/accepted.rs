//! Futures in boxes that have no room for a span, by the async block in them.
#![allow(dead_code)]

use std::panic::UnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use trace_core::traced;

type Safe = Pin<Box<dyn Future<Output = u32> + Send + UnwindSafe>>;

#[traced(tags(number, ret.half = |number| number / 2))]
fn safe(number: u32) -> Safe {
    Box::pin(async move { number })
}

trait Job: Future<Output = u32> {}

impl<F: Future<Output = u32>> Job for F {}

#[traced]
fn own(number: u32) -> Pin<Box<dyn Job>> {
    Box::pin(async move { number })
}

trait Made {
    fn make() -> Self;
}

impl Made for Safe {
    #[traced(tags(ret.half = |number| number / 2))]
    fn make() -> Self {
        Box::pin(async { 3 })
    }
}

fn main() {
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(safe(1).as_mut().poll(&mut context), Poll::Ready(1));
    assert_eq!(own(2).as_mut().poll(&mut context), Poll::Ready(2));
    assert_eq!(Safe::make().as_mut().poll(&mut context), Poll::Ready(3));
}
