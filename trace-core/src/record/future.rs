//! The span of an async function, and of a stream.

use std::cell::RefCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::local_trace::LocalTrace;
use super::scope::{OwnedEntered, Scope};
use super::{active, guard, hot, write};
use crate::span_record::Outcome;
use crate::stream::Site;

pin_project! {
    /// A future or stream whose life, from the first poll to its end, is a span.
    ///
    /// It is stored once; what is added are three words.
    pub struct Traced<F, S, O> {
        #[pin]
        future: F,
        site: S,
        observe: O,
        // Dropped after the future, which so is dropped within its span.
        state: State,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        #[inline(always)]
        fn drop(this: Pin<&mut Self>) {
            let state = this.project().state;
            if state.span != 0 {
                state.begin_cancel();
            }
        }
    }
}

/// Where a span is in its life.
///
/// - fresh: not yet polled (`span` and `scope` are zero);
/// - off: was not recorded at the first poll, or has ended (`span` is zero and
///   `scope` is [`OFF`]);
/// - open: `span` is its id, `scope` the one in which it was opened; once it was
///   suspended, `trace` is the trace, so that it can go on anywhere;
/// - cancelled, while the future is being dropped: `scope` is the parent, or zero
///   if the future is dropped in another scope than it was opened in.
#[derive(Debug)]
struct State {
    span: u64,
    scope: u64,
    trace: Option<Arc<LocalTrace>>,
}

const OFF: u64 = 1;

thread_local! {
    /// Scopes that were entered to drop a future in them, the innermost last.
    ///
    /// Without a destructor, as futures are also dropped at the end of a thread;
    /// its storage is given back whenever it is empty.
    static CANCELLING: RefCell<ManuallyDrop<Vec<OwnedEntered>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

impl<F, S, O> Traced<F, S, O> {
    #[inline(always)]
    pub(crate) fn new(site: S, observe: O, future: F) -> Self {
        Self {
            future,
            site,
            observe,
            state: State {
                span: 0,
                scope: 0,
                trace: None,
            },
        }
    }
}

impl<F, S, O> Future for Traced<F, S, O>
where
    F: Future,
    S: Fn() -> &'static Site,
    O: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = || this.future.poll(cx);
        let observe = this.observe;
        this.state
            .poll(&*this.site, poll, |output| Some(observe(output)))
    }
}

impl<F, S, O> Stream for Traced<F, S, O>
where
    F: Stream,
    S: Fn() -> &'static Site,
    O: Fn(&F::Item) -> bool,
{
    type Item = F::Item;

    /// Ends the span with the stream, or with an item that is an error.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let poll = || this.future.poll_next(cx);
        let observe = this.observe;
        this.state.poll(&*this.site, poll, |item| match item {
            Some(item) => observe(item).then_some(true),
            None => Some(false),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

/// A poll within the span's own scope. If it unwinds, the span has panicked.
struct Polling<'a> {
    state: &'a mut State,
    parent: u64,
}

impl Polling<'_> {
    /// `ends` says of what is ready whether the span ends, and if so, whether it has
    /// failed.
    #[inline(always)]
    fn poll<T>(
        self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<bool>,
    ) -> Poll<T> {
        let polled = poll();
        let ended = match &polled {
            Poll::Ready(output) => ends(output),
            Poll::Pending => None,
        };
        match ended {
            Some(has_failed) => {
                let outcome = guard::failed(has_failed, self.parent);
                self.state.end(self.parent, outcome);
            }
            None => {
                hot::set_span(self.parent);
                if self.state.trace.is_none() {
                    self.state.trace = active::current_trace();
                }
            }
        }
        std::mem::forget(self);
        polled
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.state.end(self.parent, Outcome::Panicked);
    }
}

impl State {
    /// Polls within the span, which begins with the first poll.
    #[inline(always)]
    fn poll<T>(
        &mut self,
        site: impl Fn() -> &'static Site,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<bool>,
    ) -> Poll<T> {
        let scope = hot::scope();
        let parent = if self.span == 0 {
            if self.scope == OFF || scope == 0 {
                self.scope = OFF;
                return poll();
            }
            let (span, parent) = write::open(site());
            self.span = span;
            self.scope = scope;
            parent
        } else if self.scope == scope {
            hot::set_span(self.span)
        } else {
            return self.poll_elsewhere(poll, ends);
        };
        let polling = Polling {
            state: self,
            parent,
        };
        polling.poll(poll, ends)
    }

    #[inline(always)]
    fn end(&mut self, parent: u64, outcome: Outcome) {
        write::close(self.span, parent, outcome);
        self.span = 0;
        self.scope = OFF;
    }

    /// Polls a future that was moved into another scope: within a scope of its own
    /// trace, which ends with the poll.
    #[cold]
    #[inline(never)]
    fn poll_elsewhere<T>(
        &mut self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<bool>,
    ) -> Poll<T> {
        // A suspended span has its trace.
        let Some(trace) = &self.trace else {
            return poll();
        };
        let mut scope = Scope::elsewhere(trace, self.span);
        let _entered = scope.enter();
        Polling {
            parent: hot::span(),
            state: self,
        }
        .poll(poll, ends)
    }

    /// Makes the span current once more, for the drop of its future.
    #[cold]
    fn begin_cancel(&mut self) {
        if self.scope == hot::scope() {
            self.scope = hot::set_span(self.span);
            return;
        }
        self.scope = 0;
        if let Some(trace) = &self.trace {
            let entered = Scope::elsewhere(trace, self.span).enter_owned();
            CANCELLING.with_borrow_mut(|scopes| scopes.push(entered));
        }
    }
}

impl Drop for State {
    #[inline(always)]
    fn drop(&mut self) {
        if self.span != 0 {
            self.end_cancel();
        }
    }
}

impl State {
    #[cold]
    fn end_cancel(&mut self) {
        if self.scope != 0 {
            return self.end(self.scope, Outcome::Cancelled);
        }
        let entered = CANCELLING.with_borrow_mut(|scopes| {
            let entered = scopes.pop();
            if scopes.is_empty() {
                **scopes = Vec::new();
            }
            entered
        });
        if entered.is_some() {
            self.end(self.span, Outcome::Cancelled);
        }
    }
}

impl<F, S, O> fmt::Debug for Traced<F, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
