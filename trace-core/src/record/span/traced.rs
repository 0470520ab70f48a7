//! The span of an async function, and of a stream.
//!
//! The wrapper stores the body once and adds three words. It makes no decisions about the
//! span. It calls the span's life before and after each poll, and in its drop.
//!
//! Between polls no thread has state of the span, so the future may move. From its first
//! suspension, the life has a reference to the trace. If the body panics, the span ends. A
//! later poll runs the body without a span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::record::if_recording::IfRecording;
use crate::record::span::life::SpanLife;
use crate::stream::Site;

pin_project! {
    /// A future or stream with a span, which lasts from the first poll to the end.
    ///
    /// The body is stored once. The wrapper adds three words.
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the body is dropped within the span, which then
    /// ends as cancelled. Tags and logs of the body's destructors are recorded. If it was
    /// never polled, there is no span. The wrapper has no state that can be lost, so a
    /// cancel-safe body stays cancel safe. A forgotten future (`mem::forget`) leaves its span
    /// open.
    pub struct Traced<F, S, O> {
        #[pin]
        future: F,
        // The fields are dropped in order. The future is dropped first, within its span. Then
        // the drop of this field ends the span, even if the future's drop panics.
        span: IfRecording<Span<S, O>>,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        // This runs before both fields are dropped. It does not enter a span that has ended or
        // has not begun.
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn drop(this: Pin<&mut Self>) {
            if let Some(span) = this.project().span.get_mut() {
                span.life.begin_cancel();
            }
        }
    }
}

/// The fields of a traced future besides the body. The struct is made without a closure,
/// because each function that a future needs is compiled once for each future.
struct Span<S, O> {
    /// Returns the site. It is called in each poll, where the site is a constant, so it takes
    /// no space.
    site: S,
    /// Returns whether a ready value is an error. It is code of the application if the
    /// attribute has `err(..)`.
    observe: O,
    /// Last, as its drop ends the span.
    life: SpanLife,
}

/// Makes a future the body of a child span, which belongs to the trace of its first poll.
///
/// # Cancel safety
///
/// As for [`Traced`]. If the future is dropped before its first poll, there is no span.
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
    /// Makes a future whose span belongs to the trace of its first poll, if that is recorded,
    /// and otherwise to the trace of this call. The trace of the call stays open until the
    /// first poll, or until the future is dropped.
    #[inline]
    pub(crate) fn called_within(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called_within, site, observe, future)
    }

    /// Makes a future whose span belongs to the trace of this call. That trace stays open
    /// until the future has ended or is dropped.
    #[inline]
    pub(crate) fn called(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called, site, observe, future)
    }

    /// Makes a future whose life begins with a call. `life` is a function and not a value, so
    /// that a build that does not record makes nothing.
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
            // In a build that does not record, the wrapper only polls the body.
            return this.future.poll(cx);
        };
        // The span is current on this thread until `leave`. A nested poll makes its own span
        // current, and restores this one before it returns. If the body panics, `polling` is
        // dropped. It ends the span as panicked and restores the outer span.
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll(cx);
        let has_failed = match &polled {
            // The observer may be code of the application. It is called only if there is a
            // recorded span.
            Poll::Ready(output) => Some(polling.is_recorded() && (span.observe)(output)),
            Poll::Pending => None,
        };
        // This comes before the value is returned, so that the outer span is current in the
        // caller.
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

    /// The span ends with the stream, or with an item that is an error. Later items belong to
    /// no span.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let Some(span) = this.span.get_mut() else {
            // In a build that does not record, as in `poll`.
            return this.future.poll_next(cx);
        };
        // The same order as in `poll`, for the same reasons.
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll_next(cx);
        let has_failed = match &polled {
            Poll::Ready(Some(item)) => {
                // An item without an error suspends the span. The span continues with the next
                // poll.
                (polling.is_recorded() && (span.observe)(item)).then_some(true)
            }
            // The end of the stream is a success.
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
