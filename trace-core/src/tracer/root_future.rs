//! Root spans of async code.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::begin::{Begin, close, scope_of};
use super::root_builder::RootBuilder;
use crate::record::{OwnedEntered, Scope};
use crate::span_record::Outcome;

pin_project! {
    /// A future whose life is a root span; made by [`RootBuilder::run`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RootFuture<F>
    where
        F: Future,
    {
        #[pin]
        pub(super) run: RootRun<RootBuilder, F, fn(&F::Output) -> bool>,
    }
}

impl<F: Future> Future for RootFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// A future whose life, from the first poll to its end, is a root span.
    pub(crate) struct RootRun<B, F, O> {
        #[pin]
        future: F,
        begin: Option<B>,
        observe: O,
        // Dropped after the future, which so is dropped within its span.
        state: State,
    }

    impl<B, F, O> PinnedDrop for RootRun<B, F, O> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.begin_cancel();
        }
    }
}

/// The scope of a root, and its span while that is open (else zero).
#[derive(Debug, Default)]
struct State {
    scope: Place,
    span: u64,
}

/// Where a root's scope is.
#[derive(Debug, Default)]
enum Place {
    /// It has not begun, or ended, or there is no tracer.
    #[default]
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// It is entered to drop its code.
    Cancelling {
        #[expect(
            dead_code,
            reason = "dropped after the span is closed: leaves the scope"
        )]
        entered: OwnedEntered,
    },
}

impl<B, F, O> RootRun<B, F, O>
where
    B: Begin,
    F: Future,
    O: Fn(&F::Output) -> bool,
{
    pub(crate) fn new(begin: B, observe: O, future: F) -> Self {
        Self {
            future,
            begin: Some(begin),
            observe,
            state: State::default(),
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
        let state = this.state;
        let begin = this.begin.take();
        if let Some(scope) = begin.as_ref().and_then(scope_of) {
            state.scope = Place::Waiting(scope);
        }
        let Place::Waiting(scope) = &mut state.scope else {
            return this.future.poll(cx);
        };
        let is_recording = scope.is_recording();
        let mut entered = scope.enter();
        if let Some(begin) = begin
            && is_recording
        {
            state.span = begin.open();
            entered.set_base(state.span);
        }
        let polling = Polling {
            span: &mut state.span,
        };
        let polled = this.future.poll(cx);
        let has_failed = match &polled {
            Poll::Ready(output) if *polling.span != 0 => (this.observe)(output),
            _ => false,
        };
        std::mem::forget(polling);
        if polled.is_ready() {
            close(&mut state.span, Outcome::of_body(has_failed));
            drop(entered);
            state.scope = Place::Nowhere;
        }
        polled
    }
}

/// A poll of a root. If it unwinds, the span has panicked.
struct Polling<'a> {
    span: &'a mut u64,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        close(self.span, Outcome::Panicked);
    }
}

impl State {
    /// Enters the scope, so that its code is dropped in it.
    fn begin_cancel(&mut self) {
        if let Place::Waiting(scope) = &mut self.scope {
            let entered = std::mem::take(scope).enter_owned();
            self.scope = Place::Cancelling { entered };
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if matches!(self.scope, Place::Cancelling { .. }) {
            close(&mut self.span, Outcome::Cancelled);
        }
    }
}

impl<B, F, O> fmt::Debug for RootRun<B, F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootRun").finish_non_exhaustive()
    }
}
