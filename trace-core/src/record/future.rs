//! The span of an async function, and of a stream.

use std::fmt;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::elsewhere::Left;
use super::kept::Kept;
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
        site: Kept<S>,
        observe: Kept<O>,
        // Dropped after the future, which so is dropped within its span.
        state: Kept<State>,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn drop(this: Pin<&mut Self>) {
            if let Some(state) = this.project().state.get_mut()
                && state.front.phase == Phase::Open
            {
                state.begin_cancel();
            }
        }
    }
}

/// What is known of a span between polls.
#[derive(Debug)]
struct State {
    front: Front,
    /// Its id, while it is open.
    span: u64,
    /// The trace, once the span was suspended, so that it can go on anywhere.
    ///
    /// Given back when the span ends, not when this is dropped: so there is nothing
    /// to drop where nothing was recorded.
    trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
}

/// The first word of a traced future.
///
/// The compiler puts the field with the most unused values first, and that is this
/// one's `phase`. So the body comes last, and the padding at its end is not copied
/// with what follows: a future is moved after it was made, and reading words across
/// the bounds of those just written costs more than all the rest of a span that is
/// not recorded.
#[derive(Debug)]
#[repr(C, align(8))]
struct Front {
    phase: Phase,
    /// The scope in which the span was opened, while it is open.
    scope: u32,
}

/// Where a span is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Phase {
    /// Not yet polled.
    Fresh,
    /// Begun, and not ended.
    Open,
    /// Not recorded at the first poll, or ended.
    Off,
}

impl<F, S, O> Traced<F, S, O> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(site: S, observe: O, future: F) -> Self {
        Self {
            future,
            site: Kept::new(|| site),
            observe: Kept::new(|| observe),
            state: Kept::new(|| State {
                front: Front {
                    phase: Phase::Fresh,
                    scope: 0,
                },
                span: 0,
                trace: ManuallyDrop::new(None),
            }),
        }
    }

    /// The same, of the trace that is current now.
    pub(crate) fn called(site: S, observe: O, future: F) -> Self {
        Self::new(site, observe, future)
    }
}

impl<F, S, O> Future for Traced<F, S, O>
where
    F: Future,
    S: Fn() -> &'static Site,
    O: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let parts = (this.site.get(), this.observe.get(), this.state.get_mut());
        let (Some(site), Some(observe), Some(state)) = parts else {
            return this.future.poll(cx);
        };
        let poll = || this.future.poll(cx);
        let polled = state.poll(site(), poll, |output| Some(observe(output)));
        if polled.is_ready() {
            // It is so already; said where the compiler sees it, so that `.await`,
            // which drops this next, does not look.
            state.front.phase = Phase::Off;
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
        let parts = (this.site.get(), this.observe.get(), this.state.get_mut());
        let (Some(site), Some(observe), Some(state)) = parts else {
            return this.future.poll_next(cx);
        };
        let poll = || this.future.poll_next(cx);
        state.poll(site(), poll, |item| match item {
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn poll<T>(
        &mut self,
        site: &'static Site,
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn enter(&mut self, site: &'static Site) -> (Way, u64) {
        let scope = hot::scope();
        if self.front.phase == Phase::Open {
            return if self.front.scope == scope {
                (Way::Home, hot::set_span(self.span))
            } else {
                (Way::Elsewhere, self.enter_elsewhere())
            };
        }
        if scope == 0 || self.front.phase == Phase::Off {
            self.front.phase = Phase::Off;
            return (Way::Off, 0);
        }
        let (span, parent) = write::open(site);
        self.span = span;
        self.front = Front {
            phase: Phase::Open,
            scope,
        };
        (Way::Home, parent)
    }

    /// Makes the span current in a scope of its own trace.
    #[cold]
    fn enter_elsewhere(&self) -> u64 {
        // A suspended span has its trace, unless it was suspended in the child of a
        // `fork` that happened while it was polled.
        match &*self.trace {
            Some(trace) if !trace.tracer.is_foreign() => elsewhere::enter(trace, self.span),
            _ => elsewhere::enter_nowhere(),
        }
        hot::span()
    }

    /// Ends the span, if its outcome is known, or suspends it.
    #[cfg_attr(not(debug_assertions), inline(always))]
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
            drop(elsewhere::leave());
        }
    }

    #[cold]
    fn panic(&mut self, way: Way, parent: u64) {
        if way != Way::Off {
            self.leave(way, parent, Some(Outcome::Panicked));
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn end(&mut self, parent: u64, outcome: Outcome) {
        write::close(self.span, parent, outcome);
        if self.trace.is_some() {
            self.leave_trace();
        }
        self.front.phase = Phase::Off;
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
        if self.front.scope == hot::scope() {
            elsewhere::keep(hot::set_span(self.span));
        } else {
            self.enter_elsewhere();
        }
    }

    #[cold]
    fn end_cancel(&mut self) {
        let left = elsewhere::leave();
        let parent = match left {
            Some(Left::Span(parent)) => parent,
            Some(Left::Scope(_)) | None => 0,
        };
        self.end(parent, Outcome::Cancelled);
        drop(left);
    }
}

impl Drop for State {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        if self.front.phase == Phase::Open {
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
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn drop(&mut self) {
        self.state.panic(self.way, self.parent);
    }
}

impl<F, S, O> fmt::Debug for Traced<F, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
