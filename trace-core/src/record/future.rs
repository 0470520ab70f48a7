//! The span of an async function, and of a stream.

use std::fmt;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::local_trace::LocalTrace;
use super::{active, elsewhere, guard, hot, write};
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
    /// Given back when the span ends, not when this is dropped: so there is nothing
    /// to drop where nothing was recorded.
    trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
}

const OFF: u64 = 1;

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
                trace: ManuallyDrop::new(None),
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
        let (state, observe) = (this.state, this.observe);
        let poll = || this.future.poll(cx);
        let polled = state.poll(this.site, poll, |output| Some(observe(output)));
        if polled.is_ready() {
            // It is zero already; said where the compiler sees it, so that `.await`,
            // which drops this next, does not look.
            state.span = 0;
        }
        polled
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
        let (state, observe) = (this.state, this.observe);
        let poll = || this.future.poll_next(cx);
        state.poll(this.site, poll, |item| match item {
            Some(item) => observe(item).then_some(true),
            None => Some(false),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

/// How a future is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Nothing is recorded.
    Off,
    /// In the scope in which its span was opened.
    Home,
    /// In a scope of its own, as it was moved away from there.
    Elsewhere,
}

impl State {
    /// Polls within the span, which begins with the first poll.
    ///
    /// `ends` says of what is ready whether the span ends, and if so, whether it has
    /// failed.
    #[inline(always)]
    fn poll<T>(
        &mut self,
        site: &impl Fn() -> &'static Site,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<bool>,
    ) -> Poll<T> {
        let (way, parent) = self.enter(site);
        let polling = Polling {
            state: self,
            way,
            parent,
        };
        let polled = poll();
        if way != Way::Off {
            let ended = match &polled {
                Poll::Ready(output) => ends(output),
                Poll::Pending => None,
            };
            let outcome = ended.map(|has_failed| guard::failed(has_failed, parent));
            polling.state.leave(way, parent, outcome);
        }
        std::mem::forget(polling);
        polled
    }

    /// Makes the span current, and opens it first if this is the first poll. Returns
    /// what was current before.
    #[inline(always)]
    fn enter(&mut self, site: &impl Fn() -> &'static Site) -> (Way, u64) {
        let scope = hot::scope();
        if self.span == 0 {
            if scope == 0 || self.scope == OFF {
                self.scope = OFF;
                return (Way::Off, 0);
            }
            let (span, parent) = write::open(site());
            self.span = span;
            self.scope = scope;
            (Way::Home, parent)
        } else if self.scope == scope {
            (Way::Home, hot::set_span(self.span))
        } else {
            (Way::Elsewhere, self.enter_elsewhere())
        }
    }

    /// Makes the span current in a scope of its own trace.
    #[cold]
    fn enter_elsewhere(&self) -> u64 {
        // A suspended span has its trace.
        if let Some(trace) = &*self.trace {
            elsewhere::enter(trace, self.span);
        }
        hot::span()
    }

    /// Ends the span, if its outcome is known, or suspends it.
    #[inline(always)]
    fn leave(&mut self, way: Way, parent: u64, outcome: Option<Outcome>) {
        match outcome {
            Some(outcome) => self.end(parent, outcome),
            None => {
                hot::set_span(parent);
                if self.trace.is_none() {
                    self.keep_trace();
                }
            }
        }
        if way == Way::Elsewhere {
            elsewhere::leave();
        }
    }

    #[cold]
    fn panic(&mut self, way: Way, parent: u64) {
        if way != Way::Off {
            self.leave(way, parent, Some(Outcome::Panicked));
        }
    }

    #[inline(always)]
    fn end(&mut self, parent: u64, outcome: Outcome) {
        write::close(self.span, parent, outcome);
        if self.trace.is_some() {
            self.leave_trace();
        }
        self.span = 0;
        self.scope = OFF;
    }

    #[inline(never)]
    fn keep_trace(&mut self) {
        *self.trace = active::current_trace();
    }

    #[inline(never)]
    fn leave_trace(&mut self) {
        *self.trace = None;
    }

    /// Makes the span current once more, for the drop of its future.
    #[cold]
    fn begin_cancel(&mut self) {
        if self.scope == hot::scope() {
            self.scope = hot::set_span(self.span);
        } else {
            self.scope = 0;
            self.enter_elsewhere();
        }
    }

    #[cold]
    fn end_cancel(&mut self) {
        let is_elsewhere = self.scope == 0;
        self.end(self.scope, Outcome::Cancelled);
        if is_elsewhere {
            elsewhere::leave();
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

/// A poll. If it unwinds, the span has panicked.
struct Polling<'a> {
    state: &'a mut State,
    way: Way,
    parent: u64,
}

impl Drop for Polling<'_> {
    // Inlined, so that the guard is in registers and not on the stack.
    #[inline(always)]
    fn drop(&mut self) {
        self.state.panic(self.way, self.parent);
    }
}

impl<F, S, O> fmt::Debug for Traced<F, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
