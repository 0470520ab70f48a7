//! Root spans of async code.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::begin::{Begin, close, scope_of};
use super::root_builder::Root;
use crate::record::{Kept, OwnedEntered, Scope};
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
        pub(super) run: RootRun<Root, F, fn(&F::Output) -> bool>,
    }
}

impl<F: Future> Future for RootFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// A future or stream whose life, from the first poll to its end, is a span with
    /// a scope of its own.
    pub(crate) struct RootRun<B, F, O> {
        #[pin]
        future: F,
        begin: Kept<Option<B>>,
        observe: Kept<O>,
        // Dropped after the future, which so is dropped within its span.
        state: Kept<State>,
    }

    impl<B, F, O> PinnedDrop for RootRun<B, F, O> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(state) = this.project().state.get_mut() {
                state.begin_cancel();
            }
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

impl<B, F, O> RootRun<B, F, O> {
    pub(crate) fn new(begin: Kept<B>, observe: O, future: F) -> Self {
        Self {
            future,
            begin: Kept::new(|| begin.into_inner()),
            observe: Kept::new(|| observe),
            state: Kept::new(State::default),
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
            this.state.get_mut(),
        );
        let (Some(begin), Some(observe), Some(state)) = parts else {
            return this.future.poll(cx);
        };
        let poll = || this.future.poll(cx);
        state.poll(begin, poll, |output, is_recorded| {
            Some(is_recorded && observe(output))
        })
    }
}

impl<B, F, O> Stream for RootRun<B, F, O>
where
    B: Begin,
    F: Stream,
    O: Fn(&F::Item) -> bool,
{
    type Item = F::Item;

    /// Ends the span with the stream, or with an item that is an error.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let parts = (
            this.begin.get_mut(),
            this.observe.get(),
            this.state.get_mut(),
        );
        let (Some(begin), Some(observe), Some(state)) = parts else {
            return this.future.poll_next(cx);
        };
        let poll = || this.future.poll_next(cx);
        state.poll(begin, poll, |item, is_recorded| match item {
            Some(item) => (is_recorded && observe(item)).then_some(true),
            None => Some(false),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

impl State {
    /// Polls within the scope, which begins with the first poll.
    ///
    /// `ends` says of what is ready, and is recorded or not, whether the span ends,
    /// and if so, whether it has failed.
    fn poll<T>(
        &mut self,
        // Looked at where it is and then dropped: it is too large to move.
        begin: &mut Option<impl Begin>,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T, bool) -> Option<bool>,
    ) -> Poll<T> {
        if let Some(scope) = begin.as_ref().and_then(scope_of) {
            self.scope = Place::Waiting(scope);
        }
        let Place::Waiting(scope) = &mut self.scope else {
            *begin = None;
            return poll();
        };
        let is_recording = scope.is_recording();
        let mut entered = scope.enter();
        if let Some(begin) = begin
            && is_recording
        {
            self.span = begin.open();
            entered.set_base(self.span);
        }
        *begin = None;
        let polling = Polling {
            span: &mut self.span,
        };
        let polled = poll();
        let ended = match &polled {
            Poll::Ready(output) => ends(output, *polling.span != 0),
            Poll::Pending => None,
        };
        std::mem::forget(polling);
        if let Some(has_failed) = ended {
            close(&mut self.span, Outcome::of_body(has_failed));
            entered.end();
            self.scope = Place::Nowhere;
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
