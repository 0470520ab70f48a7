//! The span of an async function, and of a stream.
//!
//! The wrapper stores the body once and adds three words. It decides nothing about the
//! span: it asks the span's life before and after each poll, and in its drop.
//!
//! Between polls nothing of the span is on a thread, so the future may move: from its first
//! suspension on, the life has a reference to the trace. If the body panics, the span ends
//! with it; a later poll runs the body without a span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::record::if_recording::IfRecording;
use crate::record::span::life::SpanLife;
use crate::stream::Site;

pin_project! {
    /// A future or stream whose life, from the first poll to its end, is a span.
    ///
    /// The body is stored once. What is added are three words.
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the body is dropped within the span, which
    /// then ends as cancelled: what the body's destructors say of the span is recorded. If
    /// it was never polled, there is no span. The wrapper adds nothing that can be lost: a
    /// body that is cancel safe still is. A future that is forgotten (`mem::forget`) leaves
    /// its span open.
    pub struct Traced<F, S, O> {
        #[pin]
        future: F,
        // Fields are dropped in this order. The future comes first, so it is dropped within
        // its span; then the drop of this ends the span, also if the future's drop panics.
        span: IfRecording<Span<S, O>>,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        // Runs before both fields are dropped. A span that has ended, or has not begun, is not
        // entered.
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn drop(this: Pin<&mut Self>) {
            if let Some(span) = this.project().span.get_mut() {
                span.life.begin_cancel();
            }
        }
    }
}

/// What a traced future has besides the body, in one structure that is made without a
/// closure: each function that a future needs is compiled once for each future.
struct Span<S, O> {
    /// Returns the site. It is called in each poll, where the site is a constant, and so
    /// takes no room.
    site: S,
    /// Returns whether what is ready is an error. It is code of the application if the
    /// attribute has `err(..)`.
    observe: O,
    /// Last, as its drop ends the span.
    life: SpanLife,
}

/// Makes a future the body of a child span, which belongs where it is polled first.
///
/// # Cancel safety
///
/// As [`Traced`]. If the future is dropped without having been polled, there is no span.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn traced<R, F, S, O>(site: S, observe: O, future: F) -> Traced<F, S, O>
where
    F: Future<Output = R>,
    S: Fn() -> &'static Site,
    O: Fn(&R) -> bool,
{
    Traced {
        future,
        span: IfRecording::new(Span {
            site,
            observe,
            life: SpanLife::fresh(),
        }),
    }
}

impl<F, S, O> Traced<F, S, O> {
    /// A future whose span belongs where it is polled first, if something is recorded
    /// there, and otherwise where this is called. The trace of the call stays open until
    /// then, or until the future is dropped.
    #[inline]
    pub(crate) fn called_within(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called_within, site, observe, future)
    }

    /// A future whose span belongs where this is called. The trace of the call stays open
    /// until the future has ended or is dropped.
    #[inline]
    pub(crate) fn called(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called, site, observe, future)
    }

    /// A future whose life begins with a call. `life` is a function and not a value: in a
    /// build that does not record nothing is made.
    #[inline]
    fn beginning(life: fn() -> SpanLife, site: S, observe: O, future: F) -> Self {
        let span = IfRecording::from_fn(|| Span {
            site,
            observe,
            life: life(),
        });
        Self { future, span }
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
        let Some(span) = this.span.get_mut() else {
            // A build that does not record: the wrapper is the body.
            return this.future.poll(cx);
        };
        // Between this and `leave` the span is current on this thread. A nested poll makes
        // its own span current above and puts this one back before it returns. If the body
        // panics, `polling` is dropped: it ends the span as panicked and puts the outer span
        // back.
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll(cx);
        let has_failed = match &polled {
            // The observer may be code of the application. It is called only if there is a
            // span that can be said to have failed.
            Poll::Ready(output) => Some(polling.is_recorded() && (span.observe)(output)),
            Poll::Pending => None,
        };
        // Before the value goes to the caller, so that the outer span is current there.
        polling.leave(has_failed);
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

    /// Ends the span with the stream, or with an item that is an error. The items after such
    /// an item belong to no span.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let Some(span) = this.span.get_mut() else {
            // A build that does not record, as in `poll`.
            return this.future.poll_next(cx);
        };
        // The same order as in `poll`, for the same reasons.
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll_next(cx);
        let has_failed = match &polled {
            Poll::Ready(Some(item)) => {
                // An item that is no error suspends the span: the stream continues, and so
                // does its span with the next poll.
                (polling.is_recorded() && (span.observe)(item)).then_some(true)
            }
            // The end of the stream is the end of a body that went well.
            Poll::Ready(None) => Some(false),
            Poll::Pending => None,
        };
        polling.leave(has_failed);
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

impl<F, S, O> fmt::Debug for Traced<F, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
