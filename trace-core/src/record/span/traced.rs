//! The span of an async function, and of a stream.
//!
//! The wrapper stores the body once and adds three words. It decides nothing about the
//! span: it asks its life before and after each poll, and in its drop.

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
    /// It is stored once; what is added are three words.
    pub struct Traced<F, S, O> {
        #[pin]
        future: F,
        // Dropped after the future: so the future is dropped within its span.
        span: IfRecording<Span<S, O>>,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn drop(this: Pin<&mut Self>) {
            if let Some(span) = this.project().span.get_mut() {
                span.life.begin_cancel();
            }
        }
    }
}

/// What a traced future has besides the body. Together, and without closures that make
/// them: what a future needs of functions is compiled for each.
struct Span<S, O> {
    /// Gives the site. Called in each poll, where it is a constant.
    site: S,
    /// Says whether what is ready is an error.
    observe: O,
    /// Last, as its drop ends the span.
    life: SpanLife,
}

/// Makes a future the body of a child span, which belongs where it is polled first.
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
    /// there, else where this is called.
    #[inline]
    pub(crate) fn called_within(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called_within, site, observe, future)
    }

    /// A future whose span belongs where this is called.
    #[inline]
    pub(crate) fn called(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called, site, observe, future)
    }

    /// A future whose life has begun with a call.
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
            return this.future.poll(cx);
        };
        // A panic of the body drops `polling`, which ends the span as panicked.
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll(cx);
        let has_failed = match &polled {
            // The observer is the application's code, and is called only if there is a
            // span to say it of.
            Poll::Ready(output) => Some(polling.is_recorded() && (span.observe)(output)),
            Poll::Pending => None,
        };
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

    /// Ends the span with the stream, or with an item that is an error.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let Some(span) = this.span.get_mut() else {
            return this.future.poll_next(cx);
        };
        let polling = span.life.begin_poll((span.site)());
        let polled = this.future.poll_next(cx);
        let has_failed = match &polled {
            Poll::Ready(Some(item)) => {
                (polling.is_recorded() && (span.observe)(item)).then_some(true)
            }
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
