//! Root spans of async code: futures and streams that are the body of a root span.
//!
//! Owns the root between two polls. `record/span/life` opens, polls and ends a span;
//! `record/scope/waiting.rs` keeps the scope between two polls.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::begin::{Begin, Described, begin_scope};
use super::description;
use crate::record::{IfRecording, SpanLife, WaitingScope};
use crate::value::Outcome;

pin_project! {
    /// A future that is the body of a root span; made by [`RootBuilder::run`].
    ///
    /// # Cancel safety
    ///
    /// See [`RootBuilder::run`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RootFuture<F>
    where
        F: Future,
    {
        #[pin]
        pub(super) run: RootRun<description::RootDescription, F, fn(&F::Output) -> bool>,
    }
}

impl<F: Future> Future for RootFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// A future or stream that is the body of a span with its own scope. The span begins with
    /// the first poll and ends with the body.
    ///
    /// If it is dropped before its first poll, it records nothing. If it is dropped later, it
    /// enters the scope, drops the body within the span, and ends the span as cancelled.
    pub struct RootRun<B, F, O> {
        #[pin]
        future: F,
        begin: IfRecording<B>,
        observe: IfRecording<O>,
        // Declared after the future: fields are dropped in the order of their declaration, so
        // the future is dropped within its span.
        root: IfRecording<RootLife>,
    }

    impl<B, F, O> PinnedDrop for RootRun<B, F, O> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(root) = this.project().root.get_mut() {
                root.scope.enter_to_drop();
                root.span.begin_cancel();
            }
        }
    }
}

/// The state of a root between two polls.
#[derive(Debug)]
struct RootLife {
    // Declared before the scope: the span must end before its scope is left.
    span: SpanLife,
    scope: WaitingScope,
}

impl<B, F, O> RootRun<B, F, O> {
    pub(crate) fn new(begin: IfRecording<B>, observe: O, future: F) -> Self {
        Self {
            future,
            begin,
            observe: IfRecording::from_fn(|| observe),
            root: IfRecording::from_fn(|| RootLife {
                span: SpanLife::fresh(),
                scope: WaitingScope::NOWHERE,
            }),
        }
    }
}

impl<B, F, O> Future for RootRun<B, F, O>
where
    B: Begin,
    F: Future,
    O: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let parts = (
            this.begin.get_mut(),
            this.observe.get(),
            this.root.get_mut(),
        );
        let (Some(begin), Some(observe), Some(root)) = parts else {
            return this.future.poll(cx);
        };
        let poll = || this.future.poll(cx);
        root.poll(
            begin,
            poll,
            |output| Some(Outcome::from_body(observe(output))),
            |_| true,
        )
    }
}

impl<B, F, O> Stream for RootRun<B, F, O>
where
    B: Begin,
    F: Stream,
    O: Fn(&F::Item) -> bool,
{
    type Item = F::Item;

    /// Polls the stream within the span. The span ends with the stream, or with the first item
    /// that is an error.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let parts = (
            this.begin.get_mut(),
            this.observe.get(),
            this.root.get_mut(),
        );
        let (Some(begin), Some(observe), Some(root)) = parts else {
            return this.future.poll_next(cx);
        };
        let poll = || this.future.poll_next(cx);
        let ends = |item: &Option<F::Item>| match item {
            Some(item) => observe(item).then_some(Outcome::Error),
            None => Some(Outcome::Ok),
        };
        root.poll(begin, poll, ends, Option::is_none)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

impl RootLife {
    /// Polls within the scope, which begins with the first poll and ends with the span.
    ///
    /// When the poll is ready, `ends` returns the outcome with which the span ends, or `None`
    /// if the span stays open. In a trace that is not recorded there is no span, and `is_last`
    /// returns whether the scope ends.
    fn poll<T>(
        &mut self,
        // A reference, because the description is too large to move.
        begin: &mut impl Begin,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
        is_last: impl FnOnce(&T) -> bool,
    ) -> Poll<T> {
        if self.span.is_fresh() {
            match begin_scope(begin) {
                Some(scope) => self.scope.begin(scope),
                None => self.span.set_off(),
            }
        }
        let Some(scope) = self.scope.waiting() else {
            begin.drop_description();
            return poll();
        };
        let is_recording = scope.is_recording();
        let entered = scope.enter();
        if !is_recording {
            begin.drop_description();
        }
        // The description is dropped as soon as the span is open, before the body is polled.
        let opening = Described(begin);
        let polled = self.span.poll(opening, poll, ends);
        let has_ended = match &polled {
            Poll::Ready(_) if is_recording => self.span.is_off(),
            Poll::Ready(ready) => is_last(ready),
            Poll::Pending => false,
        };
        if has_ended {
            entered.end();
            self.scope.set_over();
        }
        polled
    }
}

impl<B, F, O> fmt::Debug for RootRun<B, F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootRun").finish_non_exhaustive()
    }
}
